package graphsim

import (
	"strings"
	"time"
)

// Times inside the simulator are numbers: instants in seconds since 1970 (events, tasks), stamps in units of 100 ns since 1970 (created,
// last modified), and days since 1970 (dates). A wall clock reading is a number of seconds as if its zone were UTC.

const (
	daySeconds     = 86400
	ticksPerSecond = 10_000_000
)

// noInstant marks a date that is not set.
const noInstant int64 = -1 << 62

// civil converts days since 1970 to a calendar date (proleptic Gregorian; the algorithm of Howard Hinnant's "chrono-compatible
// low-level date algorithms").
func civil(days int64) (year, month, day int) {
	z := days + 719468
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	y := yoe + era*400
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d := doy - (153*mp+2)/5 + 1
	m := mp + 3
	if m > 12 {
		m -= 12
		y++
	}
	return int(y), int(m), int(d)
}

// dayNumber is the inverse of civil; month and day may lie outside their usual range as with time.Date.
func dayNumber(year, month, day int) int64 {
	return floorDiv(time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix(), daySeconds)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func append2(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

func appendDate(b []byte, days int64) []byte {
	y, m, d := civil(days)
	b = append2(append2(b, y/100), y%100)
	b = append2(append(b, '-'), m)
	return append2(append(b, '-'), d)
}

// appendWall appends a wall clock reading in Graph's form: seven fraction digits, no offset.
func appendWall(b []byte, wall int64) []byte {
	days := floorDiv(wall, daySeconds)
	sec := int(wall - days*daySeconds)
	b = append(appendDate(b, days), 'T')
	b = append2(b, sec/3600)
	b = append2(append(b, ':'), sec/60%60)
	b = append2(append(b, ':'), sec%60)
	return append(b, ".0000000"...)
}

// appendStamp appends a stamp of 100 ns units as quoted UTC.
func appendStamp(b []byte, ticks int64) []byte {
	sec := floorDiv(ticks, ticksPerSecond)
	b = appendWall(append(b, '"'), sec)
	frac := ticks - sec*ticksPerSecond
	for i := len(b) - 1; frac > 0; i-- {
		b[i] = byte('0' + frac%10)
		frac /= 10
	}
	return append(b, 'Z', '"')
}

// appendInstant appends an instant as quoted UTC without fraction.
func appendInstant(b []byte, instant int64) []byte {
	b = appendWall(append(b, '"'), instant)
	b = b[:len(b)-len(".0000000")]
	return append(b, 'Z', '"')
}

// wallOf reads the clock of a zone at an instant.
func wallOf(instant int64, loc *time.Location) int64 {
	if loc == time.UTC {
		return instant
	}
	_, offset := time.Unix(instant, 0).In(loc).Zone()
	return instant + int64(offset)
}

// instantOf is when a zone's clock shows wall. A reading that daylight saving skips counts as if the clock had not been put forward yet, so that
// the clock then shows a later one; of an hour that is repeated the first one counts.
func instantOf(wall int64, loc *time.Location) int64 {
	if loc == time.UTC {
		return wall
	}
	u := time.Unix(wall, 0).UTC()
	at := time.Date(u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), u.Second(), 0, loc).Unix()
	// Near a change of clocks, time.Date goes by the offset before or after it. That of three hours before is the earlier one.
	_, before := time.Unix(at-3*3600, 0).In(loc).Zone()
	earlier := wall - int64(before)
	if skipped := wallOf(at, loc) != wall; skipped || earlier < at && wallOf(earlier, loc) == wall {
		return earlier
	}
	return at
}

// parseWall reads "2026-11-24", "2026-11-24T08:00", with seconds and up to seven fraction digits, and an optional Z or offset. hasOffset
// tells that an offset was given; then wall is already UTC.
func parseWall(s string) (wall int64, hasOffset, ok bool) {
	layouts := [...]string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"}
	body, zone := s, ""
	if t := strings.IndexByte(s, 'T'); t > 0 {
		if i := strings.IndexAny(s[t:], "Z+-"); i > 0 {
			body, zone = s[:t+i], s[t+i:]
		}
	}
	offset := int64(0)
	if zone != "" && zone != "Z" {
		z, err := time.Parse("-07:00", zone)
		if err != nil {
			return 0, false, false
		}
		_, o := z.Zone()
		offset = int64(o)
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, body); err == nil {
			return t.Unix() - offset, zone != "", true
		}
	}
	return 0, false, false
}

func ticksOf(t time.Time) int64 { return t.Unix()*ticksPerSecond + int64(t.Nanosecond()/100) }
