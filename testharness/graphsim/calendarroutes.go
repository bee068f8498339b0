package graphsim

var (
	listEvent    = permission{[]string{"Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"}, []string{"Calendars.ReadBasic", "Calendars.ReadBasic.All", "Calendars.Read", "Calendars.ReadWrite"}}
	trackEvent   = same("Calendars.Read", "Calendars.ReadWrite")
	writeEvent   = same("Calendars.ReadWrite")
	readShare    = same("Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite")
	writeShare   = same("Calendars.ReadWrite")
	readSettings = same("MailboxSettings.Read", "MailboxSettings.ReadWrite")
)

func calendarRoutes() []route {
	row := func(method, pattern string, needs permission, h func(*call) (*reply, error)) route {
		return route{method: method, pattern: pattern, area: areaExchange, needs: needs, handle: h}
	}
	out := []route{
		row("GET", "users/{user}/mailboxSettings", readSettings, mailboxSettings),
		row("GET", "users/{user}/calendar", listEvent, getCalendar),
		row("GET", "users/{user}/calendars", listEvent, listCalendars),
		row("POST", "users/{user}/calendars", writeEvent, createCalendar),
		row("GET", "users/{user}/calendars/{calendar}", listEvent, getCalendar),
		row("DELETE", "users/{user}/calendars/{calendar}", writeEvent, deleteCalendar),
	}
	for _, at := range []string{"users/{user}/calendar", "users/{user}/calendars/{calendar}"} {
		shares := at + "/calendarPermissions"
		out = append(out,
			row("GET", shares, readShare, listShares),
			row("POST", shares, writeShare, createShare),
			row("GET", shares+"/{permission}", readShare, getShare),
			row("PATCH", shares+"/{permission}", writeShare, updateShare),
			row("DELETE", shares+"/{permission}", writeShare, deleteShare),
		)
	}
	for _, at := range []string{"users/{user}", "users/{user}/calendar", "users/{user}/calendars/{calendar}"} {
		event := at + "/events/{event}"
		out = append(out,
			row("GET", at+"/events", listEvent, listEvents),
			row("POST", at+"/events", writeEvent, createEvent),
			row("GET", at+"/calendarView", listEvent, calendarView),
			row("GET", at+"/calendarView/delta", trackEvent, calendarViewDelta),
			row("GET", event, listEvent, getEvent),
			row("PATCH", event, writeEvent, updateEvent),
			row("DELETE", event, writeEvent, deleteEvent),
			row("GET", event+"/instances", listEvent, instances),
			row("POST", event+"/cancel", writeEvent, cancelEvent),
			row("POST", event+"/accept", writeEvent, respondEvent(respAccepted)),
			row("POST", event+"/tentativelyAccept", writeEvent, respondEvent(respTentative)),
			row("POST", event+"/decline", writeEvent, respondEvent(respDeclined)),
			row("POST", event+"/permanentDelete", writeEvent, permanentDeleteEvent),
		)
	}
	return out
}
