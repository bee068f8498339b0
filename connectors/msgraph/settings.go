package msgraph

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/rest"
	"github.com/gleis-dev/gleis/sdk/zone"
)

// Microsoft's own addresses and the scope of an application's sign-in.
const (
	defaultGraphURL = "https://graph.microsoft.com"
	defaultLoginURL = "https://login.microsoftonline.com"
	defaultScopes   = "https://graph.microsoft.com/.default"
)

// maxWindowDays is the longest window that calendarView takes (microsoft-graph-docs issue 6284).
const maxWindowDays = 1825

func at(n int64) *int64 { return &n }

func settings() []sdk.Setting {
	signIn := sdk.Text{EN: "Sign-in", DE: "Anmeldung"}
	users := sdk.Text{EN: "Users", DE: "Benutzer"}
	calendar := sdk.Text{EN: "Calendar", DE: "Kalender"}
	return []sdk.Setting{
		{
			Name: "tenant_id", Required: true, Group: signIn, Order: 1, Title: sdk.Text{EN: "Directory (tenant) ID", DE: "Verzeichnis-ID (Mandant)"},
			Help: sdk.Text{EN: "The organisation: its id or one of its domains, from the app registration's overview.", DE: "Das Unternehmen: seine ID oder eine seiner Domänen, aus der Übersicht der App-Registrierung."},
		},
		{
			Name: "client_id", Required: true, Group: signIn, Order: 2, Title: sdk.Text{EN: "Application (client) ID", DE: "Anwendungs-ID (Client)"},
			Help: sdk.Text{EN: "The id of the registered application.", DE: "Die ID der registrierten Anwendung."},
		},
		{
			Name: "auth", Type: sdk.SettingEnum, Default: "client_secret", Group: signIn, Order: 3, Title: sdk.Text{EN: "Method of sign-in", DE: "Authentifizierungsmethode"},
			Help:    sdk.Text{EN: "How the application signs in.", DE: "Wie sich die Anwendung anmeldet."},
			Choices: []sdk.Choice{{Value: "client_secret", Title: sdk.Text{EN: "Client secret", DE: "Client-Geheimschlüssel"}}},
		},
		{
			Name: "client_secret", Secret: true, Required: true, DependsOn: &sdk.Condition{Setting: "auth", Values: []string{"client_secret"}}, Group: signIn, Order: 4,
			Title: sdk.Text{EN: "Client secret", DE: "Client-Geheimschlüssel"},
			Help:  sdk.Text{EN: "The value (not the id) of a secret of the application; it is shown once, when it is made.", DE: "Der Wert (nicht die ID) eines Geheimschlüssels der Anwendung; er wird nur beim Anlegen angezeigt."},
		},
		{
			Name: "scopes", Default: defaultScopes, Group: signIn, Order: 5, Title: sdk.Text{EN: "Scopes", DE: "Scopes"},
			Help: sdk.Text{EN: "Permissions to ask for, parted by blanks; with a client secret only one scope that ends in /.default is possible.", DE: "Angeforderte Berechtigungen, durch Leerzeichen getrennt; beim Client-Geheimschlüssel ist nur ein Scope möglich, der auf /.default endet."},
		},
		{
			Name: "redirect_uri", Group: signIn, Order: 6, Title: sdk.Text{EN: "Redirect URI", DE: "Redirect-URI"},
			Help: sdk.Text{EN: "Where a user's consent returns to; must be registered with the application. Not used with a client secret.", DE: "Wohin die Zustimmung eines Benutzers zurückführt; muss bei der Anwendung eingetragen sein. Beim Client-Geheimschlüssel ohne Bedeutung."},
		},
		{
			Name: "public_client", Type: sdk.SettingBool, Default: "false", Group: signIn, Order: 7, Title: sdk.Text{EN: "Is a public client", DE: "Ist Public Client"},
			Help: sdk.Text{EN: "The application is registered as a public client: no secret is sent with a user's consent. Not used with a client secret.", DE: "Die Anwendung ist als Public Client eingetragen: bei einer Benutzerzustimmung wird kein Geheimschlüssel gesendet. Beim Client-Geheimschlüssel ohne Bedeutung."},
		},
		{
			Name: "graph_url", Default: defaultGraphURL, Group: signIn, Order: 8, ChangesSchema: true, Title: sdk.Text{EN: "Address of Graph", DE: "Adresse von Graph"},
			Help: sdk.Text{EN: "Origin of Microsoft Graph, without version; another one for national clouds.", DE: "Adresse von Microsoft Graph ohne Version; eine andere bei nationalen Clouds."},
		},
		{
			Name: "login_url", Default: defaultLoginURL, Group: signIn, Order: 9, Title: sdk.Text{EN: "Address of the sign-in", DE: "Adresse der Anmeldung"},
			Help: sdk.Text{EN: "Origin of the identity platform, without tenant; another one for national clouds.", DE: "Adresse der Identity Platform ohne Mandant; eine andere bei nationalen Clouds."},
		},
		{
			Name: "user_selection", Type: sdk.SettingEnum, Group: users, Order: 1, Title: sdk.Text{EN: "Method of selecting users", DE: "Methode für Auswahl von Benutzern"},
			Help: sdk.Text{EN: "Which of the fields below selects the users; without it, the one that is filled.", DE: "Welches der folgenden Felder die Benutzer auswählt; ohne Angabe das, welches gefüllt ist."},
			Choices: []sdk.Choice{
				{Value: "filter", Title: sdk.Text{EN: "User filter", DE: "Benutzerfilter"}}, {Value: "list", Title: sdk.Text{EN: "User list", DE: "Benutzerliste"}},
				{Value: "group", Title: sdk.Text{EN: "Members of a group", DE: "Gruppenmitglieder"}},
			},
		},
		{
			Name: "user_filter", Group: users, Order: 2, Title: sdk.Text{EN: "Filter for users", DE: "Filter für Benutzer"},
			Help: sdk.Text{EN: "OData filter, such as userType eq 'Member'. Needs the permission User.Read.All.", DE: "OData-Filter, etwa userType eq 'Member'. Benötigt die Berechtigung User.Read.All."},
		},
		{
			Name: "user_list", Type: sdk.SettingList, MultiLine: true, Group: users, Order: 3, Title: sdk.Text{EN: "List of users", DE: "Benutzerliste"},
			Help: sdk.Text{EN: "Mail addresses, parted by semicolons or line ends.", DE: "E-Mail-Adressen, durch Semikolon oder Zeilenende getrennt."},
		},
		{
			Name: "group_name", Group: users, Order: 4, Title: sdk.Text{EN: "Name of a group", DE: "Gruppenname für Benutzerauswahl"},
			Help: sdk.Text{EN: "Its members are selected anew at each run. Needs GroupMember.Read.All and User.ReadBasic.All.", DE: "Ihre Mitglieder werden bei jedem Lauf neu ausgewählt. Benötigt GroupMember.Read.All und User.ReadBasic.All."},
		},
		{
			Name: "past_months", Type: sdk.SettingInt, Default: "1", Min: at(0), Max: at(59), Group: calendar, Order: 1, Title: sdk.Text{EN: "Past months", DE: "Anzahl vergangener Monate"},
			Help: sdk.Text{EN: "How far before today the window of event synchronisation begins.", DE: "Wie weit vor heute das Zeitfenster der Terminsynchronisation beginnt."},
		},
		{
			Name: "future_months", Type: sdk.SettingInt, Default: "12", Min: at(0), Max: at(59), Group: calendar, Order: 2, Title: sdk.Text{EN: "Future months", DE: "Anzahl zukünftiger Monate"},
			Help: sdk.Text{EN: "How far after today the window of event synchronisation ends. Graph takes windows of at most 1825 days: a longer one ends there.", DE: "Wie weit nach heute das Zeitfenster der Terminsynchronisation endet. Graph nimmt Zeitfenster von höchstens 1825 Tagen an: ein längeres endet dort."},
		},
		{
			Name: "window_days", Type: sdk.SettingInt, Default: "1", Min: at(1), Max: at(366), Group: calendar, Order: 3, Title: sdk.Text{EN: "Days until the window moves", DE: "Tage bis zum Verschieben des Zeitfensters"},
			Help: sdk.Text{EN: "After so many days all events of the window are read again and the window begins at the new day.", DE: "Nach so vielen Tagen werden alle Termine des Zeitfensters neu gelesen und das Zeitfenster rückt auf den neuen Tag vor."},
		},
		{
			Name: "time_zone", Group: calendar, Order: 4, Title: sdk.Text{EN: "Preferred time zone", DE: "Bevorzugte Outlook-Zeitzone"},
			Help: sdk.Text{EN: "Windows or IANA name; start and end are delivered in it and days begin in it. Without it: UTC.", DE: "Windows- oder IANA-Name; Beginn und Ende werden in ihr geliefert, Tage beginnen in ihr. Ohne Angabe: UTC."},
		},
	}
}

// config is what the settings mean, checked.
type config struct {
	tenant, client string
	secret         sdk.Secret
	scope          string
	graph, login   string // origins
	selection      string // filter, list, group; "": nothing selected
	filter, group  string
	list           []string
	past, future   int
	windowDays     int
	zoneName       string // as Graph is told: a Windows name, or UTC
	zone           *time.Location
}

var (
	guidRE   = regexp.MustCompile(`^(?i)[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`)
	domainRE = regexp.MustCompile(`^(?i)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
)

func invalidSetting(name, format string, args ...any) error {
	return &sdk.Error{
		Op: "open", Kind: sdk.Invalid, Code: "setting", Args: map[string]string{"setting": name}, Err: fmt.Errorf("setting %q %s", name, fmt.Sprintf(format, args...)),
		Hint: sdk.Text{EN: "correct the setting " + name + " of the connection", DE: "die Einstellung " + name + " der Verbindung berichtigen"},
	}
}

func parseConfig(s sdk.Settings) (config, error) {
	c := config{
		tenant: strings.TrimSpace(s.Text("tenant_id")), client: strings.TrimSpace(s.Text("client_id")), secret: s.Secret("client_secret"),
		scope: strings.TrimSpace(s.Text("scopes")), filter: strings.TrimSpace(s.Text("user_filter")), group: strings.TrimSpace(s.Text("group_name")),
		past: int(s.Int("past_months")), future: int(s.Int("future_months")), windowDays: max(1, int(s.Int("window_days"))),
	}
	if err := c.checkSignIn(); err != nil {
		return c, err
	}
	var err error
	if c.graph, err = originSetting(s, "graph_url"); err != nil {
		return c, err
	}
	if c.login, err = originSetting(s, "login_url"); err != nil {
		return c, err
	}
	if err := c.selectUsers(s.Text("user_selection"), s.List("user_list")); err != nil {
		return c, err
	}
	if c.past == 0 && c.future == 0 {
		return c, invalidSetting("future_months", "and past_months are both 0: the window would be empty")
	}
	return c, c.setZone(strings.TrimSpace(s.Text("time_zone")))
}

func (c *config) checkSignIn() error {
	switch strings.ToLower(c.tenant) {
	case "common", "organizations", "consumers":
		return invalidSetting("tenant_id", "is %q; signing in with a client secret needs the organisation's own id or domain", c.tenant)
	}
	if !guidRE.MatchString(c.tenant) && !domainRE.MatchString(c.tenant) {
		return invalidSetting("tenant_id", "is %q, which is neither an id like 8-4-4-4-12 hexadecimal digits nor a domain; give it without https:// and path", c.tenant)
	}
	if !guidRE.MatchString(c.client) {
		return invalidSetting("client_id", "is %q, which is no id like 8-4-4-4-12 hexadecimal digits", c.client)
	}
	if strings.ContainsAny(c.scope, " \t\n") || !strings.HasSuffix(c.scope, "/.default") {
		return invalidSetting("scopes", "is %q; with a client secret it is one scope that ends in /.default", c.scope)
	}
	return nil
}

func originSetting(s sdk.Settings, name string) (string, error) {
	o, err := rest.ParseOrigin(strings.TrimSpace(s.Text(name)))
	if err != nil {
		return "", invalidSetting(name, "%v", sdk.AsError(err).Err)
	}
	return o, nil
}

// selectUsers finds out which field selects the users.
func (c *config) selectUsers(method string, list []string) error {
	seen := map[string]bool{}
	for _, a := range list {
		a = strings.TrimSpace(a)
		switch key := strings.ToLower(a); {
		case a == "" || seen[key]:
		case strings.ContainsAny(a, "/?%\\\"<>, \t") || strings.ContainsFunc(a, func(r rune) bool { return r < ' ' || r == 0x7f }):
			return invalidSetting("user_list", "holds %q, which is no mail address", a)
		default:
			seen[key] = true
			c.list = append(c.list, a)
		}
	}
	filled := map[string]bool{"filter": c.filter != "", "list": len(c.list) > 0, "group": c.group != ""}
	fields := map[string]string{"filter": "user_filter", "list": "user_list", "group": "group_name"}
	if method != "" {
		if !filled[method] {
			return invalidSetting(fields[method], "is empty, but user_selection says %q", method)
		}
		c.selection = method
		return nil
	}
	for _, m := range []string{"filter", "list", "group"} {
		if !filled[m] {
			continue
		}
		if c.selection != "" {
			return invalidSetting(fields[m], "and %s are both filled; empty one of them or say in user_selection which one counts", fields[c.selection])
		}
		c.selection = m
	}
	return nil
}

func (c *config) setZone(name string) error {
	c.zoneName, c.zone = "UTC", time.UTC
	if name == "" {
		return nil
	}
	loc, err := zone.Load(name)
	if err != nil {
		return invalidSetting("time_zone", "%v", err)
	}
	c.zone, c.zoneName = loc, name
	// Graph takes all Windows names but not all IANA names (microsoft-graph-docs issues 11212 and 19286).
	if w, ok := zone.Windows(name); ok {
		c.zoneName = w
	}
	return nil
}

// escape makes one path segment of s.
func escape(s string) string { return url.PathEscape(s) }

// quote makes an OData literal of s.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
