package graphsim

import (
	"net/http"
	"slices"
	"strings"
)

// subscription asks for notifications of changes of one collection (microsoft-graph-docs, page "subscription"). Times are stamps.
type subscription struct {
	ID, App, Creator string
	Person           string // who created it with a token of their own; empty: the application
	ChangeType       string
	Resource         string
	NotificationURL  string
	LifecycleURL     string
	ClientState      *string
	Expires          int64
	TLS              string
	IncludeData      bool
	Certificate      string
	CertificateID    string

	Kind       string // pattern of the collection
	User       string // whose mailbox; empty: a collection of the directory
	Collection uint64 // number of the folder; zero: the whole mailbox
	Query      string // of the resource: $select, $filter
	Immutable  bool   // ids in notifications

	Seen  map[uint64]uint64 // by folder: what was noticed of its feed
	Known uint64            // items with higher numbers are new
}

// errSubscription is how the service of a resource refuses a subscription, wrapped by the one that keeps subscriptions.
func errSubscription(status int, reason string) *apiError {
	return fail(status, "ExtensionError", "Operation: Create; Exception: [Status Code: %s; Reason: %s]", strings.ReplaceAll(http.StatusText(status), " ", ""), reason)
}

// locate finds what a subscription's resource names, and checks that the token may read it. A scope for shared data is not enough, and a
// person's token reaches the own mailbox only. The tenant is locked.
func (c *call) locate(sub *subscription) *apiError {
	path, query, _ := strings.Cut(strings.TrimPrefix(sub.Resource, "/"), "?")
	segments, err := splitPath(path)
	if err != nil {
		return err
	}
	probe := &call{s: c.s, token: c.token, direct: c.direct, rawQuery: query, method: http.MethodGet}
	if len(segments) > 0 && strings.EqualFold(segments[0], "me") {
		if c.person() == "" {
			return errSubscription(http.StatusBadRequest, "/me request is only valid with delegated authentication flow.")
		}
		segments = append([]string{"users", c.person()}, segments[1:]...)
	}
	route, vars, err := c.s.routes.match(http.MethodGet, segments)
	if err != nil {
		return errSubscription(http.StatusBadRequest, err.message)
	}
	kind, ok := kindOf(route.pattern)
	if !ok {
		return fail(http.StatusBadRequest, "InvalidRequest", "Resource '%s' is not supported.", sub.Resource) // text unconfirmed
	}
	probe.route, probe.vars = route, vars
	if kind.log != nil {
		if !c.direct && !route.needs.allows(c.token) {
			return errSubscription(http.StatusForbidden, "Insufficient privileges to complete the operation.")
		}
		sub.Kind, sub.Seen = kind.pattern, map[uint64]uint64{0: kind.log(c.s.tenant).seq}
		return nil
	}
	u := c.s.tenant.findByAddress(vars["user"])
	if u == nil {
		return errSubscription(http.StatusNotFound, errInvalidUser(vars["user"]).message)
	}
	probe.user, probe.box = u, u.box
	if probe.mayNotWatch() {
		return errSubscription(http.StatusForbidden, "Access is denied. Check credentials and try again.")
	}
	if u.box == nil {
		return errSubscription(http.StatusNotFound, errNoMailbox().message)
	}
	if probe.query, err = parseQuery(query); err != nil {
		return err
	}
	if probe.query.Filter != nil && kind.get == nil {
		return fail(http.StatusBadRequest, "InvalidRequest", "The query option $filter is not supported on this resource.") // unconfirmed
	}
	if sub.Collection, err = kind.folder(probe); err != nil {
		return errSubscription(err.status, err.message)
	}
	sub.Kind, sub.User, sub.Query, sub.Known, sub.Seen = kind.pattern, u.id, query, u.box.nums, map[uint64]uint64{}
	for num, f := range kind.feeds(u.box) {
		sub.Seen[num] = f.seq
	}
	return nil
}

// mayNotWatch tells that a token may not be notified of what the call reads.
func (c *call) mayNotWatch() bool {
	if c.direct {
		return false
	}
	if c.token.delegated() {
		return c.user.id != c.token.user || !slices.ContainsFunc(c.route.needs.scopes, c.token.holds)
	}
	return !c.route.needs.allows(c.token) || c.checkPolicy() != nil
}

// subscription finds one of the caller's own that has not expired.
func (c *call) subscription() (*subscription, *apiError) {
	for _, sub := range c.s.tenant.subscriptions {
		if strings.EqualFold(sub.ID, c.vars["subscription"]) && c.owns(sub) {
			return sub, nil
		}
	}
	return nil, fail(http.StatusNotFound, "ResourceNotFound", "The object was not found.")
}

func (c *call) owns(sub *subscription) bool {
	if sub.Expires <= ticksOf(c.s.now()) {
		return false
	}
	return c.direct || sub.App == c.token.app && sub.Person == c.token.user
}
