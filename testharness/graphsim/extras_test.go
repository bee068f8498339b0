package graphsim

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	crmID  = "String {6b1c0f3e-2d7a-4d0e-9b0e-3f1a2b3c4d5e} Name CrmId"
	tagsID = "StringArray {6b1c0f3e-2d7a-4d0e-9b0e-3f1a2b3c4d5e} Name Tags"
)

// carriers are paths of collections whose items carry extras, with a body for a new item.
func carriers(r *rig) map[string]map[string]any {
	return map[string]map[string]any{
		r.box(0) + "/events":   eventAt("Besprechung", epoch, time.Hour, "UTC"),
		r.box(0) + "/contacts": {"givenName": "Eva"},
		r.box(0) + "/messages": {"subject": "Angebot"},
	}
}

func expandID(member, id string) string { return "?$expand=" + member + "($filter=id eq '" + id + "')" }

func TestExtendedPropertiesOfOneAndSeveralValues(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for path, body := range carriers(r) {
		body["singleValueExtendedProperties"] = []any{map[string]any{"id": crmID, "value": "4711"}}
		body["multiValueExtendedProperties"] = []any{map[string]any{"id": tagsID, "value": []string{"a", "b"}}}
		made := r.do("POST", path, body, 201)
		if made["multiValueExtendedProperties"] != nil || made["singleValueExtendedProperties"] != nil {
			t.Errorf("%s: the answer shows extended properties unasked", path)
		}
		item := path + "/" + made["id"].(string)
		show := func(member, id string) any { return r.get(item + expandID(member, id))[member] }
		want := []any{map[string]any{"id": tagsID, "value": []any{"a", "b"}}}
		if diff := cmp.Diff(want, show("multiValueExtendedProperties", strings.ToUpper(tagsID[:11])+tagsID[11:])); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		other := strings.Replace(tagsID, "Tags", "tags", 1)
		r.do("PATCH", item, map[string]any{"multiValueExtendedProperties": []any{map[string]any{"id": other, "value": []string{"c"}}}}, 200)
		if diff := cmp.Diff(want, show("multiValueExtendedProperties", tagsID)); diff != "" {
			t.Errorf("%s: a PATCH merges by id, names with case: %s", path, diff)
		}
		r.do("PATCH", item, map[string]any{"singleValueExtendedProperties": []any{map[string]any{"id": crmID, "value": nil}}}, 200)
		if got := show("singleValueExtendedProperties", crmID); got != nil {
			t.Errorf("%s: null removes the property, got %v", path, got)
		}
		none := []any{map[string]any{"id": crmID, "value": nil}}
		bare := path + "/" + r.do("POST", path, withMember(body, "singleValueExtendedProperties", none), 201)["id"].(string)
		if got := r.get(bare + expandID("singleValueExtendedProperties", crmID))["singleValueExtendedProperties"]; got != nil {
			t.Errorf("%s: a new item with a property of null has %v", path, got)
		}
		r.do("PATCH", bare, map[string]any{"multiValueExtendedProperties": []any{map[string]any{"id": tagsID, "value": []string{}}}}, 200)
		r.get(bare + expandID("multiValueExtendedProperties", tagsID))
		for name, bad := range map[string]any{
			"no array type": []any{map[string]any{"id": crmID, "value": []string{"a"}}}, "no id": []any{map[string]any{"value": []string{"a"}}},
		} {
			if a := r.send("PATCH", item, map[string]any{"multiValueExtendedProperties": bad}); a.status != 400 || a.code() != "ErrorInvalidProperty" {
				t.Errorf("%s, %s: %d %s", path, name, a.status, a.code())
			}
		}
		r.refused(r.send("PATCH", item, map[string]any{"multiValueExtendedProperties": []any{map[string]any{"id": tagsID, "value": "a"}}}), 400, "UnableToDeserializePostBody")
		r.refused(r.send("PATCH", item, map[string]any{"singleValueExtendedProperties": []any{map[string]any{"id": crmID, "value": 4711}}}), 400, "UnableToDeserializePostBody")
		r.refused(r.send("GET", item+"?$expand=multiValueExtendedProperties", nil), 400, "ErrorInvalidUrlQuery")
		for value, n := range map[string]int{"a": 1, "c": 0} {
			filter := "?$filter=multiValueExtendedProperties/any(p:p/id eq '" + tagsID + "' and p/value/any(v:v eq '" + value + "'))"
			if got := len(values(r.get(path + filter))); got != n {
				t.Errorf("%s: %d items with %s, want %d", path, got, value, n)
			}
		}
	}
}

func TestIDsOfExtendedPropertiesComeBackInOneSpelling(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.box(0) + "/contacts"
	const guid = "{6B1C0F3E-2D7A-4D0E-9B0E-3F1A2B3C4D5E}"
	for sent, want := range map[string]string{
		"Integer 0x0E08": "Integer 0xe08", "systemtime 0x3FEF": "SystemTime 0x3fef", "clsid " + guid + " name Key": "CLSID " + strings.ToLower(guid) + " Name Key",
		"ApplicationTime " + guid + " Id 0x0027": "ApplicationTime " + strings.ToLower(guid) + " Id 0x27",
	} {
		one := []any{map[string]any{"id": sent, "value": "1"}}
		item := at + "/" + r.do("POST", at, map[string]any{"givenName": "Eva", "singleValueExtendedProperties": one}, 201)["id"].(string)
		for _, id := range []string{sent, want} {
			got, _ := r.get(item + expandID("singleValueExtendedProperties", id))["singleValueExtendedProperties"].([]any)
			if diff := cmp.Diff([]any{map[string]any{"id": want, "value": "1"}}, got); diff != "" {
				t.Errorf("%s by %s: %s", sent, id, diff)
			}
		}
	}
}

func TestNumbersInExtendedPropertiesAreComparedByACast(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.box(0) + "/contacts"
	const number, key = "Integer {6b1c0f3e-2d7a-4d0e-9b0e-3f1a2b3c4d5e} Name N", "CLSID {6b1c0f3e-2d7a-4d0e-9b0e-3f1a2b3c4d5e} Name K"
	for _, n := range []string{"5", "12", "x"} {
		props := []any{map[string]any{"id": number, "value": n}, map[string]any{"id": key, "value": "B9CF8971-7d55-4b73-9ffa-a584611b600b"}}
		r.do("POST", at, map[string]any{"givenName": n, "singleValueExtendedProperties": props}, 201)
	}
	for condition, want := range map[string]int{
		number + "' and cast(ep/value, Edm.Int32) gt 5":                                  1,
		number + "' and cast(ep/value,Edm.Int64) le 12":                                  2,
		number + "' and cast(ep/value, Edm.Double) eq 5.0":                               1,
		key + "' and cast(ep/value, Edm.Guid) eq (b9cf8971-7d55-4b73-9ffa-a584611b600b)": 3,
	} {
		if got := len(r.all(at + "?$filter=singleValueExtendedProperties/any(ep:ep/id eq '" + condition + ")")); got != want {
			t.Errorf("%s: %d contacts, want %d", condition, got, want)
		}
	}
	for filter, code := range map[string]string{
		"singleValueExtendedProperties/any(ep:cast(ep/value, Edm.Int32) eq '5')":    "BadRequest",
		"singleValueExtendedProperties/any(ep:cast(ep/value, Edm.Binary) eq '5')":   "BadRequest",
		"singleValueExtendedProperties/any(ep:cast(ep/value, Edm.String) eq '5')":   "ErrorInvalidUrlQueryFilter",
		"cast(displayName, Edm.Int32) eq 5":                                         "ErrorInvalidUrlQueryFilter",
		"singleValueExtendedProperties/any(ep:cast(ep/id, Edm.String) eq 'String')": "ErrorInvalidUrlQueryFilter",
	} {
		r.refused(r.send("GET", at+"?$filter="+filter, nil), 400, code)
	}
}

func TestFoldersCarryExtendedProperties(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for path, name := range map[string]string{"/calendars": "name", "/contactFolders": "displayName", "/mailFolders": "displayName"} {
		path = r.box(0) + path
		one := map[string]any{"id": crmID, "value": "4711"}
		made := r.do("POST", path, map[string]any{name: "Projekt", "singleValueExtendedProperties": []any{one}}, 201)
		item := path + "/" + made["id"].(string)
		r.do("PATCH", item, map[string]any{"multiValueExtendedProperties": []any{map[string]any{"id": tagsID, "value": []string{"a"}}}}, 200)
		got := r.get(item + expandID("singleValueExtendedProperties", crmID) + ",multiValueExtendedProperties($filter=id eq '" + tagsID + "')")
		if got[name] != "Projekt" || cmp.Diff([]any{one}, got["singleValueExtendedProperties"]) != "" || got["multiValueExtendedProperties"] == nil {
			t.Errorf("%s: %v", path, got)
		}
		for value, n := range map[string]int{"4711": 1, "4712": 0} {
			filter := "?$filter=singleValueExtendedProperties/any(p:p/id eq '" + crmID + "' and p/value eq '" + value + "')"
			if got := len(values(r.get(path + filter))); got != n {
				t.Errorf("%s: %d folders with %s, want %d", path, got, value, n)
			}
		}
		r.refused(r.send("PATCH", item, map[string]any{"extensions": []any{referral(nil)}}), 400, "UnableToDeserializePostBody")
		r.refused(r.send("GET", path+"?$filter=extensions/any(e:e/id eq 'x')", nil), 400, "RequestBroker--ParseUri")
		r.refused(r.send("POST", item+"/extensions", referral(nil)), 400, "BadRequest")
		r.refused(r.send("GET", item+"?$expand=singleValueExtendedProperties", nil), 400, "ErrorInvalidUrlQuery")
	}
}

func referral(members map[string]any) map[string]any {
	body := map[string]any{"@odata.type": "microsoft.graph.openTypeExtension", "extensionName": "de.example.sync"}
	for k, v := range members {
		body[k] = v
	}
	return body
}

func TestOpenExtensionsOfEventsAndContacts(t *testing.T) {
	t.Parallel()
	r := empty(t)
	const full = "Microsoft.OutlookServices.OpenTypeExtension.de.example.sync"
	for path, body := range carriers(r) {
		item := path + "/" + r.do("POST", path, body, 201)["id"].(string)
		made := r.do("POST", item+"/extensions", referral(map[string]any{"key": "4711", "count": 3}), 201)
		want := map[string]any{"@odata.type": "#microsoft.graph.openTypeExtension", "id": full, "extensionName": "de.example.sync", "key": "4711", "count": 3.0}
		delete(made, "@odata.context")
		if diff := cmp.Diff(want, made); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		for _, id := range []string{"de.example.sync", full} {
			got := r.get(item + "/extensions/" + id)
			delete(got, "@odata.context")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s by %s: %s", path, id, diff)
			}
			shown := r.get(item + expandID("extensions", id))
			if list, _ := shown["extensions"].([]any); len(list) != 1 || shown["extensions@odata.context"] == nil {
				t.Errorf("%s: expanded by %s: %v", path, id, shown["extensions"])
			}
			if n := len(values(r.get(path + "?$filter=extensions/any(e:e/id eq '" + id + "')"))); n != 1 {
				t.Errorf("%s: %d items with the extension, want 1", path, n)
			}
		}
		if r.get(item)["extensions"] != nil || r.get(item + expandID("extensions", "de.example.other"))["extensions"] != nil {
			t.Errorf("%s: extensions come only when asked for by name", path)
		}
		next := r.do("PATCH", item+"/extensions/"+full, map[string]any{"key": "4712", "tags": []string{"a"}}, 200)
		if next["key"] != "4712" || next["count"] != 3.0 || len(next["tags"].([]any)) != 1 {
			t.Errorf("%s: a PATCH sets the members it has: %v", path, next)
		}
		if again := r.do("POST", item+"/extensions", referral(map[string]any{"key": "1"}), 201); again["count"] != nil {
			t.Errorf("%s: a second POST replaces: %v", path, again)
		}
		r.do("DELETE", item+"/extensions/de.example.sync", nil, 204)
		r.refused(r.send("GET", item+"/extensions/de.example.sync", nil), 404, "ErrorItemNotFound")
		r.refused(r.send("DELETE", item+"/extensions/de.example.sync", nil), 404, "ErrorItemNotFound")
	}
}

func TestOpenExtensionsThatGraphRefuses(t *testing.T) {
	t.Parallel()
	r := empty(t)
	for path, body := range carriers(r) {
		inline := r.do("POST", path, withMember(body, "extensions", []any{referral(map[string]any{"key": "1"})}), 201)
		if list, _ := inline["extensions"].([]any); len(list) != 1 {
			t.Errorf("%s: the answer to an inline extension shows it: %v", path, inline["extensions"])
		}
		item := path + "/" + inline["id"].(string)
		r.refused(r.send("PATCH", item, map[string]any{"extensions": []any{referral(nil)}}), 500, "ErrorInternalServerError")
		wrong := "microsoft.graph.openTypeExtension.de.example.sync"
		r.refused(r.send("GET", item+"/extensions/"+wrong, nil), 500, "ErrorInternalServerError")
		r.refused(r.send("GET", item+expandID("extensions", wrong), nil), 500, "ErrorInternalServerError")
		r.refused(r.send("GET", item+"?$expand=extensions", nil), 400, "ErrorGraphExtensionExpandRequiresFilter")
		r.refused(r.send("GET", item+"/extensions", nil), 400, "ErrorInvalidRequest")
		for name, bad := range map[string]map[string]any{
			"no type": {"extensionName": "x"}, "no name": {"@odata.type": "microsoft.graph.openTypeExtension"},
			"name no text": {"@odata.type": "microsoft.graph.openTypeExtension", "extensionName": 5},
			"other type":   {"@odata.type": "#microsoft.graph.event", "extensionName": "x"},
			"object":       referral(map[string]any{"a": map[string]any{"b": 1}}), "nested": referral(map[string]any{"a": []any{[]any{1}}}),
		} {
			if a := r.send("POST", item+"/extensions", bad); a.status != 400 {
				t.Errorf("%s, %s: %d %v", path, name, a.status, a.body)
			}
		}
	}
}

func withMember(body map[string]any, name string, v any) map[string]any {
	out := maps.Clone(body)
	out[name] = v
	return out
}

func TestExtrasBelongToOneCopy(t *testing.T) {
	t.Parallel()
	r := empty(t)
	body := eventAt("Treffen", epoch, time.Hour, "UTC")
	body["attendees"] = []any{map[string]any{"emailAddress": map[string]any{"address": r.users[1].Mail}, "type": "required"}}
	body["extensions"] = []any{referral(map[string]any{"key": "1"})}
	body["multiValueExtendedProperties"] = []any{map[string]any{"id": tagsID, "value": []string{"a"}}}
	r.do("POST", r.box(0)+"/events", body, 201)
	path := r.box(1) + "/events" + expandID("extensions", "de.example.sync") + ",multiValueExtendedProperties($filter=id eq '" + tagsID + "')"
	if rows := values(r.get(path)); len(rows) != 1 || rows[0]["extensions"] != nil || rows[0]["multiValueExtendedProperties"] != nil {
		t.Errorf("the attendee's copy has no extras: %v", rows)
	}
}

func TestContactDeltaDoesNotTrackExtras(t *testing.T) {
	t.Parallel()
	r := empty(t)
	made := r.do("POST", r.box(0)+"/contacts", map[string]any{"givenName": "Eva"}, 201)
	item := r.box(0) + "/contacts/" + made["id"].(string)
	_, link := r.round(r.box(0) + "/contacts/delta")
	r.do("POST", item+"/extensions", referral(nil), 201)
	next := r.do("PATCH", item, map[string]any{"singleValueExtendedProperties": []any{map[string]any{"id": crmID, "value": "1"}}}, 200)
	if next["changeKey"] == made["changeKey"] {
		t.Error("the change key stays")
	}
	rows, link := r.round(link)
	if len(rows) != 0 {
		t.Errorf("rows for extras alone: %v", rows)
	}
	r.do("PATCH", item, map[string]any{"nickName": "E"}, 200)
	if rows, _ := r.round(link); len(rows) != 1 {
		t.Errorf("%d rows, want 1", len(rows))
	}
}

func TestAnOccurrenceWithAnExtensionIsAnException(t *testing.T) {
	t.Parallel()
	r := empty(t)
	body := eventAt("Runde", epoch, time.Hour, "UTC")
	body["recurrence"] = weeklyRule(epoch, "UTC", 4, "sunday")
	master := r.do("POST", r.box(0)+"/events", body, 201)["id"].(string)
	rows := values(r.get(r.box(0) + "/events/" + master + "/instances?" + month()))
	item := r.box(0) + "/events/" + rows[1]["id"].(string)
	r.do("POST", item+"/extensions", referral(map[string]any{"key": "1"}), 201)
	r.do("PATCH", item+"/extensions/de.example.sync", map[string]any{"key": "2"}, 200)
	if got := r.get(item); got["type"] != "exception" {
		t.Errorf("type %v", got["type"])
	}
	if got := r.get(item + "/extensions/de.example.sync")["key"]; got != "2" {
		t.Errorf("key %v", got)
	}
	r.refused(r.send("GET", r.box(0)+"/events/"+master+"/extensions/de.example.sync", nil), 404, "ErrorItemNotFound")
}
