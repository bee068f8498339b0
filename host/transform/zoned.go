package transform

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/zone"
)

// localForm is a local time; fractions are taken too.
const localForm = "2006-01-02T15:04:05"

// parseLocal reads a local time, which has no offset, as if in UTC.
func parseLocal(s string) (time.Time, error) { return time.Parse(localForm, s) }

// inZone returns the instant of a local clock reading in a zone. A reading that
// the spring change skips is taken with the offset before the change, so that
// 02:30 becomes 03:30 (RFC 5545, 3.3.5); one that the autumn change repeats means
// the first of the two.
func inZone(clock time.Time, loc *time.Location) time.Time {
	year, month, day := clock.Date()
	hour, minute, second := clock.Clock()
	t := time.Date(year, month, day, hour, minute, second, clock.Nanosecond(), loc)
	// time.Date does not promise which of two offsets it takes around a change.
	// Those in force well before and after are tried in the order of the rule.
	_, before := t.Add(-24 * time.Hour).Zone()
	wall := time.Date(year, month, day, hour, minute, second, clock.Nanosecond(), time.UTC)
	first := wall.Add(-time.Duration(before) * time.Second).In(loc)
	if sameClock(first, wall) {
		return first
	}
	if sameClock(t, wall) {
		return t
	}
	return first
}

func sameClock(a, b time.Time) bool {
	y1, m1, d1 := a.Date()
	y2, m2, d2 := b.Date()
	h1, n1, s1 := a.Clock()
	h2, n2, s2 := b.Clock()
	return y1 == y2 && m1 == m2 && d1 == d2 && h1 == h2 && n1 == n2 && s1 == s2
}

// zones keeps the zones that a program has met. There are only so many names.
type zones struct {
	mu     sync.Mutex
	byName map[string]*time.Location
}

func (z *zones) load(name string) (*time.Location, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if loc, ok := z.byName[name]; ok {
		return loc, nil
	}
	loc, err := zone.Load(name)
	if err != nil {
		return nil, err
	}
	if z.byName == nil {
		z.byName = map[string]*time.Location{}
	}
	z.byName[name] = loc
	return loc, nil
}

// pair names the two fields of a time with its zone.
type pair struct{ time, zone string }

// zonedPair returns the pair of an object that is a time with its zone, else nil.
func zonedPair(f *sdk.Field) *pair {
	if f == nil || f.Type != sdk.TypeObject {
		return nil
	}
	var found *pair
	for i := range f.Fields {
		in := &f.Fields[i]
		switch {
		case in.Type == sdk.TypeLocalTime && in.Zone != "" && found == nil:
			found = &pair{time: in.Name, zone: in.Zone}
		case in.Type == sdk.TypeLocalTime:
			return nil
		}
	}
	if found == nil || len(f.Fields) != 2 {
		return nil
	}
	return found
}

// zonedText turns a time with its zone into an instant in UTC, and passes what is
// a text already.
func (p *Program) zonedText(names *pair, then converter) converter {
	return func(dst, raw, _ []byte) ([]byte, error) {
		if raw[0] != '{' {
			return then(dst, raw, nil)
		}
		s := p.scanners.get()
		defer p.scanners.put(s)
		var clock, zone []byte
		err := s.members(raw, func(name, value []byte) {
			switch string(name) {
			case names.time:
				clock = value
			case names.zone:
				zone = value
			}
		})
		switch {
		case err != nil:
			return dst, err
		case len(clock) == 0 || clock[0] == 'n':
			return append(dst, null...), nil
		}
		return p.localInstant(dst, clock, zone)
	}
}

// localInstant turns a local time into an instant in UTC by the zone beside it.
func (p *Program) localInstant(dst, raw, zoneName []byte) ([]byte, error) {
	if isEmpty(raw) {
		return append(dst, null...), nil
	}
	b, err := text(raw)
	if err != nil {
		return dst, err
	}
	clock, err := parseLocal(string(b))
	if err != nil {
		if isInstant(b) {
			return appendCanonical(dst, raw)
		}
		return dst, fmt.Errorf("%s is no local time", quote(b))
	}
	if len(zoneName) == 0 || zoneName[0] != '"' || isEmpty(zoneName) {
		return dst, fmt.Errorf("%s has no zone beside it", quote(b))
	}
	name, err := textOf(zoneName)
	if err != nil {
		return dst, err
	}
	loc, err := p.zones.load(name)
	if err != nil {
		return dst, err
	}
	return appendText(dst, inZone(clock, loc).UTC().Format(time.RFC3339Nano))
}

// zonedObject turns an instant into a time with its zone, in UTC.
func zonedObject(names *pair) converter {
	return func(dst, raw, _ []byte) ([]byte, error) {
		switch {
		case raw[0] == '{':
			return appendCanonical(dst, raw)
		case isEmpty(raw):
			return append(dst, null...), nil
		}
		b, err := text(raw)
		if err != nil {
			return dst, err
		}
		t, err := time.Parse(time.RFC3339Nano, string(b))
		if err != nil {
			return dst, fmt.Errorf("%s is no instant with an offset", quote(b))
		}
		clock := strings.TrimSuffix(t.UTC().Format(time.RFC3339Nano), "Z")
		first, second := [2]string{names.time, clock}, [2]string{names.zone, "UTC"}
		if first[0] > second[0] {
			first, second = second, first
		}
		dst = append(dst, '{')
		for i, m := range [][2]string{first, second} {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = appendText(dst, m[0]); err != nil {
				return dst, err
			}
			dst = append(dst, ':')
			if dst, err = appendText(dst, m[1]); err != nil {
				return dst, err
			}
		}
		return append(dst, '}'), nil
	}
}
