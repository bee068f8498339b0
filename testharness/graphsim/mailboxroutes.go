package graphsim

var (
	readSettings  = same("MailboxSettings.Read", "MailboxSettings.ReadWrite")
	writeSettings = same("MailboxSettings.ReadWrite")
	readZones     = permission{[]string{"User.Read", "User.ReadBasic.All"}, []string{"User.Read.All", "User.ReadBasic.All"}}
	readSchedule  = same("Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite")
)

// settingsRoutes are those of a mailbox as a whole: its settings, what it can be set to, and free/busy times.
func settingsRoutes() []route {
	row := func(method, pattern string, needs permission, h func(*call) (*reply, error)) route {
		return route{method: method, pattern: "users/{user}/" + pattern, area: areaExchange, needs: needs, handle: h}
	}
	out := []route{
		row("GET", "mailboxSettings", readSettings, getSettings),
		row("PATCH", "mailboxSettings", writeSettings, updateSettings),
		row("GET", "outlook/supportedLanguages", readZones, supportedLanguages),
		row("GET", "outlook/supportedTimeZones", readZones, supportedZones),
		row("GET", "outlook/supportedTimeZones/{standard}", readZones, supportedZones),
		row("POST", "calendar/getSchedule", readSchedule, getSchedule),
	}
	for name := range settingNames {
		out = append(out, row("GET", "mailboxSettings/"+name, readSettings, getSetting(name)))
	}
	return out
}
