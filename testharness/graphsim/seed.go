package graphsim

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// seeder makes the tenant's first content. All choices come from rnd, so that a seed means one company.
type seeder struct {
	s      *Server
	rnd    *rand.Rand
	day    int32 // today
	bodies []seedBody
	zones  map[string]*zone
	texts  map[string]text
	rooms  []text
}

// quote is quote with one copy of each text, since the same words fill many items.
func (d *seeder) quote(s string) text {
	t, ok := d.texts[s]
	if !ok {
		t = quote(s)
		d.texts[s] = t
	}
	return t
}

// place is the list of one room, shared like the texts.
func (d *seeder) place(name string) []text {
	for i, r := range rooms {
		if r == name {
			return d.rooms[i : i+1 : i+1]
		}
	}
	return nil
}

type seedBody struct{ html, preview text }

const (
	seedZone   = "W. Europe Standard Time"
	groupSales = "Vertrieb"
)

// seedTenant makes the company: directory, mailboxes and their content.
func (s *Server) seedTenant() *tenant {
	rnd := rand.New(rand.NewPCG(s.cfg.Seed, 0x6c656973))
	t := &tenant{
		id: guid(rnd), clientID: guid(rnd), domain: "contoso.example", name: "Contoso Werke GmbH",
		byID: map[string]*user{}, byName: map[string]*user{},
	}
	t.secret = "sim8Q~" + strings.ReplaceAll(guid(rnd), "-", "")
	s.tenant = t
	d := &seeder{s: s, rnd: rnd, day: int32(floorDiv(s.now().Unix(), daySeconds)), zones: map[string]*zone{}, texts: map[string]text{}}
	for _, r := range rooms {
		d.rooms = append(d.rooms, d.quote(r))
	}
	for _, name := range []string{seedZone, "UTC", "GMT Standard Time", "Eastern Standard Time", "Tokyo Standard Time"} {
		d.zones[name], _ = s.zones.get(name)
	}
	d.makeBodies()
	for i := range s.cfg.Users {
		t.addUser(d.user(i))
	}
	d.groups()
	d.managers()
	for i, u := range t.users {
		if u.box != nil {
			d.events(i, u.box)
			d.tasks(u.box)
			d.contacts(u.box)
			d.messages(u.box)
			t.outbox = t.outbox[:0]
			u.box.quietFeeds()
		}
	}
	for i := range s.cfg.Rooms {
		s.addRoom("raum"+itoa(i+1), rooms[i%bookable], 4+4*(i%5), "Haus 1")
	}
	d.settle()
	return t
}

// user makes the i-th user. From five users on, the last ones are a guest, a user without licence and a disabled one.
func (d *seeder) user(i int) *user {
	given, sur := firstNames[i%len(firstNames)], lastNames[(i*7+i/len(firstNames))%len(lastNames)]
	alias := ascii(given) + "." + ascii(sur)
	if n := i / len(firstNames); n > 0 {
		alias += itoa(n + 1)
	}
	upn := alias + "@" + d.s.tenant.domain
	u := &user{upn: upn, name: given + " " + sur}
	u.entry = entry{id: guid(d.rnd), odata: odataUser, props: map[string]any{
		"accountEnabled": true, "displayName": u.name, "givenName": given, "surname": sur, "mail": upn, "mailNickname": alias,
		"userPrincipalName": upn, "userType": "Member", "companyName": d.s.tenant.name, "department": pick(d.rnd, departments),
		"jobTitle": pick(d.rnd, jobs), "officeLocation": fmt.Sprintf("%d/%03d", 1+d.rnd.IntN(4), d.rnd.IntN(400)),
		"businessPhones": []string{fmt.Sprintf("+49 30 5550 %04d", 1000+i)}, "city": pick(d.rnd, cities), "country": "Deutschland",
		"preferredLanguage": "de-DE", "usageLocation": "DE", "createdDateTime": "2021-03-01T08:00:00Z",
		"proxyAddresses":   []string{"SMTP:" + upn, "smtp:" + ascii(given)[:1] + ascii(sur) + itoa(i) + "@" + d.s.tenant.domain},
		"assignedPlans":    exchangePlan,
		"identities":       []any{map[string]any{"signInType": "userPrincipalName", "issuer": d.s.tenant.domain, "issuerAssignedId": upn}},
		"assignedLicenses": []any{map[string]any{"disabledPlans": []string{}, "skuId": "6fd2c87f-b296-42f0-b197-1e91e994b900"}},
	}}
	last := d.s.cfg.Users - i
	switch {
	case d.s.cfg.Users >= 5 && last == 1:
		guest := ascii(given) + "_fabrikam.example#EXT#@" + d.s.tenant.domain
		u.upn = guest
		u.props["userPrincipalName"], u.props["userType"], u.props["mail"] = guest, "Guest", ascii(given)+"@fabrikam.example"
		u.props["proxyAddresses"], u.props["assignedLicenses"], u.props["assignedPlans"] = []string{}, []any{}, []any{}
		return u
	case d.s.cfg.Users >= 5 && last == 2:
		u.props["assignedLicenses"], u.props["assignedPlans"], u.props["jobTitle"] = []any{}, []any{}, "Dienstkonto"
		return u
	case d.s.cfg.Users >= 5 && last == 3:
		u.props["accountEnabled"] = false
	}
	u.box = d.s.newMailbox(u)
	return u
}

// newMailbox gives a user an empty mailbox with its default folders.
func (s *Server) newMailbox(u *user) *mailbox {
	m := &mailbox{key: keyOf(s.tenant.id, u.id), user: u, self: &person{quote(u.name), quote(u.smtp())}}
	m.calendars = []*calendar{{num: m.nextNum(), name: quote("Kalender"), isDefault: true, color: "auto", version: s.tenant.nextVersion()}}
	m.lists = []*taskList{
		{num: m.nextNum(), name: quote("Aufgaben"), wellKnown: 1, version: s.tenant.nextVersion()},
		{num: m.nextNum(), name: quote("Gekennzeichnete E-Mails"), wellKnown: 2, version: s.tenant.nextVersion()},
	}
	m.folders = []*contactFolder{{num: m.nextNum(), name: quote("Kontakte"), version: s.tenant.nextVersion()}}
	return m
}

// groups makes Vertrieb (every third user, the ones without mailbox too), one of all, and one that holds a group.
func (d *seeder) groups() {
	t := d.s.tenant
	sales, all, board := d.group(groupSales), d.group("Alle Mitarbeiter"), d.group("Leitung")
	for i, u := range t.users {
		all.members = append(all.members, &u.entry)
		if i%3 == 0 || u.box == nil {
			sales.members = append(sales.members, &u.entry)
		}
		if i < 2 {
			board.members = append(board.members, &u.entry)
		}
	}
	board.members = append(board.members, &sales.entry)
}

func (d *seeder) group(name string) *group {
	g := &group{entry: entry{id: guid(d.rnd), odata: odataGroup, props: groupProps(name)}}
	if len(d.s.tenant.users) > 0 {
		g.owners = []*entry{&d.s.tenant.users[0].entry}
	}
	d.s.tenant.addGroup(g)
	return g
}

// groupProps are the properties of a security group.
func groupProps(name string) map[string]any {
	short := ascii(strings.ReplaceAll(name, " ", "-"))
	return map[string]any{
		"displayName": name, "description": "Gruppe " + name, "mailEnabled": false, "securityEnabled": true, "mailNickname": short, "uniqueName": short,
		"createdDateTime": "2021-03-01T08:00:00Z",
	}
}

// managers puts everybody but guests under one of the users before, five under each.
func (d *seeder) managers() {
	for i, u := range d.s.tenant.users {
		if i > 0 && u.str("userType") == "Member" {
			u.manager = d.s.tenant.users[(i-1)/5].id
		}
	}
}

// settle ends the making: what was made is old, no change is pending and no mail was sent.
func (d *seeder) settle() {
	t := d.s.tenant
	t.outbox = nil
	t.userLog.seq, t.userLog.changes = 0, nil
	now := ticksOf(d.s.now())
	age := func(num uint64, most int64) int64 {
		return now - (1+int64(num*2654435761%uint64(most)))*3600*ticksPerSecond
	}
	for _, u := range t.users {
		m := u.box
		if m == nil {
			continue
		}
		for _, e := range m.events.items {
			e.created, e.modified = age(e.num, 1500)-ticksPerSecond, age(e.num, 1500)
			if e.series != nil {
				for _, x := range e.series.exceptions {
					x.ev.created, x.ev.modified = e.created, e.modified
				}
			}
		}
		for _, x := range m.tasks.items {
			x.created, x.modified, x.bodyModified = age(x.num, 1500)-ticksPerSecond, age(x.num, 1500), age(x.num, 1500)
		}
		for _, k := range m.contacts.items {
			k.created, k.modified = age(k.num, 9000)-ticksPerSecond, age(k.num, 9000)
		}
		m.quietFeeds()
	}
}

// quietFeeds forgets the changes so far.
func (m *mailbox) quietFeeds() {
	for _, f := range m.feeds() {
		f.seq, f.log = 0, nil
	}
}

func (m *mailbox) feeds() []*feed {
	out := []*feed{&m.listFeed, &m.folderFeed}
	for _, c := range m.calendars {
		out = append(out, &c.feed)
	}
	for _, l := range m.lists {
		out = append(out, &l.feed)
	}
	for _, f := range m.folders {
		out = append(out, &f.feed)
	}
	if p := m.mail.Load(); p != nil {
		out = append(out, &p.feed)
		for _, f := range p.folders {
			out = append(out, &f.feed)
		}
	}
	return out
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

var addressLetters = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "é", "e", "ç", "c", "ı", "i", " ", "")

// ascii writes a name as it stands in an address.
func ascii(s string) string { return addressLetters.Replace(strings.ToLower(s)) }

func (d *seeder) makeBodies() {
	for i, topic := range topics {
		p := paragraphs[i%len(paragraphs)]
		html := "<html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"><style>p.MsoNormal{margin:0;font-size:11pt;font-family:Calibri,sans-serif}</style></head><body lang=\"DE\"><div class=\"WordSection1\">" +
			"<p class=\"MsoNormal\">Hallo zusammen,</p><p class=\"MsoNormal\">&nbsp;</p><p class=\"MsoNormal\">" + p + "</p><p class=\"MsoNormal\"><b>Agenda</b></p><ul><li>" + topic +
			"</li><li>Offene Punkte &amp; n&#228;chste Schritte</li><li>Termine &lt; 14 Tage</li></ul><p class=\"MsoNormal\">Viele Gr&#252;&#223;e</p></div></body></html>"
		d.bodies = append(d.bodies, seedBody{quote(html), previewOf(html)})
	}
}
