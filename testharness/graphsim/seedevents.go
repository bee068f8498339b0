package graphsim

// seriesTemplate is a kind of series that mailboxes get in turn.
type seriesTemplate struct {
	subject     string
	zone        string
	hour, hours int
	allDay      bool
	rule        recurrence
	back        int32 // days before today that it begins
	length      int32 // days that it lasts, with endDate
}

var seriesTemplates = [...]seriesTemplate{
	{subject: "Tagesrunde", zone: seedZone, hour: 9, hours: 1, back: 60, rule: recurrence{kind: weekly, interval: 1, days: 0b0111110, bounds: noEnd, firstDay: 1}},
	{subject: "Vertriebsrunde", zone: seedZone, hour: 14, hours: 2, back: 90, length: 240, rule: recurrence{kind: weekly, interval: 2, days: 0b0010100, bounds: endDate, firstDay: 1}},
	{subject: "Monatsabschluss", zone: seedZone, hour: 16, hours: 1, back: 200, rule: recurrence{kind: absoluteMonthly, interval: 1, dayOfMonth: 31, bounds: noEnd}},
	{subject: "US Pipeline Review", zone: "Eastern Standard Time", hour: 10, hours: 1, back: 100, rule: recurrence{kind: relativeMonthly, interval: 1, days: 0b0100000, index: 4, bounds: numberedRange, count: 12}},
	{subject: "Betriebsjubiläum", zone: seedZone, allDay: true, back: 400, rule: recurrence{kind: absoluteYearly, interval: 1, bounds: noEnd}},
	{subject: "Abstimmung Tokio", zone: "Tokyo Standard Time", hour: 9, hours: 1, back: 20, rule: recurrence{kind: daily, interval: 3, bounds: numberedRange, count: 20}},
	{subject: "Quartalsplanung", zone: "GMT Standard Time", hour: 11, hours: 3, back: 120, length: 720, rule: recurrence{kind: relativeMonthly, interval: 3, days: 0b0000010, index: 0, bounds: endDate}},
	{subject: "Weihnachtsfeier", zone: seedZone, hour: 18, hours: 5, back: 300, rule: recurrence{kind: relativeYearly, interval: 1, month: 12, days: 0b0100000, index: 1, bounds: noEnd}},
}

// events fills a calendar: one series for each eight events, one meeting with colleagues for each ten, single events for the rest.
func (d *seeder) events(user int, m *mailbox) {
	n := d.s.cfg.EventsPerUser
	nSeries, nMeetings := (n+7)/8, n/10
	if n >= 5 && nMeetings == 0 {
		nMeetings = 1
	}
	for i := range nSeries {
		d.series(m, seriesTemplates[(user+i)%len(seriesTemplates)])
	}
	for i := range nMeetings {
		d.meeting(user, m, i == 0)
	}
	for i := range max(0, n-nSeries-nMeetings) {
		d.single(m, i)
	}
}

// base is the patch that all seeded events begin with.
func (d *seeder) base(subject string, z *zone, date int32, hour, minutes int) *eventPatch {
	i := d.rnd.IntN(len(d.bodies))
	if subject == "" {
		subject = topics[i]
	}
	wall := int64(date)*daySeconds + int64(hour)*3600
	p := &eventPatch{set: fSubject | fBody | fStart | fEnd | fLocation | fCategories}
	p.ev = event{
		subject: d.quote(subject), body: d.bodies[i].html, preview: d.bodies[i].preview, startZone: z, endZone: z,
		start: instantOf(wall, z.loc), end: instantOf(wall+int64(minutes)*60, z.loc),
	}
	if d.rnd.IntN(3) > 0 {
		p.ev.places = d.place(pick(d.rnd, rooms))
		p.ev.location = p.ev.places[0]
	}
	if d.rnd.IntN(4) == 0 {
		p.ev.categories = []text{d.quote(pick(d.rnd, categoryNames))}
	}
	return p
}

func (d *seeder) allDay(p *eventPatch, z *zone, date int32, days int) {
	p.set |= fAllDay
	p.ev.allDay = true
	p.ev.start, p.ev.end = instantOf(int64(date)*daySeconds, z.loc), instantOf(int64(date+int32(days))*daySeconds, z.loc)
}

// create stores a seeded event; what templates and chance make is always valid.
func (d *seeder) create(m *mailbox, p *eventPatch) *event {
	e, err := d.s.createEvent(m, m.calendars[0], p)
	if err != nil {
		panic("graphsim: seeded event: " + err.Error())
	}
	return e
}

func (d *seeder) single(m *mailbox, i int) {
	zoneName := seedZone
	if i%7 == 3 {
		zoneName = pick(d.rnd, []string{"GMT Standard Time", "Eastern Standard Time", "Tokyo Standard Time", "UTC"})
	}
	z := d.zones[zoneName]
	date := d.day + int32(d.rnd.IntN(136)) - 45
	p := d.base("", z, date, 7+d.rnd.IntN(11), 30*(1+d.rnd.IntN(4)))
	if i%6 == 2 {
		d.allDay(p, z, date, 1+d.rnd.IntN(3))
		p.ev.subject = d.quote(pick(d.rnd, []string{"Urlaub", "Messe", "Dienstreise", "Inventur"}))
	}
	e := d.create(m, p)
	if i%8 == 5 {
		host := pick(d.rnd, outsiders)
		e.organizer = &person{d.quote(host.name), d.quote(host.mail)}
		e.organized, e.response, e.answered = false, respAccepted, int64(d.day-3)*daySeconds
		e.attendees = []attendee{{person: *e.organizer}, {person: *m.self}}
	}
	if i%9 == 1 {
		e.sensitivity = 2
	}
}

// series makes a series, deletes one of its occurrences, moves one and renames one.
func (d *seeder) series(m *mailbox, t seriesTemplate) {
	z := d.zones[t.zone]
	start := d.day - t.back
	p := d.base(t.subject, z, start, t.hour, t.hours*60)
	if t.allDay {
		d.allDay(p, z, start, 1)
	}
	rule := t.rule
	rule.zone, rule.start = z, start
	if rule.bounds == endDate {
		rule.end = start + t.length
	}
	if rule.kind == absoluteYearly {
		_, rule.month, rule.dayOfMonth = civil(int64(start))
	}
	p.set |= fRecurrence
	p.rule = &rule
	e := d.create(m, p)
	var ahead []int32
	rule.dates(d.day-7, d.day+150, func(date int32) bool { ahead = append(ahead, date); return len(ahead) < 6 })
	if len(ahead) < 4 || t.allDay {
		return
	}
	d.s.deleteEvent(m, e.occurrenceView(ahead[1]))
	moved := e.occurrenceView(ahead[2])
	patch := &eventPatch{set: fStart | fEnd, ev: event{start: moved.start + 3600, end: moved.end + 3600, startZone: z, endZone: z}}
	d.change(m, moved, patch)
	d.change(m, e.occurrenceView(ahead[3]), &eventPatch{set: fSubject, ev: event{subject: d.quote(t.subject + " (mit Gast)")}})
}

func (d *seeder) change(m *mailbox, v view, p *eventPatch) {
	if _, err := d.s.updateEvent(m, v, p); err != nil {
		panic("graphsim: seeded exception: " + err.Error())
	}
}

// meeting invites two colleagues and someone from outside; the first meeting of a mailbox is a weekly one.
func (d *seeder) meeting(user int, m *mailbox, asSeries bool) {
	z := d.zones[seedZone]
	date := d.day + int32(d.rnd.IntN(40)) - 10
	p := d.base("", z, date, 8+d.rnd.IntN(9), 60)
	users := d.s.tenant.users
	p.set |= fAttendees
	for _, step := range []int{1, 3} {
		if u := users[(user+step)%len(users)]; u.box != m && (u.box != nil || u.props["userType"] == "Member") {
			p.ev.attendees = append(p.ev.attendees, attendee{person: person{d.quote(u.name), d.quote(u.smtp())}, kind: byte(step / 3)})
		}
	}
	guest := pick(d.rnd, outsiders)
	p.ev.attendees = append(p.ev.attendees, attendee{person: person{d.quote(guest.name), d.quote(guest.mail)}})
	if asSeries {
		p.set |= fRecurrence
		p.rule = &recurrence{kind: weekly, interval: 1, days: 1 << weekday(date), bounds: numberedRange, count: 10, start: date, zone: z}
	}
	e := d.create(m, p)
	if d.rnd.IntN(2) == 0 && len(p.ev.attendees) > 1 {
		u := d.s.tenant.findByAddress(e.attendees[0].address.plain())
		if u != nil && u.box != nil && u.box.byUID[e.uid] != nil {
			d.answer(u.box, viewOf(u.box.byUID[e.uid]))
		}
	}
}

func (d *seeder) answer(m *mailbox, v view) {
	if err := d.s.respond(m, v, meetingAnswer{response: respAccepted, send: true}); err != nil {
		panic("graphsim: seeded answer: " + err.Error())
	}
}
