package transform

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/gleis-dev/gleis/sdk"
)

// A converter appends the target form of a value that is neither missing nor null.
// zone is the zone's name as JSON, where the conversion needs one.
type converter func(dst, raw, zone []byte) ([]byte, error)

// The table of conversions, by target type. What is not named is refused when the
// process is compiled; what is named and does not fit is an error of the record.
// A source or target of which no type is known, and a source of type json, is
// judged by its value alone.
//
//	text       any text; bool as true or false; number as its digits; a time with
//	           its zone as RFC 3339 in UTC. No longer than MaxLength.
//	bool       bool; 0 and 1; "true", "false", "1", "0"
//	int        a number without fraction in 64 bits, also as text; bool as 0 or 1
//	decimal    a number, also as text; bool as 0 or 1
//	float      a number that 64 bits hold to the digit, also as text
//	date       date; text of that form; local time at midnight
//	time, duration, uuid, bytes
//	           the same, and text of that form
//	instant    instant; text of that form; local time whose zone is known
//	local_time local time; text of that form; date as midnight
//	enum       text that is one of the choices
//	blob       blob
//	object     object; a time with its zone from an instant, in UTC
//	list       list
//	json       anything but a blob
//
// An empty text becomes null in a target that is not text: there is no empty date.
// "A time with its zone" is an object with one local time and the zone beside it,
// as Microsoft Graph's dateTimeTimeZone.

// textual are the types whose JSON form is a text that can be shown.
var textual = []sdk.Type{
	sdk.TypeText, sdk.TypeEnum, sdk.TypeUUID, sdk.TypeDate, sdk.TypeTime,
	sdk.TypeInstant, sdk.TypeLocalTime, sdk.TypeDuration, sdk.TypeBytes,
}

// converterFor returns what turns a value of from into one of to; nil stands for
// a field of which nothing is known. zoned says whether the zone of a local time
// is at hand.
func (p *Program) converterFor(from, to *sdk.Field, zoned bool) (converter, error) {
	if to == nil || to.Type == "" {
		return asIs, nil
	}
	source := sdk.Type("")
	if from != nil && from.Type != sdk.TypeJSON {
		source = from.Type
	}
	if source != "" {
		if err := possible(from, to, zoned); err != nil {
			return nil, err
		}
	}
	pair := zonedPair(from)
	switch to.Type {
	case sdk.TypeText:
		if pair != nil {
			return p.zonedText(pair, limitText(to.MaxLength, textValue)), nil
		}
		return limitText(to.MaxLength, textValue), nil
	case sdk.TypeBool:
		return boolValue, nil
	case sdk.TypeInt:
		return intValue, nil
	case sdk.TypeDecimal:
		return decimalValue, nil
	case sdk.TypeFloat:
		return floatValue, nil
	case sdk.TypeInstant:
		switch {
		case pair != nil:
			return p.zonedText(pair, formed("instant", isInstant)), nil
		case source == sdk.TypeLocalTime:
			return p.localInstant, nil
		}
		return formed("instant", isInstant), nil
	case sdk.TypeDate:
		return dateValue, nil
	case sdk.TypeLocalTime:
		return localValue, nil
	case sdk.TypeTime, sdk.TypeDuration, sdk.TypeUUID, sdk.TypeBytes:
		return formed(string(to.Type), forms[to.Type]), nil
	case sdk.TypeEnum:
		return enumValue(to.Choices), nil
	case sdk.TypeBlob:
		return ofKind('"', "a blob is a text"), nil
	case sdk.TypeList:
		return ofKind('[', "is not a list"), nil
	case sdk.TypeObject:
		if back := zonedPair(to); back != nil && source != sdk.TypeObject {
			return zonedObject(back), nil
		}
		return ofKind('{', "is not an object"), nil
	}
	return asIs, nil
}

// possible refuses a pair of types that no value could cross.
func possible(from, to *sdk.Field, zoned bool) error {
	ok := false
	switch to.Type {
	case from.Type, "":
		ok = true
	case sdk.TypeJSON:
		ok = from.Type != sdk.TypeBlob
	case sdk.TypeText:
		ok = slices.Contains(textual, from.Type) || isNumber(from.Type) || from.Type == sdk.TypeBool || zonedPair(from) != nil
	case sdk.TypeBool, sdk.TypeInt, sdk.TypeDecimal, sdk.TypeFloat:
		ok = isNumber(from.Type) || from.Type == sdk.TypeBool || from.Type == sdk.TypeText || from.Type == sdk.TypeEnum
		if to.Type == sdk.TypeBool && (from.Type == sdk.TypeDecimal || from.Type == sdk.TypeFloat) {
			ok = false
		}
	case sdk.TypeInstant:
		ok = from.Type == sdk.TypeText || zonedPair(from) != nil || from.Type == sdk.TypeLocalTime && zoned
	case sdk.TypeDate:
		ok = from.Type == sdk.TypeText || from.Type == sdk.TypeLocalTime
	case sdk.TypeLocalTime:
		ok = from.Type == sdk.TypeText || from.Type == sdk.TypeDate
	case sdk.TypeTime, sdk.TypeDuration, sdk.TypeUUID, sdk.TypeBytes, sdk.TypeEnum:
		ok = from.Type == sdk.TypeText || from.Type == sdk.TypeEnum || from.Type == sdk.TypeUUID && to.Type == sdk.TypeEnum
	case sdk.TypeObject:
		ok = zonedPair(to) != nil && (from.Type == sdk.TypeInstant || from.Type == sdk.TypeText)
	}
	if ok && to.Type == sdk.TypeList && from.Item != nil && to.Item != nil && from.Item.Type != to.Item.Type {
		ok = slices.Contains(textual, from.Item.Type) && to.Item.Type == sdk.TypeText || from.Item.Type == sdk.TypeJSON || to.Item.Type == sdk.TypeJSON
	}
	if !ok {
		return &mismatch{from: from, to: to}
	}
	return nil
}

func isNumber(t sdk.Type) bool {
	return t == sdk.TypeInt || t == sdk.TypeDecimal || t == sdk.TypeFloat
}

// mismatch is a pair of types without a conversion.
type mismatch struct{ from, to *sdk.Field }

// Error implements error.
func (m *mismatch) Error() string {
	return fmt.Sprintf("%s cannot become %s", typeName(m.from), typeName(m.to))
}

// hint says what to do instead.
func (m *mismatch) hint() string {
	timed := func(t sdk.Type) bool {
		return t == sdk.TypeInstant || t == sdk.TypeLocalTime || t == sdk.TypeDate || t == sdk.TypeTime
	}
	switch {
	case m.from.Type == sdk.TypeObject && len(m.from.Fields) > 0:
		return fmt.Sprintf("map one of its fields, such as %s.%s", m.from.Name, m.from.Fields[0].Name)
	case timed(m.from.Type) && timed(m.to.Type):
		return fmt.Sprintf("add a rule - time_zone: {from: %s, to_zone: …, form: %s}", m.from.Name, m.to.Type)
	}
	return "map a field of another type"
}

func typeName(f *sdk.Field) string {
	if f.Type == sdk.TypeList && f.Item != nil && f.Item.Type != "" {
		return fmt.Sprintf("a list of %s", f.Item.Type)
	}
	return string(f.Type)
}

func asIs(dst, raw, _ []byte) ([]byte, error) { return appendCanonical(dst, raw) }

func ofKind(first byte, why string) converter {
	return func(dst, raw, _ []byte) ([]byte, error) {
		if raw[0] != first {
			return dst, fmt.Errorf("%s, but %s", why, shapeOf(raw))
		}
		return appendCanonical(dst, raw)
	}
}

// isEmpty reports whether raw is the empty text.
func isEmpty(raw []byte) bool { return len(raw) == 2 && raw[0] == '"' }

// text returns the text of a JSON string or the digits of a number, in bytes that
// alias raw where they can.
func text(raw []byte) ([]byte, error) {
	switch raw[0] {
	case '"':
		if bytes.IndexByte(raw, '\\') < 0 {
			return raw[1 : len(raw)-1], nil
		}
		s, err := textOf(raw)
		return []byte(s), err
	case '{', '[', 'n':
		return nil, fmt.Errorf("is %s, not a text", shapeOf(raw))
	}
	return raw, nil
}
