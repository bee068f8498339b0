package link

import (
	"bytes"
	"encoding/json"

	"github.com/gleis-dev/gleis/sdk"
)

// storedName is the member of a base that holds the fields that the target keeps
// in another form than they were sent in. No field has an empty name.
const storedName = ""

// Agree makes the base of a link: the mapped target fields as sent, and beside
// them those that the target keeps in another form (a trimmed text, wrapped HTML),
// so that its own form is not taken for a change later. stored is the target
// record after the write; nil if the target does not say.
func Agree(object *sdk.Object, sent, stored []byte) ([]byte, error) {
	if len(sent) > 0 && bytes.Equal(sent, stored) {
		return bytes.Clone(sent), nil
	}
	v, err := parse(sent)
	if err != nil {
		return nil, err
	}
	if len(stored) == 0 {
		return v.encode(), nil
	}
	s, err := parse(stored)
	if err != nil {
		return nil, err
	}
	return agreed(object, v, s).encode(), nil
}

func agreed(object *sdk.Object, sent, stored values) values {
	out, other := values{}, values{}
	for name, v := range sent {
		out[name] = v
		if !covers(fieldOf(object, name), v, stored[name]) {
			other[name] = project(v, stored[name])
		}
	}
	if len(other) > 0 {
		out[storedName] = json.RawMessage(other.encode())
	}
	return out
}

// project returns of have the members that want names: the others are not ours,
// and their change is no change to us.
func project(want, have json.RawMessage) json.RawMessage {
	if len(have) == 0 {
		return orNull(have)
	}
	if len(want) == 0 || want[0] != '{' || have[0] != '{' {
		return have
	}
	w, errW := parse(want)
	h, errH := parse(have)
	if errW != nil || errH != nil {
		return have
	}
	out := values{}
	for name, v := range w {
		out[name] = project(v, h[name])
	}
	return json.RawMessage(out.encode())
}

func orNull(v json.RawMessage) json.RawMessage {
	if len(v) == 0 {
		return json.RawMessage("null")
	}
	return v
}

// Sent returns the mapped fields of a base as they were sent.
func Sent(base []byte) ([]byte, error) {
	b, err := parseBase(base)
	if err != nil || b == nil {
		return nil, err
	}
	return b.sent.encode(), nil
}

// base is a parsed Link.Base; nil: never agreed.
type base struct{ sent, stored values }

func parseBase(data []byte) (*base, error) {
	if data == nil {
		return nil, nil
	}
	v, err := parse(data)
	if err != nil {
		return nil, err
	}
	b := &base{sent: v}
	if s, ok := v[storedName]; ok {
		if b.stored, err = parse(s); err != nil {
			return nil, err
		}
		delete(v, storedName)
	}
	return b, nil
}

// expected is the value that the target held when the two sides agreed.
func (b *base) expected(name string) json.RawMessage {
	if v, ok := b.stored[name]; ok {
		return v
	}
	return b.sent[name]
}

func fieldOf(object *sdk.Object, name string) *sdk.Field {
	if object == nil {
		return nil
	}
	for i := range object.Fields {
		if object.Fields[i].Name == name {
			return &object.Fields[i]
		}
	}
	return nil
}

// equal reports whether two values are the same JSON.
func equal(a, b json.RawMessage) bool {
	if string(a) == string(b) {
		return true
	}
	return covers(nil, a, b) && covers(nil, b, a)
}
