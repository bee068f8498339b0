package entra

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// authorize is the endpoint to which clients send browsers.
func (s *Server) authorize(x *exchange) *Response {
	e, bad := s.codeErrand(x, flow{Kind: flowCode, Place: x.place, Params: firstValues(x.params)})
	if bad != nil {
		return bad
	}
	return s.walk(x, e, s.session(x))
}

// ticket is a checked authorize request.
type ticket struct {
	params   map[string]string
	redirect Redirect
	uri      string // as it stood in the request
	types    []string
	mode     string
}

// codeErrand checks the parameters of an authorize request. The error is an answer: a page while it is not known that the redirect URI is
// the client's, a redirect after that.
func (s *Server) codeErrand(x *exchange, f flow) (*errand, *Response) {
	t := &ticket{params: f.Params, uri: f.Params["redirect_uri"]}
	app, err := s.knownRedirect(x, t)
	if err != nil {
		return nil, s.errorPage(x, err)
	}
	e := &errand{flow: f, app: app, prompt: f.Params["prompt"], hint: f.Params["login_hint"]}
	e.back = func(err *Error) *Response {
		return s.sendBack(x, t, s.redirectParams(x, err, f.Params["state"]), err.code())
	}
	if err := s.checkTicket(app, t); err != nil {
		return nil, e.back(err)
	}
	if e.q, err = s.parseScopes(app, f.Params["scope"], x.Origin); err == nil {
		err = s.inTenant(e.q) // several resources may be consented to at once
	}
	if err != nil {
		return nil, e.back(err)
	}
	e.done = func(sess *Session, p Person) *Response { return s.finishCode(x, e, t, sess, p) }
	return e, nil
}

// knownRedirect finds the app and its redirect URI. An app with one URI needs not name it.
func (s *Server) knownRedirect(x *exchange, t *ticket) (*App, *Error) {
	t.mode = "query"
	if t.params["client_id"] == "" {
		return nil, fail(900144, "client_id")
	}
	app, err := s.app(x, t.params["client_id"])
	if err != nil {
		return nil, err
	}
	if t.uri == "" {
		if len(app.Redirects) != 1 {
			return nil, fail(900971)
		}
		t.uri = app.Redirects[0].URI
	}
	var ok bool
	if t.redirect, ok = app.registered(t.uri); !ok {
		return nil, fail(50011, t.uri, app.ID)
	}
	return app, nil
}

// checkTicket checks what may be told to the client.
func (s *Server) checkTicket(app *App, t *ticket) *Error {
	t.types = strings.Fields(t.params["response_type"])
	idToken := slices.Contains(t.types, "id_token")
	if idToken {
		t.mode = "fragment"
	}
	mode, prompt := t.params["response_mode"], t.params["prompt"]
	switch mode {
	case "", "query", "fragment", "form_post":
	default:
		return fail(90023, mode, "response_mode")
	}
	if mode != "" {
		t.mode = mode
	}
	switch {
	case len(t.types) == 0:
		return fail(900144, "response_type")
	case slices.Contains(t.types, "token"):
		return fail(700051)
	case slices.ContainsFunc(t.types, func(k string) bool { return k != "code" && k != "id_token" }):
		return fail(70005, t.params["response_type"])
	case idToken && !app.IDTokens:
		return fail(700054)
	case idToken && mode == "query":
		t.mode = "fragment"
		return fail(70007)
	case idToken && t.params["nonce"] == "":
		return fail(90014, "nonce")
	case strings.TrimSpace(t.params["scope"]) == "":
		return fail(900144, "scope")
	case !slices.Contains([]string{"", "login", "none", "consent", "select_account"}, prompt):
		return fail(90023, prompt, "prompt")
	}
	return t.checkChallenge()
}

func (t *ticket) checkChallenge() *Error {
	challenge, method := t.params["code_challenge"], t.params["code_challenge_method"]
	switch {
	case challenge == "" && t.redirect.Platform == PlatformSPA:
		return fail(9002325)
	case challenge == "":
		return nil
	case len(challenge) < 43 || len(challenge) > 128:
		return fail(50147)
	case method != "" && method != "plain" && method != "S256":
		return fail(90023, method, "code_challenge_method")
	default:
		return nil
	}
}

// finishCode sends the browser back with a code, an id token, or both.
func (s *Server) finishCode(x *exchange, e *errand, t *ticket, sess *Session, p Person) *Response {
	granted, err := e.app.grantable(p.ID, e.q)
	if err != nil {
		return e.back(err)
	}
	in := signedIn{
		Person: p.ID, Client: e.app.ID, Scopes: granted, Shown: e.q.shown(granted), OIDC: e.q.oidc,
		Public: t.redirect.Platform != PlatformWeb, SPA: t.redirect.Platform == PlatformSPA, MFA: sess.MFA, Methods: sess.Methods, Nonce: t.params["nonce"],
	}
	v, code := url.Values{}, ""
	if slices.Contains(t.types, "code") {
		code = s.newCode(Code{
			In: in, Redirect: t.uri, Platform: t.redirect.Platform, Place: x.place, AudID: e.q.audID,
			Challenge: t.params["code_challenge"], Method: t.params["code_challenge_method"],
		})
		v.Set("code", code)
	}
	if slices.Contains(t.types, "id_token") {
		id, err := s.idToken(x, p, in, code)
		if err != nil {
			return e.back(fail(90055))
		}
		v.Set("id_token", id)
	}
	if state := t.params["state"]; state != "" {
		v.Set("state", state)
	}
	v.Set("session_state", s.guid("session state", p.ID, ordered(sess.Issued.Order)))
	if x.params.Get("client_info") == "1" || t.params["client_info"] == "1" {
		v.Set("client_info", s.clientInfo(p))
	}
	return s.sendBack(x, t, v, "")
}

// sendBack sends the browser to the client in the response mode it asked for.
func (s *Server) sendBack(x *exchange, t *ticket, v url.Values, code string) *Response {
	var rep *Response
	switch t.mode {
	case "form_post":
		rep = s.page(http.StatusOK, "post", view{Title: "Working...", Action: t.uri, Fields: firstValues(v)})
	case "fragment":
		rep = redirect(withPath(t.uri) + "#" + v.Encode())
	default:
		rep = redirect(withQuery(t.uri, v))
	}
	rep.Code = code
	return rep
}

func redirect(to string) *Response {
	return (&Response{Status: http.StatusFound}).set("Location", to).set("Cache-Control", "no-store, no-cache")
}

// withPath gives an address without path its slash.
func withPath(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Path != "" {
		return uri
	}
	u.Path = "/"
	return u.String()
}

func withQuery(uri string, v url.Values) string {
	uri = withPath(uri)
	if strings.Contains(uri, "?") {
		return uri + "&" + v.Encode()
	}
	return uri + "?" + v.Encode()
}
