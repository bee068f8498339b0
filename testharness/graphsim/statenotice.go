package graphsim

func (sub *subscription) state(a *archive) {
	a.field("id", &sub.ID)
	a.field("app", &sub.App)
	a.field("creator", &sub.Creator)
	a.field("person", &sub.Person)
	a.field("changeType", &sub.ChangeType)
	a.field("resource", &sub.Resource)
	a.field("notificationUrl", &sub.NotificationURL)
	a.field("lifecycleUrl", &sub.LifecycleURL)
	a.field("clientState", &sub.ClientState)
	a.field("expires", &sub.Expires)
	a.field("tls", &sub.TLS)
	a.field("includeData", &sub.IncludeData)
	a.field("certificate", &sub.Certificate)
	a.field("certificateId", &sub.CertificateID)
	a.field("kind", &sub.Kind)
	a.field("user", &sub.User)
	a.field("collection", &sub.Collection)
	a.field("query", &sub.Query)
	a.field("immutable", &sub.Immutable)
	a.field("seen", &sub.Seen)
	a.field("known", &sub.Known)
}

func (n *notice) state(a *archive) {
	a.field("subscription", &n.Subscription)
	a.field("lifecycle", &n.Lifecycle)
	a.field("changeType", &n.ChangeType)
	a.field("item", &n.Item)
	a.field("url", &n.URL)
	a.field("body", &n.Body)
	a.field("path", &n.Path)
	a.field("made", &n.Made)
	a.field("due", &n.Due)
	a.field("tries", &n.Tries)
}
