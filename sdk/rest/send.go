package rest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

var errIdle = errors.New("the system was silent for too long")

// send makes one round trip. It returns an answer, or the Location of a redirect that is to be followed, or an error.
func (c *Client) send(ctx context.Context, r *Request, u *url.URL, token sdk.Secret) (_ *Response, location string, err error) {
	start := c.cfg.Now()
	f := &Failure{Method: r.Method, Origin: string(originOf(u)), Path: u.EscapedPath(), Outcome: sdk.NotDone}
	var got int64
	defer func() {
		if c.cfg.Observe != nil {
			c.cfg.Observe(Call{Method: r.Method, Origin: f.Origin, Path: f.Path, Status: f.Status, Received: got, Took: c.cfg.Now().Sub(start), Err: err})
		}
	}()

	ctx, stop := context.WithTimeout(ctx, c.cfg.Total)
	defer stop()
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	idle := time.AfterFunc(c.cfg.Idle, func() { cut(errIdle) })
	defer idle.Stop()

	var traced, sent atomic.Bool
	req := c.request(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:          func(string) { traced.Store(true) },
		WroteHeaderField: func(string, []string) { sent.Store(true) },
	}), r, u, token)
	resp, err := c.cfg.Transport.RoundTrip(req)
	if err != nil {
		// A transport that reports nothing may have sent it.
		if (sent.Load() || !traced.Load()) && !r.reads() {
			f.Outcome = sdk.Unknown
		}
		return nil, "", f.broken(ctx, err)
	}
	f.Status = resp.StatusCode
	f.Outcome = outcome(r, resp.StatusCode)
	body, err := newBodyReader(ctx, resp, c.cfg.MaxBody, func() { idle.Reset(c.cfg.Idle) })
	if err != nil {
		resp.Body.Close()
		return nil, "", f.broken(ctx, err)
	}
	defer func() { got = body.read; body.close() }()
	switch {
	case resp.StatusCode >= 200 && resp.StatusCode <= 299:
		answer, err := c.take(r, resp, body)
		if err != nil {
			if !r.reads() {
				f.Outcome = sdk.Unknown // it took place, but what came of it is not known
			}
			return nil, "", f.broken(ctx, err)
		}
		return answer, "", nil
	case redirect(resp.StatusCode) && r.reads() && r.Body == nil && resp.Header.Get("Location") != "":
		return nil, resp.Header.Get("Location"), nil
	}
	body.limit = maxErrorBody
	text, _ := io.ReadAll(body) // what came of it is enough: the status says the rest
	return nil, "", c.refused(f, resp.Header, text)
}

func (c *Client) request(ctx context.Context, r *Request, u *url.URL, token sdk.Secret) *http.Request {
	req := (&http.Request{
		Method: r.Method, URL: u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header, len(c.cfg.Header)+len(r.Header)+3),
	}).WithContext(ctx)
	for _, h := range []http.Header{c.cfg.Header, r.Header} {
		for k, v := range h {
			req.Header[http.CanonicalHeaderKey(k)] = v
		}
	}
	if r.Body != nil {
		req.Body = io.NopCloser(bytes.NewReader(r.Body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
		req.ContentLength = int64(len(r.Body))
		if req.Header.Get("Content-Type") == "" {
			req.Header["Content-Type"] = []string{"application/json"}
		}
	}
	if req.Header.Get("Accept") == "" {
		req.Header["Accept"] = []string{"application/json"}
	}
	if !token.Empty() {
		req.Header["Authorization"] = []string{"Bearer " + token.Reveal()}
	}
	return req
}

// take reads the body of a success.
func (c *Client) take(r *Request, resp *http.Response, body *BodyReader) (*Response, error) {
	answer := &Response{Status: resp.StatusCode, Header: resp.Header, client: c}
	if r.Sink != nil {
		return answer, r.Sink(body)
	}
	buf, ok := c.buffers.Get().(*[]byte)
	if !ok {
		buf = new([]byte)
	}
	if n := resp.ContentLength; n > 0 && n <= c.cfg.MaxBody && int64(cap(*buf)) < n+1 {
		*buf = make([]byte, 0, n+1)
	}
	var err error
	*buf, err = readAll(body, (*buf)[:0])
	answer.Body, answer.buf = *buf, buf
	if err != nil {
		answer.Free()
	}
	return answer, err
}

func readAll(r io.Reader, b []byte) ([]byte, error) {
	for {
		if len(b) == cap(b) {
			b = append(b, make([]byte, max(32<<10, len(b)))...)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
}

// reads reports whether a request changes nothing, so that its outcome does not matter.
func (r *Request) reads() bool {
	return r.Safe || r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
}

func redirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}
