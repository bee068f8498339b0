package graphsim

import "fmt"

// tasks fills the default list and gives every mailbox a second one.
func (d *seeder) tasks(m *mailbox) {
	z := d.zones[seedZone]
	for i := range d.s.cfg.TasksPerUser {
		t := &task{
			title: d.quote(pick(d.rnd, taskTitles)), body: d.quote("Rückfragen an die Zentrale.\nBitte bis zum Termin erledigen."),
			importance: 1, due: noInstant, start: noInstant, completed: noInstant, reminder: noInstant,
		}
		day := d.day + int32(d.rnd.IntN(60)) - 20
		if i%4 != 3 {
			t.due = instantOf(int64(day)*daySeconds, z.loc)
		}
		switch i % 5 {
		case 1:
			t.importance = 2
			t.reminder, t.reminderOn = instantOf(int64(day)*daySeconds+9*3600, z.loc), true
		case 2:
			t.status, t.completed = statusCompleted, int64(day)*daySeconds
		case 3:
			t.status = 1
			t.categories = []text{d.quote(pick(d.rnd, categoryNames))}
		case 4:
			t.links = []linkedResource{{id: guid(d.rnd), webURL: quote(fmt.Sprintf("https://crm.fabrikam.example/t/%d", 4000+i)),
				application: quote("CRM"), displayName: quote(fmt.Sprintf("Ticket %d", 4000+i)), foreign: quote(itoa(4000 + i))}}
		}
		if i == 5 {
			t.rule = &recurrence{kind: weekly, interval: 1, days: 1 << weekday(day), bounds: noEnd, start: day, zone: z}
			t.due = instantOf(int64(day)*daySeconds, z.loc)
		}
		d.s.addTask(m, m.lists[0], t)
	}
	other := &taskList{num: m.nextNum(), name: quote("Privat"), version: d.s.tenant.nextVersion()}
	m.lists = append(m.lists, other)
	if d.s.cfg.TasksPerUser > 0 {
		d.s.addTask(m, other, &task{title: quote("Geschenk besorgen"), importance: 1, due: noInstant, start: noInstant, completed: noInstant, reminder: noInstant})
	}
}

// contacts fills the default folder and gives every mailbox a second one.
func (d *seeder) contacts(m *mailbox) {
	for i := range d.s.cfg.ContactsPerUser {
		d.s.addContact(m, m.folders[0], d.contact(i))
	}
	other := &contactFolder{num: m.nextNum(), name: quote("Lieferanten"), version: d.s.tenant.nextVersion()}
	m.folders = append(m.folders, other)
	if d.s.cfg.ContactsPerUser > 0 {
		d.s.addContact(m, other, d.contact(0))
	}
}

func (d *seeder) contact(i int) *contact {
	given, sur, company := pick(d.rnd, firstNames), pick(d.rnd, lastNames), pick(d.rnd, companies)
	fields := map[int]string{}
	set := func(name string, v any) {
		if s, ok := v.(string); ok {
			fields[contactIndex(name)] = string(d.quote(s))
			return
		}
		fields[contactIndex(name)] = rawJSON(v)
	}
	set("givenName", given)
	set("surname", sur)
	set("displayName", given+" "+sur)
	set("fileAs", sur+", "+given)
	set("companyName", company.name)
	set("jobTitle", pick(d.rnd, jobs))
	mail := ascii(given) + "." + ascii(sur) + "@" + company.domain
	set("emailAddresses", []mailAddress{{given + " " + sur, mail}})
	set("businessPhones", []string{fmt.Sprintf("+49 89 %06d", d.rnd.IntN(1_000_000))})
	set("businessAddress", postalAddress{Street: fmt.Sprintf("Hauptstraße %d", 1+d.rnd.IntN(200)), City: pick(d.rnd, cities), CountryOrRegion: "Deutschland", PostalCode: fmt.Sprintf("%05d", 10000+d.rnd.IntN(80000))})
	switch i % 5 {
	case 0:
		set("categories", []string{"Kunde"})
	case 1:
		set("mobilePhone", fmt.Sprintf("+49 170 %07d", d.rnd.IntN(10_000_000)))
		set("birthday", fmt.Sprintf("19%02d-%02d-%02dT11:59:00Z", 50+d.rnd.IntN(50), 1+d.rnd.IntN(12), 1+d.rnd.IntN(28)))
	case 2:
		set("personalNotes", "Kennengelernt auf der Messe.\r\nRuft lieber an.")
		set("nickName", given[:1]+sur[:1])
	}
	return &contact{card: newCard(fields)}
}
