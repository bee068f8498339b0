package entra

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// Error is a refusal of the identity platform.
type Error struct {
	Number  int
	OAuth   string // error of the token endpoint
	Browser string // error in a redirect
	Sub     string // suberror; "" when there is none
	Message string
	Claims  string // JSON to send along in an interactive sign-in; "" when there is none
}

// Error is the number and the message.
func (e *Error) Error() string { return e.code() + ": " + e.Message }

func (e *Error) code() string { return "AADSTS" + strconv.Itoa(e.Number) }

// status is 401 for a client that could not prove who it is and 400 otherwise.
func (e *Error) status() int {
	if e.OAuth == "invalid_client" {
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}

// fail makes an error of the catalogue. args fill the gaps of its text.
func fail(number int, args ...any) *Error {
	row, ok := catalogue[number]
	if !ok {
		row = aadsts{oauth: "invalid_request", text: "Unexpected error."}
	}
	text := row.text
	if len(args) > 0 {
		text = fmt.Sprintf(text, args...)
	}
	e := &Error{Number: number, OAuth: row.oauth, Browser: row.browser, Sub: row.sub, Message: text}
	if e.Browser == "" {
		e.Browser = e.OAuth
	}
	return e
}

// describe is the text of an error with the three lines that people copy into tickets.
func (s *Server) describe(x *exchange, e *Error) string {
	return e.Error() + " Trace ID: " + x.ID + " Correlation ID: " + x.Related + " Timestamp: " + s.timestamp()
}

func (s *Server) timestamp() string { return s.cfg.Now().UTC().Format("2006-01-02 15:04:05Z") }

func errorURI(x *exchange, e *Error) string {
	return x.Origin + "/" + pathError + "?code=" + strconv.Itoa(e.Number)
}

// errorBody is the error document of the token endpoint (entra-docs, page "v2-oauth2-auth-code-flow", error response).
type errorBody struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Codes       []int  `json:"error_codes"`
	Timestamp   string `json:"timestamp"`
	TraceID     string `json:"trace_id"`
	Correlation string `json:"correlation_id"`
	URI         string `json:"error_uri"`
	Suberror    string `json:"suberror,omitempty"`
	Claims      string `json:"claims,omitempty"`
}

func (s *Server) errorJSON(x *exchange, e *Error) *Response {
	b, _ := json.Marshal(errorBody{ // strings and numbers only: cannot fail
		Error: e.OAuth, Description: s.describe(x, e), Codes: []int{e.Number}, Timestamp: s.timestamp(), TraceID: x.ID, Correlation: x.Related,
		URI: errorURI(x, e), Suberror: e.Sub, Claims: e.Claims,
	})
	rep := reply(e.status(), kindJSON, b)
	rep.Code = e.code()
	return rep
}

// Unavailable is the answer of a platform in trouble: AADSTS90055 with another status, error and message.
func (s *Server) Unavailable(r *Request, status int, oauth, message string) *Response {
	e := fail(90055)
	e.OAuth = oauth
	if message != "" {
		e.Message = message
	}
	rep := s.errorJSON(&exchange{Request: r}, e)
	rep.Status = status
	return rep
}

// subCancel is what is known of the subcodes of redirects: the person closed the page.
const subCancel = "cancel"

// redirectParams are the parameters of an error redirect.
func (s *Server) redirectParams(x *exchange, e *Error, state string) url.Values {
	v := url.Values{"error": {e.Browser}, "error_description": {s.describe(x, e)}, "error_uri": {errorURI(x, e)}}
	if e.Sub == subCancel {
		v.Set("error_subcode", e.Sub)
	}
	if state != "" {
		v.Set("state", state)
	}
	return v
}
