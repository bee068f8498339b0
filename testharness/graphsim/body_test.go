package graphsim

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
)

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBodiesMayBeCompressed(t *testing.T) {
	t.Parallel()
	r := empty(t)
	contact := `{"givenName":"Zoë"}`
	packed := gzipped(t, contact)
	for name, tt := range map[string]struct {
		encoding, body string
		status         int
		code           string
	}{
		"plain":                        {"", contact, 201, ""},
		"identity":                     {"identity", contact, 201, ""},
		"gzip":                         {"gzip", packed, 201, ""},
		"gzip in capitals":             {"GZIP", packed, 201, ""},
		"an encoding Graph has not":    {"br", contact, 415, "BadRequest"},
		"not compressed":               {"gzip", contact, 400, "BadRequest"},
		"cut off":                      {"gzip", packed[:len(packed)-9], 400, "BadRequest"},
		"empty":                        {"gzip", "", 400, "BadRequest"},
		"too long":                     {"", strings.Repeat(" ", maxBody) + contact, 413, "RequestEntityTooLarge"},
		"too long when it is unpacked": {"gzip", gzipped(t, strings.Repeat(" ", maxBody)+contact), 413, "RequestEntityTooLarge"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequest("POST", r.url+"/v1.0"+r.box(0)+"/contacts", strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+r.token)
			req.Header.Set("Content-Type", "application/json")
			if tt.encoding != "" {
				req.Header.Set("Content-Encoding", tt.encoding)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			a := answer{status: resp.StatusCode, header: resp.Header, body: r.decode(resp.Body)}
			if tt.code != "" {
				r.refused(a, tt.status, tt.code)
			} else if a.status != tt.status || a.body["givenName"] != "Zoë" {
				t.Errorf("answer %d %v", a.status, a.body)
			}
		})
	}
}
