package testharness

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// describe names a request by method and address without its origin, and gives
// its body, which it leaves readable.
func describe(req *http.Request) (name string, body []byte, err error) {
	if req.Body != nil {
		if body, err = io.ReadAll(req.Body); err != nil {
			return "", nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	return req.Method + " " + req.URL.RequestURI(), body, nil
}

func isToken(u *url.URL) bool { return strings.HasSuffix(u.Path, "/token") }

func scrub(b []byte, values []string) []byte {
	for _, v := range values {
		if v != "" {
			b = bytes.ReplaceAll(b, []byte(v), []byte("[scrubbed]"))
		}
	}
	return b
}

// keptHeaders are the headers of an answer that a recording keeps besides its
// type, as name=value behind it.
func keptHeaders() []string { return []string{"Retry-After", "ETag", "Location", "Link"} }

// head is the first line of a recorded answer.
func head(res *http.Response) string {
	line := fmt.Sprintf("%d %s", res.StatusCode, res.Header.Get("Content-Type"))
	for _, name := range keptHeaders() {
		if v := res.Header.Get(name); v != "" {
			line += " " + strings.ToLower(name) + "=" + url.QueryEscape(v)
		}
	}
	return line + "\n"
}

// respond makes the answer that a recording holds as text.
func respond(req *http.Request, text string) (*http.Response, error) {
	head, body, _ := strings.Cut(text, "\n")
	status, contentType, _ := strings.Cut(head, " ")
	var code int
	if _, err := fmt.Sscan(status, &code); err != nil {
		return nil, fmt.Errorf("the recording's answer begins with %q, not with a status", head)
	}
	h := http.Header{}
	for _, name := range slices.Backward(keptHeaders()) {
		before, value, kept := strings.Cut(contentType, " "+strings.ToLower(name)+"=")
		if !kept {
			continue
		}
		v, err := url.QueryUnescape(value)
		if err != nil {
			return nil, fmt.Errorf("the recording's answer %q: %w", head, err)
		}
		contentType = before
		h.Set(name, v)
	}
	h.Set("Content-Type", contentType)
	body = strings.TrimSuffix(body, "\n")
	return &http.Response{
		StatusCode: code, Status: fmt.Sprintf("%d %s", code, http.StatusText(code)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: req,
	}, nil
}
