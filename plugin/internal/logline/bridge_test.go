package logline

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// read hands text to a bridge and returns what the host's log holds, and what
// the log of the connection c7 holds.
func read(t *testing.T, text string, now func() time.Time) (host, connection string) {
	t.Helper()
	var a, b bytes.Buffer
	options := &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	own := slog.New(slog.NewTextHandler(&b, options))
	bridge := New("acme", slog.New(slog.NewTextHandler(&a, options)), func(name string) *slog.Logger {
		if name == "c7" {
			return own
		}
		return nil
	}, strings.NewReplacer("hush-hush", "[secret]").Replace, now)
	bridge.Read(strings.NewReader(text))
	return a.String(), b.String()
}

func TestLines(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ in, want string }{
		"slog":               {`{"time":"2026-01-01T00:00:00Z","level":"WARN","msg":"slow","n":3,"ok":true,"s":"x"}`, `level=WARN msg=slow plugin=acme n=3 ok=true s=x`},
		"hclog":              {`{"@level":"error","@message":"bad","@timestamp":"x","@caller":"y","k":"v"}`, `level=ERROR msg=bad plugin=acme k=v`},
		"message no text":    {`{"@message":5,"@level":7,"@timestamp":[]}`, `level=INFO msg=5 plugin=acme`}, // makes go-plugin's parser panic
		"nested":             {`{"level":"INFO","msg":"m","g":{"a":[1,2]},"z":null}`, `level=INFO msg=m plugin=acme g="{\"a\":[1,2]}" z=null`},
		"borrowed name":      {`{"level":"INFO","msg":"m","plugin":"other","connection":"c"}`, `level=INFO msg=m plugin=acme plugin_=other connection_=c`},
		"unknown level":      {`{"level":"FATAL","msg":"m"}`, `level=INFO msg=m plugin=acme`},
		"level beyond":       {`{"level":"ERROR+40","msg":"m"}`, `level=ERROR msg=m plugin=acme`},
		"secrets":            {`{"level":"INFO","msg":"a hush-hush","hush-hush":{"x":["hush-hush"]}}`, `level=INFO msg="a [secret]" plugin=acme [secret]="{\"x\":[\"[secret]\"]}"`},
		"secret, plain":      {`token hush-hush`, `level=INFO msg="token [secret]" plugin=acme`},
		"plain":              {`just text`, `level=INFO msg="just text" plugin=acme`},
		"broken JSON":        {`{"level":"INFO",`, `level=INFO msg="{\"level\":\"INFO\"," plugin=acme`},
		"escape sequences":   {"a\x1b[31mred\x1b[0m\x1b]0;title\abc\u009b2J\x1b", `level=INFO msg=aredbc plugin=acme`},
		"forged line":        {`{"level":"INFO","msg":"a\nlevel=ERROR msg=forged\r\u2028x\u202ey"}`, `level=INFO msg="a level=ERROR msg=forged  xy" plugin=acme`},
		"bad UTF-8":          {"a\xff\xfeb", "level=INFO msg=\"a\uFFFDb\" plugin=acme"},
		"unknown connection": {`{"level":"INFO","msg":"m","gleis_connection":"c8"}`, `level=INFO msg=m plugin=acme`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := read(t, test.in+"\n", time.Now)
			if got != test.want+"\n" {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestLinesOfAConnectionGoToItsLog(t *testing.T) {
	t.Parallel()
	host, connection := read(t, `{"level":"INFO","msg":"mine","gleis_connection":"c7"}`+"\n", time.Now)
	if host != "" || connection != "level=INFO msg=mine plugin=acme\n" {
		t.Errorf("host %q, connection %q", host, connection)
	}
}

func TestPanicIsAnErrorToItsEnd(t *testing.T) {
	t.Parallel()
	got, _ := read(t, "before\npanic: oh dear\n\ngoroutine 1 [running]:\nmain.main()\n", time.Now)
	if strings.Count(got, "level=ERROR") != 4 || strings.Count(got, "level=INFO") != 1 {
		t.Error(got)
	}
}

func TestLongLinesAndManyAttributesAreCut(t *testing.T) {
	t.Parallel()
	got, _ := read(t, strings.Repeat("x", 1<<20)+"\nnext\n", time.Now)
	if len(got) > 10<<10 || !strings.Contains(got, "more bytes") || !strings.Contains(got, "msg=next") {
		t.Error(len(got))
	}
	var many strings.Builder
	for i := range 500 {
		fmt.Fprintf(&many, `,"a%d":"%s"`, i, strings.Repeat("y", 50))
	}
	got, _ = read(t, `{"msg":"m"`+many.String()+"}\n", time.Now)
	if strings.Count(got, "yyyy") > 32*13 || !strings.Contains(got, "a31=") || strings.Contains(got, "a32=") {
		t.Error(got)
	}
}

func TestFloodIsDroppedAndCounted(t *testing.T) {
	t.Parallel()
	at := time.Unix(1e9, 0)
	lines := 0
	clock := func() time.Time { // one second after the first ten thousand lines
		if lines++; lines > 10_002 {
			return at.Add(time.Second)
		}
		return at
	}
	got, _ := read(t, strings.Repeat("flood\n", 10_000)+strings.Repeat("later\n", 10), clock)
	if n := strings.Count(got, "msg=flood"); n != burst {
		t.Errorf("%d lines of a flood were kept", n)
	}
	if !strings.Contains(got, "lines=50") || !strings.Contains(got, "msg=later") {
		t.Error(got[len(got)-300:])
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[31mred\x1b]0;t\ab\u009b1m")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range Clean(s, 100) {
			if r < ' ' || r == 0x7f || r >= 0x80 && r <= 0x9f {
				t.Errorf("%q holds the control character %q", Clean(s, 100), r)
			}
		}
	})
}
