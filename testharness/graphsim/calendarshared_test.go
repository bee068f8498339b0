package graphsim

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestASharedCalendarIsReadByItsCopyInTheOwnList(t *testing.T) {
	t.Parallel()
	r := empty(t)
	guest, owner := r.users[0], r.users[1]
	made := r.do("POST", r.box(1)+"/calendars", map[string]any{"name": "Projekt"}, 201)
	event := r.do("POST", r.box(1)+"/calendars/"+made["id"].(string)+"/events", eventAt("geteilt", epoch, time.Hour, "UTC"), 201)["id"].(string)
	if _, err := r.ctl.AcceptCalendar(guest.UPN, owner.UPN, "Projekt"); err == nil {
		t.Error("accepted what is not shared")
	}
	if err := r.ctl.ShareCalendar(owner.UPN, "Projekt", guest.UPN, "read"); err != nil {
		t.Fatal(err)
	}
	id, err := r.ctl.AcceptCalendar(guest.UPN, owner.UPN, "Projekt")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := r.ctl.AcceptCalendar(guest.UPN, owner.UPN, "Projekt"); again != id || id == made["id"] {
		t.Errorf("ids: %s %s %s", id, again, made["id"])
	}
	r.signInAs(guest, "Calendars.ReadWrite", "Calendars.ReadWrite.Shared")
	list := values(r.get("/me/calendars?$filter=name eq 'Projekt'"))
	if len(list) != 1 || list[0]["id"] != id || list[0]["canEdit"] != false || list[0]["canShare"] != false ||
		list[0]["owner"].(map[string]any)["address"] != owner.Mail {
		t.Fatalf("in the list: %v", list)
	}
	copied := "/me/calendars/" + url.PathEscape(id)
	if cal := r.get(copied); cal["name"] != "Projekt" {
		t.Errorf("copy: %v", cal)
	}
	if rows := values(r.get(copied + "/events")); len(rows) != 1 || rows[0]["id"] != event {
		t.Errorf("events: %v", rows)
	}
	if rows, link := r.round(copied + "/calendarView/delta?" + month()); len(rows) != 1 || !strings.Contains(link, "/me/calendars/") {
		t.Errorf("delta: %v %s", rows, link)
	}
	r.get(copied + "/events/" + event)
	r.refused(r.send("GET", "/me/events/"+event, nil), 404, "ErrorItemNotFound") // only by the shared path
	r.refused(r.send("PATCH", copied+"/events/"+event, map[string]any{"subject": "x"}), 403, "ErrorAccessDenied")
	r.refused(r.send("PATCH", copied, map[string]any{"name": "x"}), 403, "ErrorAccessDenied")
	r.refused(r.send("GET", copied+"/calendarPermissions", nil), 403, "ErrorAccessDenied")
	r.refused(r.send("POST", copied+"/permanentDelete", nil), 403, "ErrorAccessDenied")

	if err := r.ctl.ShareCalendar(owner.UPN, "Projekt", guest.UPN, "write"); err != nil {
		t.Fatal(err)
	}
	r.do("PATCH", copied+"/events/"+event, map[string]any{"subject": "vom Gast"}, 200)
	if e, err := r.ctl.Event(owner.UPN, event); err != nil || e["subject"] != "vom Gast" {
		t.Errorf("at the owner: %v %v", e, err)
	}
	r.refused(r.send("DELETE", r.box(1)+"/calendars/"+made["id"].(string), nil), 403, "ErrorAccessDenied")
	r.do("DELETE", copied, nil, 204)
	r.refused(r.send("GET", copied, nil), 404, "ErrorItemNotFound")
	r.signIn()
	r.get(r.box(1) + "/calendars/" + made["id"].(string))
	r.signInAs(guest, "Calendars.Read")
	if id, err = r.ctl.AcceptCalendar(guest.UPN, owner.UPN, "Projekt"); err != nil {
		t.Fatal(err)
	}
	r.refused(r.send("GET", "/me/calendars/"+url.PathEscape(id)+"/events", nil), 403, "ErrorAccessDenied") // without the scope for shared ones
	if err := r.ctl.ShareCalendar(owner.UPN, "Projekt", guest.UPN, "none"); err != nil {
		t.Fatal(err)
	}
	if list := values(r.get("/me/calendars")); len(list) != 1 {
		t.Errorf("not shared any more: %v", list)
	}
}
