package entra

import "slices"

// askConsent is the page that asks for permissions, or nil when there is nothing to ask. The person who declines in automatic mode does so
// without a page.
func (s *Server) askConsent(e *errand, p Person, silent, auto bool) *Response {
	admin := s.account(p.ID).Admin
	missing := e.app.missing(p.ID, e.q)
	if e.Kind == flowAdmin {
		missing = e.wanted()
	}
	again := (e.prompt == "consent" || e.Kind == flowAdmin) && !e.did("consent")
	if len(missing) == 0 && !again {
		return nil
	}
	if e.did("consent") && e.Kind == flowAdmin && admin {
		return nil
	}
	forbidden := !admin && (e.Kind == flowAdmin || s.state.NoUserConsent || slices.ContainsFunc(missing, adminOnly))
	switch {
	case silent:
		return e.back(fail(65001, e.app.ID, e.app.Name))
	case forbidden && auto:
		return e.back(s.needsAdmin(e.app))
	case auto && s.state.Auto.Decline:
		return e.back(declined())
	case auto:
		s.allow(e, p, e.Kind == flowAdmin)
		return nil
	}
	v := view{Title: "Permissions requested", Login: p.UPN, App: e.app.Name, Scopes: missing, MayAll: admin && e.Kind != flowAdmin}
	if again && len(missing) == 0 {
		v.Scopes = e.wanted()
	}
	if !forbidden {
		return s.step(e, "consent", "Consent/Set", v)
	}
	v.Title = "Need admin approval"
	rep := s.step(e, "approval", "Consent/Set", v)
	rep.Code = s.needsAdmin(e.app).code()
	return rep
}

func (s *Server) needsAdmin(a *App) *Error { return fail(90094, s.cfg.Name, a.Name, s.cfg.Name) }

func declined() *Error {
	e := fail(65004)
	e.Sub = subCancel
	return e
}

// wanted is everything that the errand asks permission for.
func (e *errand) wanted() []string {
	switch {
	case e.q.all && e.Kind == flowAdmin:
		return slices.Concat(e.app.Scopes, e.app.Wants)
	case e.q.all:
		return slices.Concat(e.app.Scopes, e.q.oidc)
	default:
		return e.q.names()
	}
}

// allow records the consent of a person, or of an administrator for all.
func (s *Server) allow(e *errand, p Person, all bool) {
	if e.Kind == flowAdmin {
		return // recorded at the end, roles and scopes together
	}
	names := e.q.graph
	if e.q.all {
		names = e.app.Scopes
	}
	person := p.ID
	if all {
		person = ""
	}
	e.app.consent(person, names)
}

// postConsent is the form of the consent page.
func (s *Server) postConsent(x *exchange) *Response {
	e, sess := s.open(x), s.session(x)
	p, ok := s.alive(sess)
	if e == nil || !ok {
		return s.errorPage(x, fail(50089))
	}
	if x.params.Get("accept") != "yes" {
		return e.back(declined())
	}
	admin := s.account(p.ID).Admin
	if !admin && (e.Kind == flowAdmin || s.state.NoUserConsent || slices.ContainsFunc(e.app.missing(p.ID, e.q), adminOnly)) {
		return e.back(s.needsAdmin(e.app))
	}
	s.allow(e, p, admin && x.params.Get("all") == "on")
	e.flow = e.flow.after("consent")
	return s.walk(x, e, sess)
}
