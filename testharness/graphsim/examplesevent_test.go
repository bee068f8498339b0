package graphsim

import (
	"testing"
	"time"
)

// eventExamples are the pairs of events that need a meeting of somebody else, or none of what is there.
func eventExamples(r *rig) []exampleCall {
	e := eventAt("Einladung", epoch.AddDate(0, 0, 3), time.Hour, berlinZone)
	e["attendees"] = attendees(r.users[0].Mail)
	uid := r.do("POST", r.box(1)+"/events", e, 201)["iCalUId"].(string)
	twin := values(r.get(r.box(0) + "/events?$filter=iCalUId eq '" + uid + "'"))[0]["id"].(string)
	return []exampleCall{
		{"014", "POST", r.box(0) + "/events", []string{`Prefer: outlook.timezone="Pacific Standard Time"`}, 201},
		{"020", "POST", r.box(0) + "/events/" + twin + "/decline", nil, 202},
		{"032", "POST", r.box(0) + "/translateExchangeIds", nil, 200},
		{"124", "POST", r.box(0) + "/translateExchangeIds", nil, 200},
	}
}

// snoozeExample compares pair 022, whose printed time is a placeholder.
func snoozeExample(t *testing.T, r *rig, dir string, table map[string]string) {
	body, _ := exampleBody(t, dir, "022-*.request.*").(map[string]any)
	if len(body) != 1 || body["newReminderTime"] == nil {
		t.Fatalf("022: %v", body)
	}
	body["newReminderTime"] = moment(epoch, "UTC")
	path := r.box(0) + "/events/" + values(r.get(r.box(0) + "/events"))[0]["id"].(string) + "/snoozeReminder"
	r.do("POST", path, body, 200)
	table["022"] = exampleRow("POST", path, nil)
}

func FuzzMoment(f *testing.F) {
	for _, s := range []string{"2026-11-24T08:00:00.1234567", "2026-11-24", "2026-11-24T08:00:00+01:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		wall, _, ok := parseWall(s)
		if !ok {
			return
		}
		if again, _, ok := parseWall(string(appendWall(nil, wall))); ok && again != wall {
			t.Errorf("%q is %d, and written and read again %d", s, wall, again)
		}
	})
}

func FuzzEventBody(f *testing.F) {
	s, err := New(Config{Users: 1, Small: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"start":{"dateTime":"2026-11-24T08:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-11-24T09:00:00","timeZone":"UTC"}}`))
	f.Add([]byte(`{"recurrence":{"pattern":{"type":"relativeYearly","interval":3,"month":2,"daysOfWeek":["monday"],"index":"last"},"range":{"type":"noEnd","startDate":"2026-11-24"}}}`))
	f.Add([]byte(`{"locations":[{"displayName":"a","coordinates":{"latitude":1}}],"attendees":[{"emailAddress":{"address":"a@b"}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, failure := s.decodeEvent(body, nil)
		if failure != nil {
			return
		}
		if e, failure := p.newEvent(&person{}); failure == nil {
			e.touches(window{0, 1 << 40})
		}
	})
}
