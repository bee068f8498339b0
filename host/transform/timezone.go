package transform

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

// timeRule is a compiled time_zone rule. It keeps the form of what it finds:
//
//	an instant     stays an instant, now with the offset of to_zone
//	a local time   stays one, read in from_zone (or the zone beside it), told in
//	               to_zone; a zone beside it is renamed where the rule stays in place
//	a time with its zone (an object)   both fields change
//	a date         never moves; nor does a time where all_day says that it stands
//	               for a date: its zone changes, its clock does not
//
// With form the result is an instant, a local time or a date in to_zone, whatever
// was found; a date is midnight there. Digits of fractions are kept as they are. A clock reading that a change of
// summer time skips or repeats is read as inZone says.
type timeRule struct {
	from, to   []string
	fromText   string
	fromZone   process.Template // nil: not given
	zoneBeside []string         // path of the zone beside a local time; nil: unknown
	inPlace    bool
	pair       *pair // from is an object with a time and its zone
	toZone     process.Template
	form       sdk.Type // of the result; "": as it was
	allDay     []string
	zones      *zones
}

func (c *compiler) timeZone(r process.Rule, shape *process.Shape, fail func(arg, hint string, err error)) func(*scanner, *node) error {
	t := &timeRule{from: split(r.Args["from"]), to: target(r), fromText: r.Args["from"], zones: &c.zones}
	t.form = sdk.Type(r.Args["form"])
	t.inPlace = strings.Join(t.to, ".") == r.Args["from"] && t.form == ""
	if !slices.Contains([]sdk.Type{"", sdk.TypeInstant, sdk.TypeLocalTime, sdk.TypeDate}, t.form) {
		fail("form", process.Suggest(r.Args["form"], []string{"instant", "local_time", "date"}), fmt.Errorf("%q is no form of a time", t.form))
	}
	t.fromZone, t.toZone = c.zoneArg(r, "from_zone", fail), c.zoneArg(r, "to_zone", fail)
	if path := r.Args["all_day"]; path != "" {
		t.allDay = split(path)
	}
	f, err := shape.Find(r.Args["from"])
	if err != nil || f == nil {
		return t.apply
	}
	t.pair = zonedPair(f)
	if f.Zone != "" {
		t.zoneBeside = append(append([]string{}, t.from[:len(t.from)-1]...), f.Zone)
	}
	switch {
	case f.Type == sdk.TypeLocalTime && t.fromZone == nil && t.zoneBeside == nil:
		fail("from_zone", "add from_zone: Europe/Berlin, or whichever it is", fmt.Errorf("%s has no zone beside it", t.fromText))
	case t.pair == nil && (f.Type == sdk.TypeObject || f.Type == sdk.TypeList || f.Type == sdk.TypeBool || isNumber(f.Type)):
		fail("from", "name a field with a time", fmt.Errorf("%s is %s, not a time", t.fromText, typeName(f)))
	}
	return t.apply
}

// zoneArg compiles a zone's name, and refuses an unknown one at once.
func (c *compiler) zoneArg(r process.Rule, arg string, fail func(arg, hint string, err error)) process.Template {
	if r.Args[arg] == "" {
		return nil
	}
	t, err := process.ParseTemplate(r.Args[arg])
	if err != nil {
		fail(arg, "write #path# for a value of the record", err)
		return nil
	}
	if len(t) == 1 && t[0].Path == "" {
		if _, err := c.zones.load(t[0].Text); err != nil {
			fail(arg, "", err)
		}
	}
	return t
}

func (t *timeRule) apply(s *scanner, root *node) error {
	c, err := root.cell(s, t.from)
	switch {
	case err != nil:
		return err
	case c.wrong:
		return fmt.Errorf("%s leads through %s", t.fromText, shapeOf(c.raw))
	case c.raw == nil:
		return nil
	case c.isNull() || isEmpty(c.raw):
		return root.set(s, t.to, c.raw)
	}
	name, ok, err := fill(s, root, t.toZone)
	if err != nil || !ok {
		return firstErr(err, errors.New("to_zone has no value"))
	}
	still, err := t.standsStill(s, root)
	if err != nil {
		return err
	}
	if c.raw[0] == '{' && t.pair != nil {
		return t.object(s, root, c.raw, name, still)
	}
	if c.raw[0] != '"' {
		return fmt.Errorf("%s is %s, not a time", t.fromText, shapeOf(c.raw))
	}
	return t.single(s, root, c.raw, name, still)
}

// standsStill reports whether the time stands for a date.
func (t *timeRule) standsStill(s *scanner, root *node) (bool, error) {
	if t.allDay == nil {
		return false, nil
	}
	c, err := root.cell(s, t.allDay)
	return len(c.raw) > 0 && c.raw[0] == 't', err
}

// single converts a text.
func (t *timeRule) single(s *scanner, root *node, raw []byte, name string, still bool) error {
	v, err := textOf(raw)
	if err != nil {
		return err
	}
	if isDate([]byte(v)) {
		if t.form == "" || t.form == sdk.TypeDate {
			return root.set(s, t.to, raw)
		}
		v, still = v+"T00:00:00", true
	}
	out, err := t.convert(v, name, still, func() (string, error) { return t.zoneOf(s, root) })
	if err != nil {
		return err
	}
	quoted, err := appendText(nil, out)
	if err != nil {
		return err
	}
	if err := root.set(s, t.to, quoted); err != nil {
		return err
	}
	if t.inPlace && t.zoneBeside != nil && !isInstant([]byte(v)) {
		zone, err := appendText(nil, name)
		if err != nil {
			return err
		}
		return root.set(s, t.zoneBeside, zone)
	}
	return nil
}

// object converts a time with its zone.
func (t *timeRule) object(s *scanner, root *node, raw []byte, name string, still bool) error {
	part := node{raw: raw}
	clock, err := part.cell(s, []string{t.pair.time})
	if err != nil || clock.raw == nil || clock.isNull() {
		return firstErr(err, root.set(s, t.to, raw))
	}
	v, err := text(clock.raw)
	if err != nil {
		return fmt.Errorf("%s.%s %w", t.fromText, t.pair.time, err)
	}
	out, err := t.convert(string(v), name, still, func() (string, error) {
		if t.fromZone != nil {
			return t.zoneOf(s, root)
		}
		z, ok, err := scalar(s, &part, t.pair.zone)
		if err == nil && !ok {
			err = fmt.Errorf("%s.%s has no value", t.fromText, t.pair.zone)
		}
		return z, err
	})
	if err != nil {
		return err
	}
	if t.form != "" {
		quoted, err := appendText(nil, out)
		return firstErr(err, root.set(s, t.to, quoted))
	}
	for _, m := range [][2]string{{t.pair.time, out}, {t.pair.zone, name}} {
		quoted, err := appendText(nil, m[1])
		if err != nil {
			return err
		}
		if err := part.set(s, []string{m[0]}, quoted); err != nil {
			return err
		}
	}
	return root.set(s, t.to, part.value())
}

// zoneOf returns the zone in which a local time is read.
func (t *timeRule) zoneOf(s *scanner, root *node) (string, error) {
	var name string
	var ok bool
	var err error
	switch {
	case t.fromZone != nil:
		name, ok, err = fill(s, root, t.fromZone)
	case t.zoneBeside != nil:
		name, ok, err = scalar(s, root, strings.Join(t.zoneBeside, "."))
	default:
		return "", fmt.Errorf("%s has no offset, and from_zone is not given", t.fromText)
	}
	if err == nil && !ok {
		err = fmt.Errorf("the zone of %s has no value", t.fromText)
	}
	return name, err
}

// convert tells a time in another zone. from is asked only for a local time.
func (t *timeRule) convert(v, to string, still bool, from func() (string, error)) (string, error) {
	loc, err := t.zones.load(to)
	if err != nil {
		return "", err
	}
	clock, fraction, offset, err := cutTime(v)
	if err != nil {
		return "", err
	}
	wall, err := parseLocal(clock)
	if err != nil {
		return "", fmt.Errorf("%s is no time", quote([]byte(v)))
	}
	form := t.form
	var at time.Time
	switch {
	case form == "" && offset == "":
		form = sdk.TypeLocalTime
	case form == "":
		form = sdk.TypeInstant
	}
	switch {
	case still:
		at = inZone(wall, loc)
		if form == sdk.TypeLocalTime {
			return clock + fraction, nil // a reading that the zone skips stays, too
		}
	case offset != "":
		if at, err = time.Parse(time.RFC3339, clock+offset); err != nil {
			return "", fmt.Errorf("%s is no time", quote([]byte(v)))
		}
	default:
		name, err := from()
		if err != nil {
			return "", err
		}
		source, err := t.zones.load(name)
		if err != nil {
			return "", err
		}
		at = inZone(wall, source)
	}
	at = at.In(loc)
	switch form {
	case sdk.TypeDate:
		return at.Format(time.DateOnly), nil
	case sdk.TypeLocalTime:
		return at.Format(localForm) + fraction, nil
	}
	return at.Format(localForm) + fraction + at.Format("Z07:00"), nil
}

// cutTime parts a time into clock, fraction with its point, and offset.
func cutTime(v string) (clock, fraction, offset string, err error) {
	if len(v) < len(localForm) {
		return "", "", "", fmt.Errorf("%s is no time", quote([]byte(v)))
	}
	clock, rest := v[:len(localForm)], v[len(localForm):]
	if strings.HasPrefix(rest, ".") {
		end := 1 + len(rest[1:]) - len(strings.TrimLeft(rest[1:], "0123456789"))
		if end == 1 {
			return "", "", "", fmt.Errorf("%s is no time", quote([]byte(v)))
		}
		fraction, rest = rest[:end], rest[end:]
	}
	return clock, fraction, rest, nil
}
