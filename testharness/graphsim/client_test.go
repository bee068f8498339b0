package graphsim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// epoch is the time of most tests: a Sunday in the weeks after Europe's and before America's next change of clocks.
var epoch = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// rig is a simulator behind a real HTTP server, and a client of it.
type rig struct {
	*testing.T
	s     *Server
	ctl   *Control
	url   string
	token string
	users []User
}

func newRig(t *testing.T, cfg Config) *rig {
	t.Helper()
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return epoch }
	}
	if cfg.Seed == 0 {
		cfg.Seed = 7
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(s)
	t.Cleanup(s.Close)
	t.Cleanup(ts.Close)
	r := &rig{T: t, s: s, ctl: s.Control(), url: ts.URL, users: s.Control().Users()}
	r.signIn()
	return r
}

// empty is a rig whose mailboxes hold nothing.
func empty(t *testing.T) *rig {
	return newRig(t, Config{EventsPerUser: -1, TasksPerUser: -1, ContactsPerUser: -1, Users: 6})
}

func (r *rig) signIn() {
	r.Helper()
	cred := r.s.Credentials()
	status, body := r.tokenRequest(cred.TenantID, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {cred.ClientID}, "client_secret": {cred.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"},
	})
	if status != 200 {
		r.Fatalf("token: %d %v", status, body)
	}
	r.token = body["access_token"].(string)
}

// signInAs makes the rig act for a user, at the public client, with the scopes of Graph and those of the platform.
func (r *rig) signInAs(u User, scopes ...string) map[string]any {
	r.Helper()
	cred := r.s.Credentials()
	password, err := r.ctl.Password(u.ID)
	if err != nil {
		r.Fatal(err)
	}
	status, body := r.tokenRequest(cred.TenantID, url.Values{
		"grant_type": {"password"}, "client_id": {cred.PublicClientID}, "username": {u.UPN}, "password": {password}, "scope": {strings.Join(scopes, " ")},
	})
	if status != 200 {
		r.Fatalf("token of %s: %d %v", u.UPN, status, body)
	}
	r.token = body["access_token"].(string)
	return body
}

func (r *rig) tokenRequest(tenant string, form url.Values) (int, map[string]any) {
	r.Helper()
	resp, err := http.PostForm(r.url+"/"+tenant+"/oauth2/v2.0/token", form)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode, r.decode(resp.Body)
}

// crossOrigin is a token request from the script of a page.
func (r *rig) crossOrigin(form url.Values, status int) map[string]any {
	r.Helper()
	req, err := http.NewRequest("POST", r.url+"/"+r.s.Credentials().TenantID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "https://page.example")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	body := r.decode(resp.Body)
	if resp.StatusCode != status || resp.Header.Get("Access-Control-Allow-Origin") == "" {
		r.Fatalf("%d %v %v", resp.StatusCode, resp.Header, body)
	}
	return body
}

func (r *rig) decode(body io.Reader) map[string]any {
	r.Helper()
	raw, err := io.ReadAll(body)
	if err != nil {
		r.Fatal(err)
	}
	if len(raw) == 0 {
		return nil
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		r.Fatalf("answer is not JSON: %v\n%s", err, raw)
	}
	return out
}

// answer is an HTTP answer with its decoded body.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	text   string // of an answer in plain text
}

// send sends a request; headers are "Name: value".
func (r *rig) send(method, path string, body any, headers ...string) answer {
	r.Helper()
	a, err := r.try(method, path, body, headers...)
	if err != nil {
		r.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (r *rig) try(method, path string, body any, headers ...string) (answer, error) {
	r.Helper()
	if !strings.HasPrefix(path, "http") {
		path = r.url + "/v1.0" + path
	}
	target, query, _ := strings.Cut(path, "?")
	if query != "" {
		target += "?" + strings.NewReplacer(" ", "%20", "+", "%2B").Replace(query)
	}
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			r.Fatal(err)
		}
		reader = strings.NewReader(string(raw))
	}
	req, err := http.NewRequest(method, target, reader)
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
		raw, err := io.ReadAll(resp.Body)
		return answer{status: resp.StatusCode, header: resp.Header, text: string(raw)}, err
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: r.decode(resp.Body)}, nil
}

func (r *rig) get(path string, headers ...string) map[string]any {
	r.Helper()
	a := r.send("GET", path, nil, headers...)
	if a.status != 200 {
		r.Fatalf("GET %s: %d %v", path, a.status, a.body)
	}
	return a.body
}

func (r *rig) do(method, path string, body any, status int, headers ...string) map[string]any {
	r.Helper()
	a := r.send(method, path, body, headers...)
	if a.status != status {
		r.Fatalf("%s %s: %d, want %d: %v", method, path, a.status, status, a.body)
	}
	return a.body
}

// refused checks status and error code, top or inner.
func (r *rig) refused(a answer, status int, code string) {
	r.Helper()
	e, _ := a.body["error"].(map[string]any)
	inner, _ := e["innerError"].(map[string]any)
	if a.status != status || e["code"] != code {
		r.Errorf("answer %d %v, want %d %s", a.status, a.body, status, code)
	}
	if inner["request-id"] == nil || inner["date"] == nil || a.header.Get("request-id") == "" {
		r.Errorf("error without request-id and date: %v", a.body)
	}
}

func (a answer) code() string {
	e, _ := a.body["error"].(map[string]any)
	code, _ := e["code"].(string)
	return code
}

func values(body map[string]any) []map[string]any { return rowsOf(body) }

func ids(rows []map[string]any) []string {
	var out []string
	for _, row := range rows {
		out = append(out, row["id"].(string))
	}
	return out
}

// all follows next links to the end.
func (r *rig) all(path string, headers ...string) []map[string]any {
	r.Helper()
	var out []map[string]any
	for path != "" {
		page := r.get(path, headers...)
		out = append(out, values(page)...)
		path, _ = page["@odata.nextLink"].(string)
	}
	return out
}

// round takes a delta round to its end: all rows and the delta link.
func (r *rig) round(path string, headers ...string) (rows []map[string]any, link string) {
	r.Helper()
	for {
		page := r.get(path, headers...)
		rows = append(rows, values(page)...)
		next, more := page["@odata.nextLink"].(string)
		link, done := page["@odata.deltaLink"].(string)
		if more == done {
			r.Fatalf("a page has exactly one of nextLink and deltaLink: %v", page)
		}
		if done {
			return rows, link
		}
		path = next
	}
}

func (r *rig) box(i int) string { return "/users/" + r.users[i].ID }

func moment(t time.Time, zone string) map[string]any {
	return map[string]any{"dateTime": t.Format("2006-01-02T15:04:05"), "timeZone": zone}
}

func eventAt(subject string, start time.Time, d time.Duration, zone string) map[string]any {
	return map[string]any{"subject": subject, "start": moment(start, zone), "end": moment(start.Add(d), zone)}
}

func weeklyRule(start time.Time, zone string, count int, days ...string) map[string]any {
	rng := map[string]any{"type": "noEnd", "startDate": start.Format("2006-01-02"), "recurrenceTimeZone": zone}
	if count > 0 {
		rng["type"], rng["numberOfOccurrences"] = "numbered", count
	}
	return map[string]any{"pattern": map[string]any{"type": "weekly", "interval": 1, "daysOfWeek": days, "firstDayOfWeek": "monday"}, "range": rng}
}

func span(from, to time.Time) string {
	return fmt.Sprintf("startDateTime=%s&endDateTime=%s", from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))
}

func month() string { return span(epoch.AddDate(0, 0, -10), epoch.AddDate(0, 0, 20)) }
