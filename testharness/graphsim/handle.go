package graphsim

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// handle takes a call through all checks to its handler. It serves HTTP and the sequential items of a batch.
func (s *Server) handle(c *call) *reply {
	v := s.enter(c)
	c.wait(v.delay())
	return v.finish()
}

// visit is a call that came in: refused already, or with a place at its mailbox and the fault that it will meet.
type visit struct {
	c     *call
	begun time.Time
	leave func()
	rule  *Rule
	rep   *reply // the refusal
}

// enter checks a call, takes its place and counts it against the planned faults.
func (s *Server) enter(c *call) visit {
	v := visit{c: c, begun: s.now(), leave: func() {}}
	err := s.admit(c)
	if err == nil {
		v.leave, err = s.gates.enter(c, v.begun)
	}
	if err != nil {
		v.rep = err.reply(c)
		return v
	}
	v.rule = s.faultFor(c)
	return v
}

// finish carries the call out and gives its place back.
func (v *visit) finish() *reply {
	defer v.leave()
	s, rep := v.c.s, v.rep
	if rep == nil {
		rep = v.rule.apply(v.c, func() *reply { return s.run(v.c) })
	}
	v.c.setTollHeaders(rep)
	if v.c.method != http.MethodGet && v.c.method != http.MethodHead {
		s.afterWrite()
	}
	s.record(v.c, rep, v.begun)
	return rep
}

func (s *Server) record(c *call, rep *reply, at time.Time) {
	if c.direct {
		return
	}
	e := Request{Time: at, Method: c.method, Path: c.path, Query: c.rawQuery, Status: rep.status, Code: rep.code, InBatch: c.inBatch, Dropped: rep.drop}
	e.Class = c.method + " ?"
	if c.route != nil {
		e.Class = c.route.class()
	}
	if c.user != nil {
		e.Mailbox = c.user.upn
	}
	s.log.add(e)
	s.cfg.Log.Debug("request", "method", c.method, "path", c.path, "status", rep.status, "code", rep.code, "mailbox", e.Mailbox)
}

// admit finds the route and checks token, role and mailbox, in the order in which Graph refuses.
func (s *Server) admit(c *call) *apiError {
	segments, err := splitPath(c.path)
	if err != nil {
		return err
	}
	me := len(segments) > 0 && strings.EqualFold(segments[0], "me")
	if me {
		segments = slices.Concat([]string{"users", ""}, segments[1:])
	}
	segments, c.outer = foldMailFolders(segments)
	route, vars, err := s.routes.match(c.method, segments)
	c.route = route
	if c.token == nil && !c.direct && (route == nil || route.area != areaOpen) {
		token, denied := s.authenticate(c)
		if denied != nil {
			return denied
		}
		c.token = token
	}
	if me && (c.token == nil || !c.token.delegated()) {
		return fail(http.StatusBadRequest, "BadRequest", "/me request is only valid with delegated authentication flow.")
	}
	if err != nil {
		return err
	}
	if me {
		vars["user"] = c.token.user
	}
	c.vars = vars
	if c.query, err = parseQuery(c.rawQuery); err != nil {
		return err
	}
	if !c.direct && !route.allows(c.token) {
		return route.denied()
	}
	if c.prefer, err = s.parsePrefer(c.header); err != nil {
		return err
	}
	if route.area != areaExchange && route.area != areaTodo {
		return c.checkDirectoryAccess()
	}
	if err := s.openMailbox(c); err != nil {
		return err
	}
	return c.checkQuery()
}

// openMailbox sets the call's user and mailbox. Exchange paths take an object id, a user principal name or any SMTP address of the user.
func (s *Server) openMailbox(c *call) *apiError {
	s.mu.RLock()
	defer s.mu.RUnlock()
	name := c.vars["user"]
	u := s.tenant.findByAddress(name)
	if u == nil {
		return errInvalidUser(name)
	}
	c.user = u
	if u.box == nil {
		return errNoMailbox()
	}
	c.box = u.box
	c.enterShared()
	return c.checkAccess()
}

// run calls the handler under the tenant's lock.
func (s *Server) run(c *call) *reply {
	switch {
	case c.route.unlocked:
	case c.method == http.MethodGet || c.method == http.MethodHead:
		s.mu.RLock()
		defer s.mu.RUnlock()
	default:
		if err := c.checkContentType(); err != nil {
			return err.reply(c)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	rep, err := c.route.handle(c)
	if err == nil {
		return rep
	}
	var failure *apiError
	if !errors.As(err, &failure) {
		failure = fail(http.StatusInternalServerError, "ErrorInternalServerError", "%s", err.Error())
	}
	return failure.reply(c)
}

func (c *call) checkContentType() *apiError {
	if c.method == http.MethodDelete || len(c.body) == 0 || c.route.media == anyMedia {
		return nil
	}
	kind := strings.ToLower(c.header.Get("Content-Type"))
	switch {
	case c.route.media != "" && strings.HasPrefix(kind, c.route.media):
	case kind == "":
		return fail(http.StatusBadRequest, "BadRequest", "Write requests (excluding DELETE) must contain the Content-Type header declaration.")
	case !strings.HasPrefix(kind, "application/json"):
		return fail(http.StatusUnsupportedMediaType, "BadRequest", "Unsupported media type '%s'.", kind)
	}
	return nil
}
