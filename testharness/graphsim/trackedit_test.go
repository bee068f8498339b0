package graphsim

import (
	"math/rand/v2"
	"testing"
	"time"
)

// office is a few people who edit their calendars at random, over HTTP and as people in Outlook, together with an organiser outside.
type office struct {
	*rig
	rnd       *rand.Rand
	calendars []string // paths: of each person the default calendar and another one
	outside   []string // iCalUIds
}

const officeSize = 3

func newOffice(r *rig, rnd *rand.Rand) *office {
	o := &office{rig: r, rnd: rnd}
	for i := range officeSize {
		id := r.do("POST", r.box(i)+"/calendars", map[string]any{"name": "Zweiter"}, 201)["id"].(string)
		o.calendars = append(o.calendars, r.box(i)+"/calendar", r.box(i)+"/calendars/"+id)
	}
	return o
}

// at is a random time near the window's edges or within.
func (o *office) at() time.Time { return epoch.Add(time.Duration(o.rnd.IntN(24*70)-24*25) * time.Hour) }

func (o *office) rule(start time.Time) map[string]any {
	days := []string{"monday", "wednesday", "friday", "sunday"}
	return weeklyRule(start, berlinZone, o.rnd.IntN(14), days[o.rnd.IntN(4)], days[o.rnd.IntN(4)])
}

func (o *office) someone() string { return o.users[o.rnd.IntN(officeSize)].UPN }

func (o *office) invited() []any {
	out := []any{}
	for range o.rnd.IntN(3) {
		out = append(out, people(o.someone())[0])
	}
	return out
}

// times are start and end of an event, of a whole day now and then.
func (o *office) times() map[string]any {
	at := o.at()
	if o.rnd.IntN(5) == 0 {
		day := at.Truncate(24 * time.Hour)
		return map[string]any{"isAllDay": true, "start": moment(day, berlinZone), "end": moment(day.AddDate(0, 0, 1+o.rnd.IntN(2)), berlinZone)}
	}
	return map[string]any{"isAllDay": false, "start": moment(at, berlinZone), "end": moment(at.Add(time.Duration(o.rnd.IntN(30))*time.Hour), berlinZone)}
}

func (o *office) newEvent() map[string]any {
	e := o.times()
	e["subject"], e["attendees"], e["hideAttendees"] = "Termin "+itoa(o.rnd.IntN(1000)), o.invited(), o.rnd.IntN(6) == 0
	if o.rnd.IntN(2) == 0 {
		e["recurrence"] = o.rule(o.at())
	}
	return e
}

// tried sends an edit; a refusal is fine, a failure of the service is not.
func (o *office) tried(method, path string, body any) {
	o.Helper()
	if a := o.send(method, path, body); a.status >= 500 {
		o.Fatalf("%s %s %v: %d %v", method, path, body, a.status, a.body)
	}
}

// edit does one thing.
func (o *office) edit() {
	o.Helper()
	if o.rnd.IntN(8) == 0 {
		o.editOutside()
		return
	}
	n := o.rnd.IntN(len(o.calendars))
	cal, who := o.calendars[n], o.users[n/2].UPN
	wide := span(epoch.AddDate(0, 0, -40), epoch.AddDate(0, 0, 60))
	items := append(o.all(cal+"/calendarView?$top=1000&$select=id&"+wide), o.all(cal+"/events?$top=1000&$select=id")...)
	if len(items) == 0 || o.rnd.IntN(4) == 0 {
		o.tried("POST", cal+"/events", o.newEvent())
		return
	}
	id := items[o.rnd.IntN(len(items))]["id"].(string)
	o.editItem(who, cal+"/events/"+id, id)
}

func (o *office) editItem(who, path, id string) {
	o.Helper()
	switch o.rnd.IntN(13) {
	case 0, 1:
		o.tried("DELETE", path, nil)
	case 2:
		o.tried("POST", path+"/cancel", map[string]any{"comment": "fällt aus"})
	case 3:
		o.tried("POST", path+"/"+[]string{"accept", "tentativelyAccept", "decline"}[o.rnd.IntN(3)], map[string]any{"sendResponse": o.rnd.IntN(2) == 0})
	case 4:
		o.tried("POST", path+"/forward", map[string]any{"toRecipients": people(o.someone())})
	case 5:
		o.tried("PATCH", path, map[string]any{"attendees": o.invited()})
	case 6, 7:
		o.tried("PATCH", path, o.times())
	case 8:
		o.tried("PATCH", path, map[string]any{"recurrence": o.rule(o.at())})
	case 9:
		o.tried("PATCH", path, map[string]any{"recurrence": nil})
	case 10, 11:
		name := "Zweiter"
		if o.rnd.IntN(2) == 0 {
			name = "Kalender"
		}
		_, _ = o.ctl.MoveToCalendar(who, id, name)
	default:
		o.tried("PATCH", path, map[string]any{"subject": "umbenannt " + itoa(o.rnd.IntN(1000)), "categories": []string{"Kunde"}})
	}
}

func (o *office) editOutside() {
	o.Helper()
	if len(o.outside) == 0 || o.rnd.IntN(3) == 0 {
		e := o.newEvent()
		e["attendees"] = append(o.invited(), people(o.someone())[0])
		if uid, err := o.ctl.InviteFromOutside("Eva", "eva@fabrikam.example", e); err == nil {
			o.outside = append(o.outside, uid)
		}
		return
	}
	uid := o.outside[o.rnd.IntN(len(o.outside))]
	switch o.rnd.IntN(4) {
	case 0:
		_ = o.ctl.CancelFromOutside(uid, "")
	case 1:
		_ = o.ctl.CancelFromOutside(uid, o.at().Format(time.DateOnly))
	case 2:
		_ = o.ctl.UpdateFromOutside(uid, o.at().Format(time.DateOnly), map[string]any{"subject": "nur heute"})
	default:
		_ = o.ctl.UpdateFromOutside(uid, "", o.times())
	}
}

// TestClientsThatFollowMeetingsKnowTheTruth lets people edit calendars and meetings at random; clients that follow delta rounds of all their
// calendars end each round with what Graph shows.
func TestClientsThatFollowMeetingsKnowTheTruth(t *testing.T) {
	t.Parallel()
	everything := Oddities{Repeat: true, Replay: true, EmptyPages: true, Skeletons: true, NoMasters: true, Hidden: time.Second}
	for name, cfg := range map[string]Config{
		"plain": {}, "occurrences reported": {OccurrenceRemoved: true}, "odd rounds": {Oddities: everything}, "second touch": {SecondTouch: true, WireNoise: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg.Users, cfg.EventsPerUser, cfg.TasksPerUser, cfg.ContactsPerUser = 6, -1, -1, -1
			followOffice(newOffice(newRig(t, cfg), rand.New(rand.NewPCG(7, uint64(len(name))))), 8)
		})
	}
}

func followOffice(o *office, rounds int) {
	o.Helper()
	var clients []*tracker
	for _, cal := range o.calendars {
		for _, flat := range []bool{false, true} {
			k := &tracker{r: o.rig, base: cal, flat: flat}
			k.restart(epoch.AddDate(0, 0, -15), epoch.AddDate(0, 0, 30))
			clients = append(clients, k)
		}
	}
	for range rounds {
		o.ctl.Advance(2 * time.Second)
		for _, k := range clients {
			if o.rnd.IntN(12) == 0 { // a day later, or a lost token
				k.restart(k.from.AddDate(0, 0, 1), k.to.AddDate(0, 0, 1))
			}
			if o.rnd.IntN(4) == 0 {
				continue // some rounds behind
			}
			if o.rnd.IntN(4) == 0 { // what changes while a round runs comes at the latest with the next one
				k.sync(2+o.rnd.IntN(5), o.edit)
				o.ctl.Advance(2 * time.Second)
			}
			k.sync(2+o.rnd.IntN(40), func() {})
			k.check(o.T)
		}
		for range 1 + o.rnd.IntN(5) {
			o.edit()
		}
	}
}
