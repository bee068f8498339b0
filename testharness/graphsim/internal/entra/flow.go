package entra

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// Session is a browser in which a person signed in.
type Session struct {
	Person  string // object id
	Issued  Mark
	MFA     bool
	Methods []string
}

const sessionCookie = "ESTSAUTH"

// The kinds of a flow: where its pages lead.
const (
	flowCode   = "code"
	flowDevice = "device"
	flowAdmin  = "admin"
)

// flow is a browser on its way through the pages. It travels in a sealed hidden field; the platform keeps nothing of it.
type flow struct {
	Kind   string
	Place  place
	Params map[string]string // of the request that began it
	Done   []string          // steps taken that are not to be taken again
}

func (f *flow) did(step string) bool { return slices.Contains(f.Done, step) }

func (f flow) after(step string) flow {
	f.Done = append(slices.Clone(f.Done), step)
	return f
}

func (s *Server) sealFlow(f flow) string {
	b, _ := json.Marshal(f) // strings and numbers only: cannot fail
	enc := base64.RawURLEncoding
	return enc.EncodeToString(b) + "." + enc.EncodeToString(s.mac("flow", string(b))[:16])
}

func (s *Server) openFlow(sealed string) (f flow, ok bool) {
	body, sum, _ := strings.Cut(sealed, ".")
	b, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return f, false
	}
	got, err := base64.RawURLEncoding.DecodeString(sum)
	if err != nil || !hmac.Equal(got, s.mac("flow", string(b))[:16]) {
		return f, false
	}
	return f, json.Unmarshal(b, &f) == nil && f.Place >= placeTenant && f.Place <= placeConsumers
}

// errand is what a flow wants: of which app, with which permissions, and where the browser goes at the end.
type errand struct {
	flow
	app    *App
	q      scopes
	prompt string
	hint   string // whom the client expects
	// back ends the flow with an error, done with a person who is signed in and consented.
	back func(*Error) *Response
	done func(*Session, Person) *Response
}

// walk shows the next page of the flow, or ends it. sess is nil while nobody has signed in.
func (s *Server) walk(x *exchange, e *errand, sess *Session) *Response {
	auto := s.state.Auto.User != ""
	if auto {
		p, ok := s.cfg.Person(s.state.Auto.User)
		if !ok {
			return e.back(fail(50034, "'"+s.state.Auto.User+"'", s.cfg.TenantID))
		}
		sess = s.autoSession(p)
	}
	p, alive := s.alive(sess)
	silent := e.prompt == "none"
	switch {
	case auto:
	case !alive && silent:
		return e.back(fail(50058))
	case !alive, e.prompt == "login" && !e.did("login"):
		return s.loginPage(e, e.hint, nil)
	case e.hint != "" && !e.did("login") && !strings.EqualFold(e.hint, p.UPN) && !strings.EqualFold(e.hint, p.Mail):
		if silent {
			return e.back(fail(16000))
		}
		return s.loginPage(e, e.hint, nil)
	case e.prompt == "select_account" && !e.did("account") && !e.did("login"):
		return s.step(e, "account", "reprocess", view{Title: "Pick an account", Login: p.UPN})
	}
	if err := s.mayEnter(p); err != nil {
		return e.back(err)
	}
	if err := s.account(p.ID).secondFactor(sess.MFA); err != nil {
		if silent {
			return e.back(err)
		}
		return s.step(e, "mfa", "SAS/ProcessAuth", view{Title: "Approve sign in request", Login: p.UPN})
	}
	if err := e.app.mayUse(p); err != nil {
		return e.back(err)
	}
	if rep := s.askConsent(e, p, silent, auto); rep != nil {
		return rep
	}
	return e.done(sess, p)
}

// autoSession is the sign-in of a person who does all that is asked.
func (s *Server) autoSession(p Person) *Session {
	sess := &Session{Person: p.ID, Issued: s.mark(), Methods: []string{"pwd"}}
	switch a := s.account(p.ID); {
	case a.Passkey:
		sess.MFA, sess.Methods = true, []string{"fido", "mfa"}
	case a.MFA:
		sess.MFA, sess.Methods = true, []string{"pwd", "mfa"}
	}
	return sess
}

// step shows a page of the flow, whose form goes to path.
func (s *Server) step(e *errand, name, path string, v view) *Response {
	v.Action, v.Flow = "/"+s.segment(e.Place)+"/"+path, s.sealFlow(e.flow)
	return s.page(http.StatusOK, name, v)
}

// session is the browser's, nil when it has none.
func (s *Server) session(x *exchange) *Session {
	r := http.Request{Header: http.Header{"Cookie": x.Header["Cookie"]}}
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	return s.state.Sessions[c.Value]
}

// alive tells who is signed in: a session ends with a new password and when sessions are revoked.
func (s *Server) alive(sess *Session) (Person, bool) {
	if sess == nil {
		return Person{}, false
	}
	p, ok := s.cfg.Person(sess.Person)
	a := s.account(sess.Person)
	return p, ok && sess.Issued.Order > max(a.SessionsFrom.Order, a.PasswordFrom.Order)
}

// open resumes the flow of a form. The answer is nil when the form is not one of ours.
func (s *Server) open(x *exchange) *errand {
	f, ok := s.openFlow(x.params.Get("flow"))
	if !ok {
		return nil
	}
	x.place = f.Place
	var e *errand
	var bad *Response
	switch f.Kind {
	case flowDevice:
		e, bad = s.deviceErrand(x, f)
	case flowAdmin:
		e, bad = s.adminErrand(x, f)
	default:
		e, bad = s.codeErrand(x, f)
	}
	if bad != nil {
		return nil
	}
	return e
}

func firstValues(v map[string][]string) map[string]string {
	out := map[string]string{}
	for k, list := range v {
		if len(list) > 0 {
			out[k] = list[0]
		}
	}
	return out
}
