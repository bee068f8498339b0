package msgraph

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/sdk"
)

func TestPageIsSplitOnlyIfItIsWhole(t *testing.T) {
	t.Parallel()
	for body, rows := range map[string]int{
		`{"value":[]}`: 0, ` {"@odata.context":"x","value":[{"id":"1"} , {"id":"2","a":[1,{"b":null}]}],"@odata.nextLink":"n"} `: 2,
		``: -1, `{`: -1, `{}`: -1, `[]`: -1, `null`: -1, `{"value":[{"id":"1"}`: -1, `{"value":[{"id":"1"}]`: -1, `{"value":[{"id":"1"}]}}`: -1, `{"value":[]} {"error":{}}`: -1, `{"value":[]}x`: -1,
		`{"value":{}}`: -1, `{"value":null}`: -1, `{"value":[1]}`: -1, `{"value":[null]}`: -1, `{"value":[],"error":{"code":"x"}}`: -1, `{"VALUE":[]}`: -1, `{"value":[],"value":[]}`: -1,
		`{"value":[{"id":"1","id":"2"}]}`: -1, `{"value":[{"id":"1","@removed":{},"@removed":{}}]}`: -1, "{\"value\":[{\"id\":\"\xff\"}]}": -1, `<html></html>`: -1, `{"value":[{"id":"1",}]}`: -1,
	} {
		var p page
		err := p.parse([]byte(body))
		if rows < 0 {
			if sdk.KindOf(orNil(err)) != sdk.Unavailable {
				t.Errorf("%s: %v, want a refusal", body, err)
			}
			continue
		}
		if err != nil || len(p.rows) != rows {
			t.Errorf("%s: %d rows, %v", body, len(p.rows), err)
		}
	}
}

func orNil(err error) error {
	if err == nil {
		return sdk.Internal
	}
	return err
}

func TestRowKnowsWhatDecides(t *testing.T) {
	t.Parallel()
	body := `{"value":[{"@odata.etag":"W/\"a\"","id":"\u0041B","type":"exception","seriesMasterId":"M","subject":null,"isAllDay":true,"isOrganizer":true,"@removed":{"reason":"deleted"},` +
		`"organizer":{"emailAddress":{"name":"x","address":"A@b"}},"attendees":[{"x":1}],"recurrence":{"r":1},"start":{"timeZone":"UTC","dateTime":"2026-11-24T08:00:00.0000000"},` +
		`"end":{"dateTime":"2026-11-24T09:00:00.5000000","timeZone":"UTC"},"REMOVED":1,"Id":"no"}]}`
	var p page
	if err := p.parse([]byte(body)); err != nil {
		t.Fatal(err)
	}
	r := p.rows[0]
	got := []string{string(r.id), string(r.etag), string(r.kind), string(r.series), string(r.organizer), string(r.attendees.of(r.raw)), string(r.recurrence.of(r.raw)), string(r.start.dateTime), string(r.end.dateTime), string(r.start.zone)}
	want := []string{"AB", `W/"a"`, "exception", "M", "A@b", `[{"x":1}]`, `{"r":1}`, "2026-11-24T08:00:00", "2026-11-24T09:00:00.5000000", "UTC"}
	if strings.Join(got, " ") != strings.Join(want, " ") || !r.allDay || !r.owner || !r.removed || !r.subject {
		t.Fatalf("got  %q\nwant %q", got, want)
	}
	out := r.appendRow(nil, []byte(`,"user":"u"`), edits{{r.attendees, []byte(`[]`)}, {span: r.end.fraction}, {span: r.start.fraction}})
	var m map[string]any
	if err := json.Unmarshal(out, &m); err != nil || m["user"] != "u" || len(m["attendees"].([]any)) != 0 || m["start"].(map[string]any)["dateTime"] != "2026-11-24T08:00:00" {
		t.Fatalf("%v: %s", err, out)
	}
	if empty := (&row{raw: []byte("{}")}).appendRow(nil, []byte(`,"user":"u"`), edits{}); string(empty) != `{"user":"u"}` {
		t.Fatalf("%s", empty)
	}
}

// FuzzPage: whatever arrives, nothing panics, and what is made of a page is JSON that holds the fields added.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"value":[{"id":"1","start":{"dateTime":"2026-11-24T08:00:00.0000000","timeZone":"UTC"},"attendees":[{"emailAddress":{"address":"a@b"}}]}],"@odata.deltaLink":"x"}`))
	r := &round{scope: newScope([]user{{id: "1", addresses: []string{"a@b"}}, {id: "2", addresses: []string{"c@d"}}}), c: &Conn{}, req: sdk.ReadRequest{Object: objectEvent}}
	r.box = &r.scope.users[1]
	f.Fuzz(func(t *testing.T, body []byte) {
		var p page
		if p.parse(body) != nil {
			return
		}
		for i := range p.rows {
			w := &p.rows[i]
			for _, v := range []verdict{keep, external} {
				out := w.appendRow(nil, []byte(`,"\u0001added":1`), r.edits(w, v))
				if !json.Valid(out) || !strings.Contains(string(out), `\u0001added`) {
					t.Fatalf("%s became %s", w.raw, out)
				}
			}
		}
	})
}

// TestHalfACharacterDoesNotKeepAPageFromBeingRead: Exchange cuts previews after 255 UTF-16 units, also within a character.
func TestHalfACharacterDoesNotKeepAPageFromBeingRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`a\ud83d`: "a\ufffd", `\ude00b`: "\ufffdb", `\ud83d\ude00`: "😀", `\uD83D\uD83D\uDE00`: "\ufffd😀", `\\ud83d`: `\ud83d`, `\\\ud83d\\`: "\\\ufffd\\", `\ud83d\n`: "\ufffd\n", `\ud83d\u0041`: "\ufffdA",
	} {
		item := `{"id":"1","bodyPreview":"` + text + `","subject":"\ud83d"}`
		var p page
		if err := p.parse([]byte(`{"value":[{"id":"0"},` + item + `]}`)); err != nil || len(p.rows) != 2 {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var e struct{ BodyPreview, Subject string }
		if err := json.Unmarshal(p.rows[1].raw, &e); err != nil || e.BodyPreview != want || e.Subject != "\ufffd" {
			t.Errorf("%s: %q, %v; want %q", text, e.BodyPreview, err, want)
		}
		w, err := p.item([]byte(item))
		if err != nil || json.Unmarshal(w.raw, &e) != nil || e.BodyPreview != want {
			t.Errorf("%s: %q, %v; want %q", text, e.BodyPreview, err, want)
		}
	}
	for _, body := range []string{``, `\`, `\u`, `\ud83d`, `{"value":[{"id":"\ud8`, `{"value":[{"id":"\ud83d\`} {
		var p page
		if err := p.parse([]byte(body)); err == nil {
			t.Errorf("%s is taken", body)
		}
	}
}
