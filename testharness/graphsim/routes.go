package graphsim

import "slices"

// routes is the table of what the simulator offers.
func routes() []route {
	return withCounts(slices.Concat(
		serviceRoutes(), subscriptionRoutes(), directoryRoutes(), identityRoutes(), settingsRoutes(), calendarRoutes(), todoRoutes(),
		contactRoutes(), mailRoutes(), attachmentRoutes(),
	))
}

func serviceRoutes() []route {
	return []route{
		{method: "GET", pattern: "$metadata", area: areaOpen, handle: metadata},
		{method: "POST", pattern: "$batch", area: areaService, unlocked: true, handle: batch},
	}
}
