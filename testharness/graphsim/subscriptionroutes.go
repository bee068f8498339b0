package graphsim

// subscriptionRoutes need a token only: the permission is that of the resource.
func subscriptionRoutes() []route {
	return []route{
		{method: "GET", pattern: "subscriptions", area: areaService, handle: listSubscriptions},
		{method: "POST", pattern: "subscriptions", area: areaService, unlocked: true, handle: createSubscription},
		{method: "GET", pattern: "subscriptions/{subscription}", area: areaService, handle: getSubscription},
		{method: "PATCH", pattern: "subscriptions/{subscription}", area: areaService, unlocked: true, handle: updateSubscription},
		{method: "DELETE", pattern: "subscriptions/{subscription}", area: areaService, handle: deleteSubscription},
		{method: "POST", pattern: "subscriptions/{subscription}/reauthorize", area: areaService, handle: reauthorizeSubscription},
	}
}
