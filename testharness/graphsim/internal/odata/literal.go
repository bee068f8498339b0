package odata

import (
	"strconv"
	"strings"
	"time"
)

// literal reads a literal at the parser's place; ok is false when there is none and nothing was read.
func (p *filterParser) literal() (v Value, ok bool, err error) {
	t := p.peek()
	switch t.kind {
	case 's':
		v = String(t.text)
	case 'n':
		if v, err = bareLiteral(t.text, p.source, t.at); err != nil {
			return v, false, err
		}
	case 'i':
		switch strings.ToLower(t.text) {
		case "true", "false":
			v = Bool(strings.EqualFold(t.text, "true"))
		case "null":
		default:
			return p.typedLiteral(t)
		}
	default:
		return v, false, nil
	}
	p.at++
	return v, true, nil
}

// typedLiteral reads graph.importance'high' and duration'PT1H': a type's name with its value in quotes.
func (p *filterParser) typedLiteral(t token) (Value, bool, error) {
	next := p.tokens[p.at+1]
	if next.kind != 's' || next.at != t.at+len(t.text) {
		return Value{}, false, nil
	}
	p.at += 2
	switch {
	case strings.EqualFold(t.text, "guid"):
		if !looksLikeGUID(next.text) {
			return Value{}, false, newError("Unrecognized 'Edm.Guid' literal 'guid'%s'' at '%d' in '%s'.", next.text, t.at, p.source)
		}
		return Value{Kind: KindGUID, S: next.text}, true, nil
	case strings.Contains(t.text, "."):
		return String(next.text), true, nil // a member of an enumeration
	default:
		return Value{}, false, newError("Unrecognized 'Edm.String' literal '%s'%s'' at '%d' in '%s'.", t.text, next.text, t.at, p.source)
	}
}

// bareLiteral reads a number, a date, a date-time or a GUID.
func bareLiteral(s, source string, at int) (Value, error) {
	if n, err := strconv.ParseFloat(s, 64); err == nil && s[len(s)-1] <= '9' {
		return Value{Kind: KindNumber, N: n, S: s}, nil
	}
	if looksLikeGUID(s) {
		return Value{Kind: KindGUID, S: s}, nil
	}
	if len(s) >= 10 && s[4] == '-' && s[7] == '-' {
		if t, err := time.Parse(time.DateOnly, s); err == nil {
			return Value{Kind: KindStamp, T: ticksOf(t), S: s}, nil
		}
		if t, err := parseOffset(s); err == nil {
			return Value{Kind: KindStamp, T: ticksOf(t), S: s}, nil
		}
		return Value{}, newError("The DateTimeOffset text '%s' should be in format 'yyyy-mm-ddThh:mm:ss('.'s+)?(zzzzzz)?' and each field value is within valid range.", s)
	}
	return Value{}, newError("Unrecognized 'Edm.Int32' literal '%s' at '%d' in '%s'.", s, at, source)
}

// parseOffset reads a date-time that names its offset; the service takes no other.
func parseOffset(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	return time.Parse("2006-01-02T15:04Z07:00", s)
}

func ticksOf(t time.Time) int64 { return t.Unix()*10_000_000 + int64(t.Nanosecond()/100) }
