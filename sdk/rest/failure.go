package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// CodeTimeout is the code of the error for a call that got no whole answer in time.
const CodeTimeout = "timeout"

// maxWait bounds a Retry-After: who asks for more is asked again after a day.
const maxWait = 24 * time.Hour

// Failure is the cause of every error of Do: what was called and what came of it. Its text holds no query and nothing that was sent.
type Failure struct {
	Method, Origin, Path string
	Status               int         // 0: no answer
	Outcome              sdk.Outcome // of a writing request; NotDone for a reading one
	Text                 string      // the system's own words, if Refine found any
	Err                  error       // the cause, if it is not the status
}

// Error implements error.
func (f *Failure) Error() string {
	s := f.Method + " " + f.Origin + f.Path
	if f.Status != 0 {
		s += fmt.Sprintf(": status %d", f.Status)
	}
	if f.Text != "" {
		s += ": " + f.Text
	}
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// OutcomeOf says whether the write that ended with err took place: Done for nil, NotDone where that is certain, else Unknown.
func OutcomeOf(err error) sdk.Outcome {
	if err == nil {
		return sdk.Done
	}
	var f *Failure
	if errors.As(err, &f) {
		return f.Outcome
	}
	return sdk.Unknown
}

// StatusOf returns the HTTP status that err comes from, 0 if it comes from none.
func StatusOf(err error) int {
	var f *Failure
	if errors.As(err, &f) {
		return f.Status
	}
	return 0
}

// outcome judges a writing request by its status: the server has refused it (3xx, 4xx), or it failed somewhere on its way (5xx, 408).
func outcome(r *Request, status int) sdk.Outcome {
	switch {
	case r.reads():
		return sdk.NotDone
	case status >= 200 && status <= 299:
		return sdk.Done
	case status >= 500 && status != http.StatusNotImplemented, status == http.StatusRequestTimeout:
		return sdk.Unknown
	}
	return sdk.NotDone
}

// notSent wraps an error that came before anything was sent.
func notSent(r *Request, err error) error {
	path, _, _ := strings.Cut(r.Link, "?")
	if u, perr := url.Parse(path); perr == nil {
		path = u.EscapedPath()
	} else {
		path = ""
	}
	e := sdk.AsError(err)
	return &sdk.Error{
		Kind: e.Kind, Code: e.Code, Args: e.Args, Hint: e.Hint, RetryAfter: e.RetryAfter,
		Err: &Failure{Method: r.Method, Path: path, Outcome: sdk.NotDone, Err: inner(e, err)},
	}
}

// inner avoids telling kind and code twice.
func inner(e *sdk.Error, err error) error {
	if err == error(e) && e.Err != nil {
		return e.Err
	}
	return err
}

// broken makes the error of a call that got no complete answer.
func (f *Failure) broken(ctx context.Context, err error) error {
	var known *sdk.Error
	switch cause := context.Cause(ctx); {
	case errors.As(err, &known): // of the body reader or the sink
		f.Err = inner(known, err)
		return &sdk.Error{Kind: known.Kind, Code: known.Code, Args: known.Args, Hint: known.Hint, RetryAfter: known.RetryAfter, Err: f}
	case errors.Is(cause, context.Canceled) && !errors.Is(cause, errIdle):
		f.Err = context.Canceled
		return &sdk.Error{Kind: sdk.Cancelled, Err: f}
	case errors.Is(cause, context.DeadlineExceeded), errors.Is(cause, errIdle):
		f.Err = cause
		return &sdk.Error{Kind: sdk.Unavailable, Code: CodeTimeout, Err: f, Hint: sdk.Text{
			EN: "the system did not answer in time; check that it is up", DE: "das System hat nicht rechtzeitig geantwortet; prüfen, ob es läuft",
		}}
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // without the link
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		f.Err = fmt.Errorf("the answer was cut short: %w", err)
		return &sdk.Error{Kind: sdk.Unavailable, Code: "answer_cut", Err: f}
	}
	f.Err = err
	return &sdk.Error{Kind: sdk.Unavailable, Code: "unreachable", Err: f, Hint: sdk.Text{
		EN: "check the address, the network and whether the system is up", DE: "Adresse, Netzwerk und Erreichbarkeit des Systems prüfen",
	}}
}

// refused makes the error of an answer with an error status.
func (c *Client) refused(f *Failure, h http.Header, body []byte) error {
	e := &sdk.Error{Kind: KindOfStatus(f.Status), Err: f}
	if e.Kind.Temporary() {
		e.RetryAfter = RetryAfter(h, c.cfg.Now())
	}
	if redirect(f.Status) {
		e.Code = "redirected"
		f.Text = "redirects are followed for reading only"
	}
	if c.cfg.Refine != nil {
		c.cfg.Refine(f, h, body, e)
	}
	return e
}

// KindOfStatus maps an HTTP status to the kind of error that it is for most systems.
func KindOfStatus(status int) sdk.Kind {
	switch status {
	case 401, 402, 403, 407, 511:
		return sdk.Auth
	case 404, 410:
		return sdk.NotFound
	case 409, 412:
		return sdk.Conflict
	case 429:
		return sdk.Throttled
	case 408, 423, 424, 425:
		return sdk.Unavailable
	case 501:
		return sdk.Unsupported
	}
	if status >= 500 {
		return sdk.Unavailable
	}
	return sdk.Invalid
}

// RetryAfter reads the header of that name: seconds, also with a fraction, or a date (RFC 9110 section 10.2.3), which is compared with
// the server's own Date if it sent one, else with now. Nothing, a negative value, a date that is over and garbage give 0; no value
// gives more than a day.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	s := strings.TrimSpace(h.Get("Retry-After"))
	if s == "" {
		return 0
	}
	if x, err := strconv.ParseFloat(s, 64); err == nil {
		if !(x > 0) { // also not a number
			return 0
		}
		if x >= maxWait.Seconds() {
			return maxWait
		}
		return time.Duration(x * float64(time.Second))
	}
	at, err := http.ParseTime(s)
	if err != nil {
		return 0
	}
	if d, err := http.ParseTime(h.Get("Date")); err == nil {
		now = d
	}
	return min(max(0, at.Sub(now)), maxWait)
}
