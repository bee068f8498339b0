package msgraph

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/pace"
	"github.com/gleis-dev/gleis/sdk/rest"
)

// root is the version of Graph in every path.
const root = "/v1.0"

// A read that is silent for 5 minutes is ended by its host. One call stays well below that: so long after its first try no other begins, and so
// long a try may take, after waiting for at most pace.DefaultPatience.
const (
	lastTry     = 90 * time.Second
	longestCall = 2 * time.Minute
)

// graph calls Microsoft Graph within the budget of each mailbox.
type graph struct {
	http   *rest.Client
	budget *pace.Budget // shared by all connections of the process: Graph counts per application and mailbox
	app    string       // prefix of budget keys
	zone   string
	rand   func() float64
	now    func() time.Time
}

// directory is the budget key of requests that concern no mailbox.
const directory = ""

func (g *graph) key(mailbox string) string { return g.app + "|" + strings.ToLower(mailbox) }

// get reads link (a path below root, or a link that Graph sent). Failures that may pass are repeated.
func (g *graph) get(ctx context.Context, mailbox, link string, header http.Header) (*rest.Response, error) {
	var resp *rest.Response
	caller := pace.Caller{Budget: g.budget, Rand: g.rand, Within: lastTry}
	err := caller.Call(ctx, g.key(mailbox), func(ctx context.Context) (err error) {
		resp, err = g.http.Do(ctx, rest.Request{Link: link, Header: header})
		return err
	})
	return resp, err
}

// send writes. It repeats only what certainly had no effect.
func (g *graph) send(ctx context.Context, mailbox string, r rest.Request) (*rest.Response, error) {
	var resp *rest.Response
	caller := pace.Caller{Budget: g.budget, Rand: g.rand, Within: lastTry, Retry: func(err error) bool {
		return pace.Temporary(err) && rest.OutcomeOf(err) == sdk.NotDone
	}}
	tried := false
	err := caller.Call(ctx, g.key(mailbox), func(ctx context.Context) (err error) {
		tried = true
		resp, err = g.http.Do(ctx, r)
		return err
	})
	if err != nil && !tried {
		e := *sdk.AsError(err)
		e.Err = &rest.Failure{Method: r.Method, Outcome: sdk.NotDone, Err: err}
		return nil, &e
	}
	return resp, err
}

// prefer makes the header that every request for calendar items and tasks carries; it is not carried in links, so each page sends it anew.
func (g *graph) prefer(more ...string) http.Header {
	return http.Header{"Prefer": {strings.Join(append(more, `outlook.timezone="`+g.zone+`"`), ", ")}}
}

// query appends name=value pairs to path, in order, leaving out empty values.
func query(path string, pairs ...string) string {
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		path += sep + pairs[i] + "=" + strings.ReplaceAll(url.QueryEscape(pairs[i+1]), "+", "%20")
		sep = "&"
	}
	return path
}

// mailboxPath is the path of a user's mailbox. The form in parentheses is for names that begin with $ (microsoft-graph-docs, "Get a user").
func mailboxPath(id string) string {
	if strings.HasPrefix(id, "$") {
		return root + "/users(" + url.PathEscape(quote(id)) + ")"
	}
	return root + "/users/" + escape(id)
}

// checkID refuses what cannot be an id of Graph's before it becomes a part of a path.
func checkID(what, id string) error {
	if id == "" || id == "." || id == ".." || len(id) > 1024 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
		return sdk.Errorf(sdk.Invalid, codeIDMalformed, "%.60q is no %s", id, what)
	}
	return nil
}

// maxPageSize is the preference for the size of pages.
func maxPageSize(n int) string { return "odata.maxpagesize=" + strconv.Itoa(n) }
