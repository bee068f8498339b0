package entra

import (
	"net/http"
	"strings"
)

// AutoSignIn signs a person in at every page without asking, as a test wants it. An empty User switches it off.
type AutoSignIn struct {
	User    string // object id, principal name or address
	Decline bool   // the person refuses to consent
}

func (s *Server) loginPage(e *errand, name string, problem *Error) *Response {
	v := view{Title: "Sign in", Login: name, App: e.app.Name}
	if problem != nil {
		v.Problem = problem.Error()
	}
	rep := s.step(e, "login", "login", v)
	if problem != nil {
		rep.Code = problem.code()
	}
	return rep
}

// postLogin is the form of the sign-in page.
func (s *Server) postLogin(x *exchange) *Response {
	e := s.open(x)
	if e == nil {
		return s.errorPage(x, fail(50089))
	}
	name := strings.TrimSpace(x.params.Get("login"))
	var p Person
	var err *Error
	sess := &Session{}
	if x.params.Get("step") == "key" {
		p, err = s.signInByKey(name)
		sess.Methods, sess.MFA = []string{"fido", "mfa"}, true
	} else {
		p, err = s.signIn(name, x.params.Get("passwd"))
		sess.Methods = []string{"pwd"}
	}
	if err != nil {
		return s.loginPage(e, name, err)
	}
	id := "0.A" + s.handle("session", 60)
	sess.Person, sess.Issued = p.ID, s.mark()
	s.state.Sessions[id] = sess
	e.flow = e.flow.after("login")
	return withCookie(s.walk(x, e, sess), x, id, 0)
}

func withCookie(rep *Response, x *exchange, id string, age int) *Response {
	c := http.Cookie{
		Name: sessionCookie, Value: id, Path: "/", HttpOnly: true, MaxAge: age, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(x.Origin, "https:"),
	}
	return rep.set("Set-Cookie", c.String())
}

// postFactor is the form of the second factor.
func (s *Server) postFactor(x *exchange) *Response {
	e, sess := s.open(x), s.session(x)
	if _, ok := s.alive(sess); e == nil || !ok {
		return s.errorPage(x, fail(50089))
	}
	if x.params.Get("answer") != "approve" {
		return e.back(fail(50074))
	}
	sess.MFA, sess.Methods = true, appendOnce(sess.Methods, "mfa")
	return s.walk(x, e, sess)
}

// postAccount is the form of the account choice.
func (s *Server) postAccount(x *exchange) *Response {
	e := s.open(x)
	if e == nil {
		return s.errorPage(x, fail(50089))
	}
	if x.params.Get("choice") != "current" {
		return s.loginPage(e, "", nil)
	}
	e.flow = e.flow.after("account")
	return s.walk(x, e, s.session(x))
}

// logout ends the session of the browser. The page after it must be a registered one (unconfirmed what else is answered: the plain page).
func (s *Server) logout(x *exchange) *Response {
	r := http.Request{Header: http.Header{"Cookie": x.Header["Cookie"]}}
	if c, err := r.Cookie(sessionCookie); err == nil {
		delete(s.state.Sessions, c.Value)
	}
	var rep *Response
	to := x.params.Get("post_logout_redirect_uri")
	for _, a := range s.state.Apps {
		if _, ok := a.registered(to); ok && to != "" {
			if state := x.params.Get("state"); state != "" {
				to = withQuery(to, map[string][]string{"state": {state}})
			}
			rep = redirect(to)
			break
		}
	}
	if rep == nil {
		rep = s.page(http.StatusOK, "message", view{Title: "You signed out of your account", Scopes: []string{"It's a good idea to close all browser windows."}})
	}
	return withCookie(rep, x, "", -1)
}
