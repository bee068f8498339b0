package msgraph_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

func partitions(t *testing.T, c sdk.Conn) (titles []string, failed map[string]error) {
	t.Helper()
	list, err := sdk.Partitions(t.Context(), c, sdk.PartitionRequest{Object: "event", Step: "event"})
	if err != nil {
		t.Fatal(err)
	}
	failed = map[string]error{}
	for _, p := range list.Partitions {
		if p.ID == "" || p.Group == "" || !strings.Contains(string(list.Scope), p.ID) {
			t.Errorf("partition %+v", p)
		}
		titles = append(titles, p.Title)
	}
	for _, f := range list.Failed {
		failed[f.Partition] = f.Err
	}
	slices.Sort(titles)
	return titles, failed
}

func TestUsersAreSelectedByFilterListAndGroup(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 12, Users: 40, Small: true})
	var members []string
	without := 0
	for _, u := range x.ctl.Users() {
		if u.Guest {
			continue
		}
		if u.Mail == "" {
			without++
			continue
		}
		members = append(members, strings.ToLower(u.Mail))
	}
	slices.Sort(members)
	got, failed := partitions(t, x.open())
	if !slices.Equal(got, members) || len(failed) != without {
		t.Errorf("by filter: %d users and %d failures, want %d and %d", len(got), len(failed), len(members), without)
	}
	for who, err := range failed {
		if sdk.KindOf(err) != sdk.NotFound || sdk.AsError(err).Hint.EN == "" {
			t.Errorf("%s: %v", who, err)
		}
	}
	a, b := x.mailbox(0), x.mailbox(1)
	list := x.with("user_filter", "", "user_list", strings.ToUpper(a.Mail)+"; nobody@contoso.example\n"+b.UPN+";;"+a.Mail)
	got, failed = partitions(t, list.open())
	want := []string{strings.ToLower(a.Mail), strings.ToLower(b.Mail)}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("by list: %v, want %v", got, want)
	}
	if err := failed["nobody@contoso.example"]; len(failed) != 1 || sdk.KindOf(err) != sdk.NotFound || !strings.Contains(err.Error(), "nobody@contoso.example") {
		t.Errorf("an unknown user: %v", failed)
	}
	group := x.groupName()
	if err := x.ctl.AddMember(group, a.UPN); err != nil && !strings.Contains(err.Error(), "already") {
		t.Fatal(err)
	}
	byGroup := x.with("user_filter", "", "group_name", group).open()
	if got, _ = partitions(t, byGroup); !slices.Contains(got, strings.ToLower(a.Mail)) || len(got) >= len(members) {
		t.Errorf("by group %s: %v", group, got)
	}
	if err := x.ctl.RemoveMember(group, a.UPN); err != nil {
		t.Fatal(err)
	}
	if got, _ = partitions(t, byGroup); slices.Contains(got, strings.ToLower(a.Mail)) {
		t.Error("the group is not read anew")
	}
	_, err := sdk.Partitions(t.Context(), x.with("user_filter", "", "group_name", "Nobody's group").open(), sdk.PartitionRequest{Object: "event"})
	if e := sdk.AsError(err); e == nil || e.Kind != sdk.Invalid || e.Args["setting"] != "group_name" || !strings.Contains(err.Error(), "Nobody's group") {
		t.Errorf("an unknown group: %v", err)
	}
}

func (x *tenant) groupName() string {
	x.t.Helper()
	a, err := x.ctl.Do(http.MethodGet, "/groups", nil)
	if err != nil {
		x.t.Fatal(err)
	}
	for _, g := range a["value"].([]any) {
		return g.(map[string]any)["displayName"].(string)
	}
	x.t.Fatal("no group")
	return ""
}

func TestListedUsersNeedNoDirectory(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 13, Small: true})
	x.ctl.SetRoles("Calendars.ReadWrite", "Contacts.ReadWrite", "Tasks.ReadWrite.All")
	user := x.mailbox(0)
	c := x.with("user_filter", "", "user_list", user.Mail).open()
	got, failed := partitions(t, c)
	if len(got) != 1 || len(failed) != 0 {
		t.Fatalf("%v %v", got, failed)
	}
	m := newMirror(t, c, "event", strings.ToLower(user.Mail))
	m.mustSync()
	if len(m.records) == 0 {
		t.Fatal("no events")
	}
	_, err := sdk.Partitions(t.Context(), x.open(), sdk.PartitionRequest{Object: "event"})
	if e := sdk.AsError(err); sdk.KindOf(err) != sdk.Auth || e.Hint.DE == "" {
		t.Fatalf("a filter without permission: %v", err)
	}
}

func TestSettingsAreRefusedWithTheirName(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 14, Small: true})
	for name, c := range map[string]struct {
		pairs   []string
		setting string // "": accepted
	}{
		"as they are":             {nil, ""},
		"two selections":          {[]string{"user_list", "a@b.example"}, "user_list"},
		"two, but one is chosen":  {[]string{"user_list", "a@b.example", "user_selection", "list"}, ""},
		"the chosen one is empty": {[]string{"user_selection", "group"}, "group_name"},
		"tenant common":           {[]string{"tenant_id", "common"}, "tenant_id"},
		"tenant with address":     {[]string{"tenant_id", "https://login.microsoftonline.com/contoso.example"}, "tenant_id"},
		"tenant by domain":        {[]string{"tenant_id", "contoso.onmicrosoft.example"}, ""},
		"client no id":            {[]string{"client_id", "my app"}, "client_id"},
		"several scopes":          {[]string{"scopes", "Calendars.Read offline_access"}, "scopes"},
		"http elsewhere":          {[]string{"graph_url", "http://graph.example"}, "graph_url"},
		"address with version":    {[]string{"graph_url", "https://graph.microsoft.com/v1.0"}, "graph_url"},
		"login with tenant":       {[]string{"login_url", "https://login.microsoftonline.com/common"}, "login_url"},
		"empty window":            {[]string{"past_months", "0", "future_months", "0"}, "future_months"},
		"too many months":         {[]string{"past_months", "1200"}, "past_months"},
		"zone unknown":            {[]string{"time_zone", "Mars/Olympus"}, "time_zone"},
		"zone of Windows":         {[]string{"time_zone", "W. Europe Standard Time"}, ""},
		"list of no addresses":    {[]string{"user_filter", "", "user_list", "a@b.example/../x"}, "user_list"},
		"secret missing":          {[]string{"client_secret", ""}, "client_secret"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := x.with(c.pairs...).tryOpen()
			if c.setting == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if e := sdk.AsError(err); e == nil || e.Kind != sdk.Invalid || e.Args["setting"] != c.setting {
				t.Fatalf("got %v, want an error about %s", err, c.setting)
			}
		})
	}
	_, err := sdk.Partitions(t.Context(), x.with("user_filter", "").open(), sdk.PartitionRequest{Object: "event"})
	if e := sdk.AsError(err); e == nil || e.Code != "no_users" {
		t.Errorf("no selection: %v", err)
	}
}

func TestSignInFailsWithOneClearMessage(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 15, Small: true})
	for name, c := range map[string]struct {
		pairs []string
		code  string
	}{
		"wrong secret":        {[]string{"client_secret", "falsch"}, "secret_wrong"},
		"unknown application": {[]string{"client_id", "00000000-0000-0000-0000-000000000001"}, "application_unknown"},
		"unknown tenant":      {[]string{"tenant_id", "00000000-0000-0000-0000-000000000002"}, "tenant_unknown"},
	} {
		y := x.with(c.pairs...)
		y.params = &memParams{}
		conn := y.open()
		x.ctl.ResetRequests()
		for range 3 {
			_, err := sdk.Partitions(t.Context(), conn, sdk.PartitionRequest{Object: "event"})
			e := sdk.AsError(err)
			if e == nil || e.Kind != sdk.Auth || e.Code != c.code || e.Hint.EN == "" || e.Hint.DE == "" || strings.Contains(err.Error(), "falsch") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := x.ctl.Counts().Tokens; n != 1 {
			t.Errorf("%s: %d sign-ins", name, n)
		}
	}
	dead := x.with("graph_url", "http://127.0.0.1:1", "login_url", "http://127.0.0.1:1")
	dead.params = &memParams{}
	if _, err := sdk.Partitions(t.Context(), dead.open(), sdk.PartitionRequest{Object: "event"}); sdk.KindOf(err) != sdk.Unavailable {
		t.Errorf("a server that is down: %v", err)
	}
}

func TestTokenIsKeptAndRenewed(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 16, Small: true})
	list := func() {
		t.Helper()
		if _, err := sdk.Partitions(t.Context(), x.open(), sdk.PartitionRequest{Object: "event"}); err != nil {
			t.Fatal(err)
		}
	}
	list()
	list() // another connection, as after a restart
	if n := x.ctl.Counts().Tokens; n != 1 {
		t.Fatalf("%d tokens for two connections with the same parameters", n)
	}
	if s := x.params.values["access_token"]; s.Version != 1 || strings.Contains(s.Value.Reveal(), x.settings["client_secret"]) {
		t.Fatalf("the parameter has version %d", s.Version)
	}
	x.ctl.Advance(2 * time.Hour)
	list()
	if n := x.ctl.Counts().Tokens; n != 2 {
		t.Fatalf("%d tokens after expiry", n)
	}
	x.ctl.Fail(graphsim.Rule{Path: "/users*", Status: 401, Code: "InvalidAuthenticationToken"})
	list()
	if n := x.ctl.Counts().Tokens; n != 3 {
		t.Fatalf("%d tokens after one was refused", n)
	}
}

// TestUserWhoCannotBeLookedUpForAMomentIsNotLeftOut: without him the meetings that he organises would count as an outsider's.
func TestUserWhoCannotBeLookedUpForAMomentIsNotLeftOut(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 17, Small: true})
	a, b := x.mailbox(0), x.mailbox(1)
	y := x.with("user_filter", "", "user_list", a.UPN+";"+b.UPN)
	x.ctl.Fail(graphsim.Rule{Path: "/users/" + b.UPN, Status: 429, RetryAfter: time.Second})
	if got, failed := partitions(t, y.open()); len(got) != 2 || len(failed) != 0 {
		t.Fatalf("throttled once: %v, %v", got, failed)
	}
	x.ctl.Fail(graphsim.Rule{Path: "/users/" + b.UPN, Times: -1, Status: 503})
	_, err := sdk.Partitions(t.Context(), y.open(), sdk.PartitionRequest{Object: "event"})
	if sdk.KindOf(errOr(err)) != sdk.Unavailable {
		t.Fatalf("unavailable: %v", err)
	}
}

// TestPermissionThatIsGrantedLaterWorksAtOnce: a token from before lacks it for as long as it lives. Who really lacks it does not sign in again
// for each mailbox.
func TestPermissionThatIsGrantedLaterWorksAtOnce(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 18, Small: true})
	conn := x.open()
	if _, failed := partitions(t, conn); failed == nil {
		t.Fatal("no answer")
	}
	first, second := newMirror(t, conn, "event", x.mailbox(0).Mail), newMirror(t, conn, "event", x.mailbox(1).Mail)
	x.ctl.Fail(graphsim.Rule{Path: "/users/*/calendarView/delta*", Status: 403, Code: "ErrorAccessDenied"})
	first.mustSync()
	if n := x.ctl.Counts().Tokens; n != 2 {
		t.Errorf("%d tokens after one that lacked the permission", n)
	}
	x.ctl.Fail(graphsim.Rule{Path: "/users/*/calendarView/delta*", Times: -1, Status: 401, Code: "UnknownError"})
	for range 4 {
		err := second.sync()
		if e := sdk.AsError(err); sdk.KindOf(errOr(err)) != sdk.Auth || e.Code != "access_denied" || e.Hint.DE == "" {
			t.Fatalf("without permission: %v", err)
		}
	}
	if n := x.ctl.Counts().Tokens; n != 2 {
		t.Errorf("%d tokens for refusals that no token lifts", n)
	}
}

// TestWaitingForAnothersSignInEndsWithTheContext lets one request sign in at a service that hangs while another gives up.
func TestWaitingForAnothersSignInEndsWithTheContext(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 19, Small: true})
	signsIn, goOn := make(chan struct{}), make(chan struct{})
	inner := x.http
	x.http = tripper(func(req *http.Request) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/token") {
			close(signsIn)
			<-goOn
		}
		return inner.RoundTrip(req)
	})
	conn := x.open()
	done := make(chan error, 1)
	go func() {
		_, err := sdk.Partitions(t.Context(), conn, sdk.PartitionRequest{Object: "event"})
		done <- err
	}()
	<-signsIn
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sdk.Partitions(ctx, conn, sdk.PartitionRequest{Object: "event"}); sdk.KindOf(errOr(err)) != sdk.Cancelled {
		t.Errorf("%v", err)
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestDirectoryThatSendsOddThingsIsNotBelieved: a list that goes in a circle ends, and an error's text stays on its line.
func TestDirectoryThatSendsOddThingsIsNotBelieved(t *testing.T) {
	t.Parallel()
	x := newTenant(t, graphsim.Config{Seed: 20, Small: true})
	for n, to := range []string{"b", "a"} {
		x.ctl.Fail(graphsim.Rule{Path: "/users", Nth: 1 + n, Times: 1, Status: 200, Body: `{"value":[],"@odata.nextLink":"` + x.url + `/v1.0/users?$skiptoken=` + to + `"}`})
	}
	x.ctl.Fail(graphsim.Rule{Path: "/users", Nth: 3, Times: 1, Status: 200, Body: `{"value":[],"@odata.nextLink":"` + x.url + `/v1.0/users?$skiptoken=b"}`})
	_, err := sdk.Partitions(t.Context(), x.open(), sdk.PartitionRequest{Object: "event"})
	if sdk.KindOf(errOr(err)) != sdk.Unavailable || sdk.AsError(err).Code != "endless_list" {
		t.Errorf("a list in a circle: %v", err)
	}
	x.ctl.ClearFaults()
	x.ctl.Fail(graphsim.Rule{Path: "/users", Times: -1, Status: 400, Code: "Request_BadRequest", Message: "one\nlevel=INFO two\x1b[2J"})
	_, err = sdk.Partitions(t.Context(), x.open(), sdk.PartitionRequest{Object: "event"})
	if err == nil || strings.ContainsAny(err.Error(), "\n\x1b") || !strings.Contains(err.Error(), "two") {
		t.Errorf("%q", err)
	}
}
