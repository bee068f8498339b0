package graphsim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMeetingsComeFromOutside(t *testing.T) {
	t.Parallel()
	r := empty(t)
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	e := eventAt("Angebot", start, time.Hour, berlinZone)
	e["attendees"], e["recurrence"] = attendees(r.users[0].Mail, r.users[1].Mail), weeklyRule(start, berlinZone, 3, "monday")
	uid, err := r.ctl.InviteFromOutside("Gerda Gast", "gerda@fabrikam.example", e)
	if err != nil {
		t.Fatal(err)
	}
	got := r.only(r.box(0))
	if got["iCalUId"] != uid || got["isOrganizer"] != false || got["organizer"].(map[string]any)["emailAddress"].(map[string]any)["address"] != "gerda@fabrikam.example" {
		t.Errorf("%v", got)
	}
	r.do("POST", r.copyOf(0)+"/accept", nil, 202)
	if diff := cmp.Diff([]string{"accepted gerda@fabrikam.example"}, r.mails()); diff != "" {
		t.Errorf("only the tenant's own mail is kept: %s", diff)
	}
	answers, err := r.ctl.OutsideResponses(uid)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{r.users[0].Mail: "accepted", r.users[1].Mail: "none"}, answers); diff != "" {
		t.Error(diff)
	}
	if err := r.ctl.UpdateFromOutside(uid, "", map[string]any{"subject": "Angebot 2"}); err != nil {
		t.Fatal(err)
	}
	if err := r.ctl.UpdateFromOutside(uid, "2026-11-30", map[string]any{"subject": "Angebot 3"}); err != nil {
		t.Fatal(err)
	}
	if err := r.ctl.CancelFromOutside(uid, "2026-12-07"); err != nil {
		t.Fatal(err)
	}
	var subjects []string
	for _, row := range r.instances(r.box(1), r.only(r.box(1))["id"].(string)) {
		subjects = append(subjects, row["subject"].(string))
	}
	if diff := cmp.Diff([]string{"Angebot 2", "Angebot 3", "Canceled: Angebot 2"}, subjects); diff != "" {
		t.Error(diff)
	}
	if err := r.ctl.CancelFromOutside(uid, ""); err != nil {
		t.Fatal(err)
	}
	if got := r.only(r.box(0)); got["isCancelled"] != true {
		t.Errorf("%v", got["subject"])
	}
	for name, err := range map[string]error{
		"gone":            r.ctl.CancelFromOutside(uid, ""),
		"unknown":         r.ctl.UpdateFromOutside("abc", "", map[string]any{}),
		"not a meeting":   func() error { _, err := r.ctl.OutsideResponses(""); return err }(),
		"somebody inside": func() error { _, err := r.ctl.InviteFromOutside("x", r.users[0].Mail, e); return err }(),
		"without times":   func() error { _, err := r.ctl.InviteFromOutside("x", "x@y.example", map[string]any{}); return err }(),
		"unknown property": func() error {
			_, err := r.ctl.InviteFromOutside("x", "x@y.example", map[string]any{"a": 1})
			return err
		}(),
		"not JSON": func() error {
			_, err := r.ctl.InviteFromOutside("x", "x@y.example", map[string]any{"subject": func() {}})
			return err
		}(),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestAGroupStandsForItsMembers(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.s.mu.Lock()
	g := r.s.tenant.groupNamed("Leitung")
	g.props["mail"] = "leitung@contoso.example"
	r.s.mu.Unlock()
	e := eventAt("Klausur", epoch.AddDate(0, 0, 2), time.Hour, berlinZone)
	e["attendees"] = attendees("Leitung@contoso.example")
	own := r.do("POST", r.box(2)+"/events", e, 201)
	twin := r.only(r.box(1))
	if diff := cmp.Diff(map[string]string{r.users[2].Mail: "none", "Leitung@contoso.example": "none"}, responses(twin)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"invitation Leitung@contoso.example"}, r.mails()); diff != "" {
		t.Error(diff)
	}
	r.do("DELETE", r.box(2)+"/events/"+own["id"].(string), nil, 204)
	if got := r.only(r.box(0)); got["isCancelled"] != true {
		t.Errorf("%v", got)
	}
}

func TestForwardingInvitesOthers(t *testing.T) {
	t.Parallel()
	r := empty(t)
	a, b, c := r.users[0].Mail, r.users[1].Mail, r.users[2].Mail
	path := r.meet(map[string]any{"attendees": attendees(b)})
	r.mails()
	to := func(address string) map[string]any {
		return map[string]any{"Comment": "zur Info", "ToRecipients": []any{map[string]any{"emailAddress": map[string]any{"address": address, "name": "C"}}}}
	}
	r.do("POST", r.copyOf(1)+"/forward", to(c), 202)
	if diff := cmp.Diff([]string{"forward " + c, "forwardNotification " + a}, r.mails()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{b: "none", c: "none"}, responses(r.get(path))); diff != "" {
		t.Error(diff)
	}
	if got := r.only(r.box(2)); got["isOrganizer"] != false || got["organizer"].(map[string]any)["emailAddress"].(map[string]any)["address"] != a {
		t.Errorf("%v", got)
	}
	r.do("POST", path+"/forward", to("extern@fabrikam.example"), 202)
	if diff := cmp.Diff([]string{"forward extern@fabrikam.example"}, r.mails()); diff != "" {
		t.Error(diff)
	}
	r.refused(r.send("POST", path+"/forward", map[string]any{}), 400, "ErrorInvalidRecipients")
	r.refused(r.send("POST", path+"/forward", to("niemand")), 400, "ErrorInvalidRecipients")
}
