package entra

import (
	"net/url"
	"slices"
	"strings"
)

// adminConsent begins the errand of an administrator who consents for all: with scopes to just those, without (or by the older endpoint) to
// what the registration lists.
func (s *Server) adminConsent(x *exchange) *Response {
	e, bad := s.adminErrand(x, flow{Kind: flowAdmin, Place: x.place, Params: firstValues(x.params)})
	if bad != nil {
		return bad
	}
	return s.walk(x, e, s.session(x))
}

// adminConsentV1 consents to what the registration lists.
func (s *Server) adminConsentV1(x *exchange) *Response {
	x.params.Del("scope")
	return s.adminConsent(x)
}

func (s *Server) adminErrand(x *exchange, f flow) (*errand, *Response) {
	t := &ticket{params: f.Params, uri: f.Params["redirect_uri"]}
	app, err := s.knownRedirect(x, t)
	if err == nil && (x.place == placeCommon || x.place == placeConsumers) {
		err = fail(90124, GraphOrigin)
	}
	if err != nil {
		return nil, s.errorPage(x, err)
	}
	e := &errand{flow: f, app: app, hint: f.Params["login_hint"]}
	e.back = func(err *Error) *Response {
		v := s.redirectParams(x, err, f.Params["state"])
		v.Set("admin_consent", "True")
		v.Set("tenant", s.cfg.TenantID)
		return s.sendBack(x, t, v, err.code())
	}
	raw := f.Params["scope"]
	if strings.TrimSpace(raw) == "" {
		raw = GraphOrigin + "/.default"
	}
	if e.q, err = s.graphScopes(app, raw, x.Origin); err != nil {
		return nil, e.back(err)
	}
	e.done = func(*Session, Person) *Response { return s.finishAdmin(x, e, t) }
	return e, nil
}

// finishAdmin records the consent. With /.default it covers the application permissions that the registration asks for too.
func (s *Server) finishAdmin(x *exchange, e *errand, t *ticket) *Response {
	names := e.q.graph
	if e.q.all {
		names = e.app.Scopes
		for _, role := range e.app.Wants {
			e.app.Roles = appendOnce(slices.Clone(e.app.Roles), role)
		}
	}
	e.app.consent("", names)
	v := url.Values{"admin_consent": {"True"}, "tenant": {s.cfg.TenantID}}
	if state := t.params["state"]; state != "" {
		v.Set("state", state)
	}
	if raw := t.params["scope"]; raw != "" {
		v.Set("scope", raw)
	}
	return s.sendBack(x, t, v, "")
}
