package entra

import (
	"net/http"
	"net/url"
)

// pathDevice is the page for the codes of devices, whatever their tenant.
const pathDevice = "oauth2/deviceauth"

// devicePage is where a person types the code of a device.
func (s *Server) devicePage(x *exchange) *Response {
	return s.askCode(x.params.Get("otc"), "")
}

func (s *Server) askCode(code, problem string) *Response {
	return s.page(http.StatusOK, "device", view{Title: "Enter code to allow access", Action: "/common/" + pathDevice, Login: code, Problem: problem})
}

// postDevice takes the code and goes on to the sign-in.
func (s *Server) postDevice(x *exchange) *Response {
	d := s.state.device(x.params.Get("otc"))
	var problem *Error
	switch {
	case d == nil || d.State != devicePending:
		problem = fail(70018)
	case d.expired(s.cfg.Now()):
		problem = fail(70019)
	}
	if problem != nil {
		rep := s.askCode("", "That code didn't work. Check the code and try again.")
		rep.Code = problem.code()
		return rep
	}
	e, bad := s.deviceErrand(x, flow{Kind: flowDevice, Place: d.Place, Params: map[string]string{"user_code": d.UserCode}})
	if bad != nil {
		return bad
	}
	return s.walk(x, e, s.session(x))
}

// deviceErrand leads to the approval of a device code.
func (s *Server) deviceErrand(x *exchange, f flow) (*errand, *Response) {
	d := s.state.device(f.Params["user_code"])
	if d == nil || d.State != devicePending {
		return nil, s.errorPage(x, fail(70018))
	}
	x.place = d.Place
	app, err := s.app(x, d.Client)
	if err != nil {
		return nil, s.errorPage(x, err)
	}
	e := &errand{flow: f, app: app}
	if e.q, err = s.graphScopes(app, d.Scope, x.Origin); err != nil {
		return nil, s.errorPage(x, err)
	}
	e.back = func(err *Error) *Response {
		if err.Number == 65004 || err.Number == 90094 {
			d.State = deviceDeclined
		}
		return s.errorPage(x, err)
	}
	e.done = func(sess *Session, p Person) *Response {
		if !e.did("verify") {
			return s.step(e, "verify", "appverify", view{Title: "Are you trying to sign in?", Login: p.UPN, App: app.Name})
		}
		s.approve(d, sess)
		return s.page(http.StatusOK, "message", view{Title: app.Name, Scopes: []string{
			"You have signed in to the " + app.Name + " application on your device. You may now close this window.",
		}})
	}
	return e, nil
}

// postVerify is the form of the last question.
func (s *Server) postVerify(x *exchange) *Response {
	e, sess := s.open(x), s.session(x)
	if _, ok := s.alive(sess); e == nil || !ok || e.Kind != flowDevice {
		return s.errorPage(x, fail(50089))
	}
	if x.params.Get("answer") != "continue" {
		return e.back(declined())
	}
	e.flow = e.flow.after("verify")
	return s.walk(x, e, sess)
}

func queryOf(raw string) url.Values {
	v, err := url.ParseQuery(raw)
	if err != nil {
		return url.Values{}
	}
	return v
}
