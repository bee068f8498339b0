package entra

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// How long a device code lives, and how often a client is told to ask. Nobody is refused for asking more often:
// slow_down is unconfirmed, and only a planned fault answers it.
const (
	deviceLife     = 15 * time.Minute
	deviceInterval = 5 // seconds
)

// The states of a device code.
const (
	devicePending  = "pending"
	deviceApproved = "approved"
	deviceDeclined = "declined"
	deviceRedeemed = "redeemed"
)

// Device is a device code with the code that a person types.
type Device struct {
	UserCode, Client string
	Place            place
	Scope            string // as it stood in the request
	Issued           time.Time
	State            string
	In               signedIn // once approved
	Answered         Mark     // when it was approved
}

// deviceBody is the answer of the device code endpoint (entra-docs, page "v2-oauth2-device-code").
type deviceBody struct {
	UserCode string `json:"user_code"`
	Code     string `json:"device_code"`
	URI      string `json:"verification_uri"`
	Expires  int    `json:"expires_in"`
	Interval int    `json:"interval"`
	Message  string `json:"message"`
}

// deviceCode begins a sign-in on a device without browser.
func (s *Server) deviceCode(x *exchange) *Response {
	for _, name := range []string{"client_id", "scope"} {
		if x.params.Get(name) == "" {
			return s.errorJSON(x, fail(900144, name))
		}
	}
	app, err := s.app(x, x.params.Get("client_id"))
	if err == nil && !app.Public {
		err = fail(7000218)
	}
	if err == nil {
		_, err = s.graphScopes(app, x.params.Get("scope"), x.Origin)
	}
	if err != nil {
		return s.errorJSON(x, err)
	}
	for token, old := range s.state.Devices {
		if s.cfg.Now().Sub(old.Issued) > 24*time.Hour {
			delete(s.state.Devices, token)
		}
	}
	code := "D" + s.handle("device", 120)
	d := &Device{UserCode: s.userCode(), Client: app.ID, Place: x.place, Scope: x.params.Get("scope"), Issued: s.cfg.Now(), State: devicePending}
	s.state.Devices[code] = d
	body := deviceBody{
		UserCode: d.UserCode, Code: code, URI: x.Origin + "/common/" + pathDevice, Expires: int(deviceLife / time.Second), Interval: deviceInterval,
	}
	mkt := x.params.Get("mkt")
	if v := queryOf(x.Query).Get("mkt"); v != "" {
		mkt = v
	}
	body.Message = "To sign in, use a web browser to open the page " + body.URI + " and enter the code " + d.UserCode + " to authenticate."
	if strings.HasPrefix(strings.ToLower(mkt), "de") {
		body.Message = "Öffnen Sie zum Anmelden die Seite " + body.URI + " in einem Webbrowser, und geben Sie zur Authentifizierung den Code " +
			d.UserCode + " ein."
	}
	b, _ := json.Marshal(body) // strings and numbers only: cannot fail
	return reply(http.StatusOK, kindJSON, b)
}

// expired tells that the code is too old to be typed or redeemed.
func (d *Device) expired(now time.Time) bool { return now.Sub(d.Issued) >= deviceLife }

// approve records who signed in on the device.
func (s *Server) approve(d *Device, sess *Session) {
	d.State, d.Answered = deviceApproved, s.mark()
	d.In = signedIn{Person: sess.Person, Client: d.Client, Public: true, MFA: sess.MFA, Methods: sess.Methods}
}

// userCode makes nine letters and digits that are not mistaken for one another.
func (s *Server) userCode() string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	raw := s.handle("user code", 9)
	out := make([]byte, 9)
	for i := range out {
		out[i] = letters[raw[i]%32]
	}
	return string(out)
}

func (st *State) device(userCode string) *Device {
	for _, d := range st.Devices {
		if strings.EqualFold(d.UserCode, strings.TrimSpace(userCode)) {
			return d
		}
	}
	return nil
}

// grantDevice tells a polling client how far its person is.
func (s *Server) grantDevice(c *tokenCall) (*Response, *Error) {
	if err := c.publicFlow(); err != nil {
		return nil, err
	}
	d := s.state.Devices[c.params.Get("device_code")]
	if d == nil || d.Client != c.app.ID || d.Place != c.place {
		return nil, fail(70018)
	}
	if d.State == devicePending && s.state.Auto.User != "" {
		if err := s.approveAlone(c, d); err != nil {
			return nil, err
		}
	}
	switch {
	case d.State == deviceRedeemed:
		return nil, fail(70018) // the number is unconfirmed
	case d.expired(s.cfg.Now()):
		return nil, fail(70020)
	case d.State == deviceDeclined:
		e := fail(65004) // the number is unconfirmed
		e.OAuth = "authorization_declined"
		return nil, e
	case d.State == devicePending:
		return nil, fail(70016)
	}
	in := d.In
	in.Public = c.proof == proofNone
	if err := s.stands(c.app, in, d.Answered); err != nil {
		return nil, err
	}
	q, err := s.grantScope(c, d.Scope, &in)
	if err != nil {
		return nil, err
	}
	in.OIDC = q.oidc
	d.State = deviceRedeemed
	return s.answer(c, in, q.audID, nil)
}

// approveAlone does in automatic mode what the person would do in the browser.
func (s *Server) approveAlone(c *tokenCall, d *Device) *Error {
	e, bad := s.deviceErrand(c.exchange, flow{Kind: flowDevice, Place: d.Place, Params: map[string]string{"user_code": d.UserCode}, Done: []string{"verify"}})
	if bad != nil {
		return fail(70018)
	}
	var failed *Error
	e.back = func(err *Error) *Response {
		failed = err
		return nil
	}
	s.walk(c.exchange, e, nil)
	if failed != nil && failed.Number == 65004 {
		d.State = deviceDeclined
		return nil
	}
	return failed
}
