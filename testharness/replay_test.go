package testharness

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// conversation is a script for the shelf at url.
func conversation(url string) Script {
	return Script{
		Connector: shelfConnector(), Object: "thing", Now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Scrub: []string{"secret name"},
		Settings: map[string]string{"url": url, "token": shelfSecret},
		Write: func() []sdk.Record {
			return []sdk.Record{{Intent: "i1", Data: []byte(`{"name":"secret name","note":"x"}`)}, {Data: []byte(`{"name":"changed"}`)}, {Data: []byte(`{}`), IfStamp: "1"}, {Op: sdk.Delete}}
		},
	}
}

// recorded returns a recording, of which the system is gone.
func recorded(t *testing.T) (Script, string) {
	t.Helper()
	shelf := newShelf(25)
	defer shelf.Close()
	sc := conversation(shelf.URL)
	b, err := Record(t.Context(), sc)
	if err != nil {
		t.Fatal(err)
	}
	return sc, string(b)
}

func TestRecordingReplaysWithoutTheSystem(t *testing.T) {
	t.Parallel()
	sc, text := recorded(t)
	if err := Replay(t.Context(), sc, []byte(text)); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"-- schema.json --", "-- read.json --", "-- read-on.json --", "-- write.json --", "POST /things\n", "GET /things?since=0&after=t0010", "412 ", "[scrubbed]"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in the recording", want)
		}
	}
	for _, secret := range []string{shelfSecret, "secret name", "Bearer"} {
		if strings.Contains(text, secret) {
			t.Errorf("the recording holds %q", secret)
		}
	}
}

// Whatever differs, in what is asked or in what is made of the answers, is named.
func TestReplayNamesTheDifference(t *testing.T) {
	t.Parallel()
	sc, text := recorded(t)
	broken := func(how string) Script {
		s := sc
		s.Settings = map[string]string{"url": sc.Settings["url"], "token": shelfSecret, "broken": how}
		return s
	}
	for name, test := range map[string]struct {
		sc   Script
		text string
		want string
	}{
		"another schema":         {broken("schema without key"), text, "schema.json differs"},
		"another reading":        {broken("no stamp"), text, "read.json differs"},
		"another request":        {broken("a create loses a field"), text, `no (further) answer to POST /things`},
		"a request more":         {broken("creates twice"), text, "no (further) answer"},
		"a request less":         {broken("a delete that does nothing"), text, "1 recorded requests were not made, the first: DELETE /things/t0026"},
		"another answer":         {sc, strings.Replace(text, "thing 7", "thing seven", 1), "read.json differs from the recording:\nline "},
		"another result":         {broken("does not say whether it was done"), text, "write.json differs"},
		"a result that is gone":  {sc, strings.Replace(text, "-- read-on.json --", "-- read-off.json --", 1), "read-on.json differs"},
		"an answer that is gone": {sc, strings.Replace(text, "-- http/002-response --", "-- http/002-answer --", 1), "no answer behind http/002-request"},
		"no status":              {sc, strings.Replace(text, "-response --\n200 ", "-response --\nfine ", 1), "not with a status"},
		"no recording":           {sc, "", "no (further) answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := Replay(t.Context(), test.sc, []byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("want %q, got: %v", test.want, err)
			}
		})
	}
}

func TestConversationThatCannotBeKeptIsRefused(t *testing.T) {
	t.Parallel()
	shelf := newShelf(25)
	defer shelf.Close()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			http.Error(w, "no\n-- such --\nluck", http.StatusBadRequest)
			return
		}
		shelf.Config.Handler.ServeHTTP(w, r)
	}))
	defer front.Close()
	sc := conversation(front.URL)
	sc.Write = func() []sdk.Record { return []sdk.Record{{Data: []byte(`{}`)}} }
	if _, err := Record(t.Context(), sc); err == nil || !strings.Contains(err.Error(), "name of a file") {
		t.Error(err)
	}
}

// What a connector reads of an answer besides its body comes back.
func TestExchangeKeepsHeaders(t *testing.T) {
	t.Parallel()
	h := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Retry-After": {"Wed, 21 Oct 2026 07:28:00 GMT"}, "Etag": {`W/"a b"`}, "Location": {"/x?y=1&z=2"}, "Link": {`<u>; rel="next"`}}
	res, err := respond(&http.Request{}, head(&http.Response{StatusCode: 201, Header: h})+"body\n")
	if err != nil {
		t.Fatal(err)
	}
	for name := range h {
		if res.Header.Get(name) != h.Get(name) {
			t.Errorf("%s: %q became %q", name, h.Get(name), res.Header.Get(name))
		}
	}
	if res.StatusCode != 201 || res.ContentLength != 4 {
		t.Error(res.Status, res.ContentLength)
	}
}

func TestTokensAreNotKept(t *testing.T) {
	t.Parallel()
	shelf := newShelf(1)
	defer shelf.Close()
	rec := &recorder{}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, shelf.URL+"/v2/token", strings.NewReader("client_secret=hush"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := rec.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for _, f := range rec.files {
		if strings.Contains(string(f.Data), "hush") {
			t.Errorf("%s holds the request of a token: %s", f.Name, f.Data)
		}
	}
}

func TestUpdateRecordsWhenAsked(t *testing.T) {
	shelf := newShelf(25)
	defer shelf.Close()
	file := filepath.Join(t.TempDir(), "thing.txtar")
	sc := conversation(shelf.URL)
	if err := Update(t.Context(), sc, file); err == nil {
		t.Error("there is no recording yet")
	}
	t.Setenv("GLEIS_RECORD", "1")
	if err := Update(t.Context(), sc, file); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GLEIS_RECORD", "")
	if err := Update(t.Context(), sc, file); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Update(t.Context(), sc, file); err == nil {
		t.Error("an empty recording was replayed")
	}
}
