package graphsim

import (
	"encoding/binary"
	"iter"
	"strings"
)

// card is the set properties of a contact in one string, since there are many contacts: for each, in the order of contactFields, its index,
// the length of its JSON and the JSON.
type card string

// newCard is a card of properties by their index; those of "" are not set.
func newCard(fields map[int]string) card {
	size := 0
	for _, raw := range fields {
		size += len(raw) + 1 + binary.MaxVarintLen16
	}
	var b strings.Builder
	b.Grow(size)
	for i := range contactFields {
		if raw := fields[i]; raw != "" {
			writeCard(&b, i, raw)
		}
	}
	return card(strings.Clone(b.String()))
}

// all lists the properties in the order of contactFields.
func (c card) all() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for c != "" {
			field, raw, rest := c.cut()
			if !yield(field, raw) {
				return
			}
			c = rest
		}
	}
}

// cut takes the first property off a card that is not empty.
func (c card) cut() (field int, raw string, rest card) {
	size, n := 0, 1
	for shift := 0; ; shift += 7 {
		b := c[n]
		n++
		size |= int(b&0x7f) << shift
		if b < 0x80 {
			return int(c[0]), string(c[n : n+size]), c[n+size:]
		}
	}
}

// get is the JSON of a property; "" when it is not set.
func (c card) get(field int) string {
	for i, raw := range c.all() {
		if i >= field {
			if i == field {
				return raw
			}
			break
		}
	}
	return ""
}

// with is the card with a property set, or removed when raw is "".
func (c card) with(field int, raw string) card {
	var b strings.Builder
	b.Grow(len(c) + len(raw) + 4)
	done := raw == ""
	for i, old := range c.all() {
		if !done && i >= field {
			writeCard(&b, field, raw)
			done = true
		}
		if i != field {
			writeCard(&b, i, old)
		}
	}
	if !done {
		writeCard(&b, field, raw)
	}
	return card(b.String())
}

func writeCard(b *strings.Builder, field int, raw string) {
	b.WriteByte(byte(field))
	var size [binary.MaxVarintLen64]byte
	b.Write(size[:binary.PutUvarint(size[:], uint64(len(raw)))])
	b.WriteString(raw)
}
