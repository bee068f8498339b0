package graphsim

var (
	listEvent  = permission{[]string{"Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"}, []string{"Calendars.ReadBasic", "Calendars.ReadBasic.All", "Calendars.Read", "Calendars.ReadWrite"}}
	trackEvent = same("Calendars.Read", "Calendars.ReadWrite")
	writeEvent = same("Calendars.ReadWrite")
	readShare  = same("Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite")
	writeShare = same("Calendars.ReadWrite")
)

// calendarBases are the paths under which a calendar's events are found. The last one knows no calendarView/delta.
func calendarBases() []string {
	return []string{
		"users/{user}", "users/{user}/calendar", "users/{user}/calendars/{calendar}", "users/{user}/calendarGroups/{calendarGroup}/calendars/{calendar}",
	}
}

func calendarRow(method, pattern string, needs permission, h func(*call) (*reply, error)) route {
	return route{method: method, pattern: pattern, area: areaExchange, needs: needs, handle: h}
}

func calendarRoutes() []route {
	row := calendarRow
	out := []route{
		row("POST", "users/{user}/translateExchangeIds", translateIDs, translateExchangeIDs),
		row("GET", "users/{user}/calendarGroups", listEvent, listCalendarGroups),
		row("POST", "users/{user}/calendarGroups", writeEvent, createCalendarGroup),
		row("GET", "users/{user}/calendarGroups/{calendarGroup}", listEvent, getCalendarGroup),
		row("PATCH", "users/{user}/calendarGroups/{calendarGroup}", writeEvent, updateCalendarGroup),
		row("DELETE", "users/{user}/calendarGroups/{calendarGroup}", writeEvent, deleteCalendarGroup),
		row("GET", "users/{user}/calendars", listEvent, listCalendars),
		row("POST", "users/{user}/calendars", writeEvent, createCalendar),
		row("GET", "users/{user}/calendarGroups/{calendarGroup}/calendars", listEvent, listCalendars),
		row("POST", "users/{user}/calendarGroups/{calendarGroup}/calendars", writeEvent, createCalendar),
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
	for _, at := range []string{"users/{user}/reminderView", "users/{user}/reminderView/{arguments}"} {
		out = append(out, row("GET", at, trackEvent, reminderView))
	}
	for i, at := range calendarBases() {
		if i > 0 {
			out = append(out,
				row("GET", at, listEvent, getCalendar),
				row("PATCH", at, writeEvent, updateCalendar),
				row("POST", at+"/permanentDelete", writeEvent, deleteCalendar),
			)
		}
		if i > 1 {
			out = append(out, row("DELETE", at, writeEvent, deleteCalendar))
		}
		if i < 3 {
			out = append(out, row("GET", at+"/calendarView/delta", trackEvent, calendarViewDelta))
		}
		out = append(out, eventRoutes(at)...)
		out = append(out, extensionRows(areaExchange, at+"/events/{event}", trackEvent, writeEvent, eventCarrier)...)
	}
	return out
}

// eventRoutes are those of the events of one calendar path.
func eventRoutes(at string) []route {
	row := calendarRow
	event := at + "/events/{event}"
	return []route{
		row("GET", at+"/events", listEvent, listEvents),
		row("POST", at+"/events", writeEvent, createEvent),
		row("GET", at+"/events/delta", trackEvent, eventsDelta),
		row("GET", at+"/calendarView", listEvent, calendarView),
		row("GET", event, listEvent, getEvent),
		row("PATCH", event, writeEvent, updateEvent),
		row("DELETE", event, writeEvent, deleteEvent),
		row("GET", event+"/instances", listEvent, instances),
		row("GET", event+"/calendar", listEvent, calendarOfEvent),
		row("POST", event+"/cancel", writeEvent, cancelEvent),
		row("POST", event+"/accept", writeEvent, respondEvent(respAccepted)),
		row("POST", event+"/tentativelyAccept", writeEvent, respondEvent(respTentative)),
		row("POST", event+"/decline", writeEvent, respondEvent(respDeclined)),
		row("POST", event+"/forward", trackEvent, forwardEvent),
		row("POST", event+"/dismissReminder", writeEvent, dismissReminder),
		row("POST", event+"/snoozeReminder", writeEvent, snoozeReminder),
		row("POST", event+"/permanentDelete", writeEvent, permanentDeleteEvent),
	}
}
