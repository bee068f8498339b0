package graphsim

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The directory counts resource units in a bucket of ten seconds, of an application in a tenant, and writes in two and a half minutes
// (microsoft-graph-docs, page "throttling-limits", section on identity and access).
const (
	unitWindow  = 10 * time.Second
	writeLimit  = 3000
	writeWindow = 150 * time.Second
)

// unitGate is an application at the directory.
type unitGate struct{ units, writes meter }

// unitLimit is the size of the bucket, by the size of the tenant.
func unitLimit(users int) int {
	switch {
	case users < 50:
		return 3500
	case users <= 500:
		return 5000
	default:
		return 8000
	}
}

// toll is what a call to the directory cost and how much of the limit is used since.
type toll struct {
	units int
	share float64
	over  string // the limit that it is over
}

// units is the cost of a request. Costs of paths that the page does not name are those of the like ones.
func (c *call) units() int {
	pattern := c.route.pattern
	cost := 1
	switch {
	case c.method != http.MethodGet && c.method != http.MethodHead:
	case strings.Contains(strings.ToLower(pattern), "transitive"):
		cost = 5
	case strings.Contains(pattern, "/members"):
		cost = 3
	case !strings.HasSuffix(pattern, "}"):
		cost = 2
	}
	if c.query.Has("select") {
		cost--
	}
	if c.query.Has("expand") {
		cost++
	}
	if c.query.Top >= 0 && c.query.Top < 20 {
		cost--
	}
	return max(1, cost)
}

// unitLimit is the size of the bucket here.
func (s *Server) unitLimit() int {
	if s.cfg.DirectoryUnits > 0 {
		return s.cfg.DirectoryUnits
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return unitLimit(len(s.tenant.users))
}

// takeUnits charges a call to the directory. Its reply says in headers what it cost and how much of the limit is used.
func (g *gates) takeUnits(c *call, limit int, now time.Time) *apiError {
	u := at(&g.units, c.token.app)
	c.toll.units = c.units()
	wait := u.units.spend(c.toll.units, limit, unitWindow, now)
	c.toll.share = float64(u.units.spent) / float64(limit)
	if wait > 0 {
		c.toll.over = "ResourceUnitLimitExceeded"
	}
	if c.method != http.MethodGet && c.method != http.MethodHead {
		if w := u.writes.spend(1, writeLimit, writeWindow, now); w > 0 {
			wait, c.toll.over = w, "WriteLimitExceeded"
		}
		c.toll.share = max(c.toll.share, float64(u.writes.spent)/writeLimit)
	}
	if wait == 0 {
		return nil
	}
	e := fail(http.StatusTooManyRequests, "Request_ThrottledTemporarily", "Your request is throttled temporarily. Please try after %d seconds.", seconds(wait))
	e.retryAfter = seconds(wait)
	return e
}

// setTollHeaders tells a client of the directory where it stands. The share is sent from 0.8 to 1.8.
func (c *call) setTollHeaders(rep *reply) {
	t := c.toll
	if t.units == 0 {
		return
	}
	rep.set("x-ms-resource-unit", strconv.Itoa(t.units))
	if t.share >= 0.8 {
		rep.set("x-ms-throttle-limit-percentage", strconv.FormatFloat(math.Min(1.8, math.Round(t.share*100)/100), 'f', -1, 64))
	}
	if t.over != "" {
		rep.set("x-ms-throttle-scope", "Tenant_Application/ReadWrite/"+c.token.app+"/"+c.s.tenant.id)
		rep.set("x-ms-throttle-information", t.over)
	}
}
