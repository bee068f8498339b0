// Package logline turns what a connector process writes to standard error into
// records of the host's log. A line is JSON as log/slog writes it, or as hclog
// does, or plain text. All of it is foreign: it is cleaned of control characters
// and escape sequences, cut, marked as the connector's, and limited in number.
package logline

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/gleis-dev/gleis/plugin/internal/handshake"
)

// nameKey is the attribute with the connector's name.
const nameKey = "plugin"

// Limits of a log.
const (
	maxLine  = 64 << 10 // bytes of a line; the rest is dropped
	maxValue = 4 << 10  // bytes of a message or value
	maxAttrs = 32
	perSec   = 1000 // lines a second in the long run
	burst    = 5000 // lines at once
)

// Bridge reads the log of one process.
type Bridge struct {
	log  *slog.Logger
	of   func(connection string) *slog.Logger
	hide func(string) string
	now  func() time.Time
	mu   sync.Mutex
	name string // of the connector, added to every line
	last string // the last line that looks like the reason of an end

	tokens  float64
	at      time.Time
	dropped int
}

// New returns a bridge to log for the connector with that name. of returns the
// log of a connection, or nil; hide takes the secrets out of a line.
func New(name string, log *slog.Logger, of func(connection string) *slog.Logger, hide func(string) string, now func() time.Time) *Bridge {
	return &Bridge{name: name, log: log, of: of, hide: hide, now: now, tokens: burst, at: now()}
}

// Rename sets the name of the connector, once it has said what it is.
func (b *Bridge) Rename(name string) {
	b.mu.Lock()
	b.name = name
	b.mu.Unlock()
}

// write adds the connector's name, which is the host's word for it.
func (b *Bridge) write(log *slog.Logger, level slog.Level, message string, attrs ...slog.Attr) {
	b.mu.Lock()
	name := b.name
	b.mu.Unlock()
	log.LogAttrs(context.Background(), level, message, append([]slog.Attr{slog.String(nameKey, name)}, attrs...)...)
}

// LevelOf returns the lowest level that log takes.
func LevelOf(log *slog.Logger) slog.Level {
	for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn} {
		if log.Enabled(context.Background(), l) {
			return l
		}
	}
	return slog.LevelError
}

// Last returns ": " and the last line that tells why the process ended, or "".
func (b *Bridge) Last() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.last == "" {
		return ""
	}
	return ": " + b.last
}

// Read reads r to its end. It always reads on, so that the process never waits.
func (b *Bridge) Read(r io.Reader) {
	in := bufio.NewReaderSize(r, maxLine)
	panicking := false
	for {
		line, err := in.ReadSlice('\n')
		cut := errors.Is(err, bufio.ErrBufferFull)
		if len(line) > 0 {
			panicking = b.line(bytes.TrimRight(line, "\r\n"), cut, panicking)
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		if err != nil {
			b.tell()
			return
		}
	}
}

// line handles one line and returns whether the process is about to die of a panic.
func (b *Bridge) line(line []byte, cut, panicking bool) bool {
	text := b.hide(string(bytes.TrimSpace(line)))
	line = []byte(text)
	if !panicking && (strings.HasPrefix(text, "panic: ") || strings.HasPrefix(text, "fatal error: ")) {
		panicking = true
		b.mu.Lock()
		b.last = Clean(text, 300)
		b.mu.Unlock()
	}
	if !b.allowed() {
		return panicking
	}
	if !cut && len(line) > 1 && line[0] == '{' {
		if rec, ok := parse(line); ok {
			log := b.log
			if own := b.of(rec.connection); own != nil && rec.connection != "" {
				log = own
			}
			b.write(log, rec.level, rec.message, rec.attrs...)
			return panicking
		}
	}
	level := slog.LevelDebug
	if panicking {
		level = slog.LevelError
	} else if text != "" {
		b.mu.Lock()
		b.last = Clean(text, 300)
		b.mu.Unlock()
		level = slog.LevelInfo
	}
	b.write(b.log, level, Clean(text, maxValue))
	return panicking
}

// allowed takes a token; without one the line is dropped and counted.
func (b *Bridge) allowed() bool {
	now := b.now()
	b.tokens = min(burst, b.tokens+max(0, now.Sub(b.at).Seconds())*perSec)
	b.at = now
	if b.tokens < 1 {
		b.dropped++
		return false
	}
	if b.dropped > 0 && b.tokens > perSec/2 {
		b.tell()
	}
	b.tokens--
	return true
}

func (b *Bridge) tell() {
	if b.dropped > 0 {
		b.write(b.log, slog.LevelWarn, "log lines of the connector were dropped", slog.Int("lines", b.dropped))
		b.dropped = 0
	}
}

type record struct {
	level      slog.Level
	message    string
	connection string
	attrs      []slog.Attr
}

// parse reads a line of JSON in the order it is written.
func parse(line []byte) (record, bool) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return record{}, false
	}
	r := record{level: slog.LevelInfo}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		var raw json.RawMessage
		if err != nil || !ok || d.Decode(&raw) != nil {
			return record{}, false
		}
		r.field(name, raw)
	}
	return r, true
}

func (r *record) field(name string, raw json.RawMessage) {
	var text string
	isText := json.Unmarshal(raw, &text) == nil
	switch name {
	case "time", "@timestamp", "@caller", "timestamp":
		return // the host's own clock counts
	case "level", "@level":
		r.level = level(text)
		return
	case "msg", "@message":
		if !isText {
			text = string(raw)
		}
		r.message = Clean(text, maxValue)
		return
	case handshake.LogConnection:
		r.connection = text
		return
	case nameKey, "connector", "connection": // the host's own
		name += "_"
	}
	if len(r.attrs) == maxAttrs {
		return
	}
	var number json.Number
	var truth bool
	name = Clean(name, 128)
	switch {
	case string(raw) == "null":
		r.attrs = append(r.attrs, slog.String(name, "null"))
	case isText:
		r.attrs = append(r.attrs, slog.String(name, Clean(text, maxValue)))
	case json.Unmarshal(raw, &truth) == nil:
		r.attrs = append(r.attrs, slog.Bool(name, truth))
	case len(raw) <= 64 && json.Unmarshal(raw, &number) == nil:
		r.attrs = append(r.attrs, slog.Any(name, number))
	default:
		r.attrs = append(r.attrs, slog.String(name, Clean(string(raw), maxValue)))
	}
}

func level(s string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(s)); err == nil {
		return min(max(l, slog.LevelDebug), slog.LevelError)
	}
	if strings.EqualFold(s, "trace") {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// Clean returns s on one line, without control characters and terminal escape
// sequences, as valid UTF-8 of about limit bytes at most.
func Clean(s string, limit int) string {
	cut := len(s) - limit
	if cut > 0 {
		s = s[:limit]
	}
	var out strings.Builder
	out.Grow(len(s))
	escape := 0 // 1: after ESC, 2: in a control sequence (ECMA-48 CSI), 3: in a string that BEL or ESC \ ends
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case escape == 1 && r == '[', r == '\u009b':
			escape = 2
		case escape == 1 && (r == ']' || r == 'P' || r == '_' || r == '^'):
			escape = 3
		case escape == 1:
			escape = 0
		case escape == 2:
			if r >= 0x40 && r <= 0x7e {
				escape = 0
			}
		case escape == 3:
			if r == '\a' {
				escape = 0
			} else if r == '\x1b' {
				escape = 1
			}
		case r == '\x1b':
			escape = 1
		case r < ' ' || r >= 0x7f && r <= 0x9f || r == '\u2028' || r == '\u2029':
			out.WriteByte(' ')
		case r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069': // turns the direction of what follows
		default:
			out.WriteRune(r)
		}
	}
	if cut > 0 {
		fmt.Fprintf(&out, "… (%d more bytes)", cut)
	}
	return out.String()
}
