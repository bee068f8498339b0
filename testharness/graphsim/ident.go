package graphsim

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
)

// class says what an id is of.
type class byte

const (
	classEvent class = iota + 1
	classCalendar
	classTask
	classTaskList
	classContact
	classContactFolder
	classMailFolder
	classMessage
	classAttachment
	classUpload
)

// isContainer tells the classes of what holds items. Their ids are constant and have no immutable form (microsoft-graph-docs, page
// "outlook-immutable-id").
func (c class) isContainer() bool {
	switch c {
	case classCalendar, classCalendarGroup, classTaskList, classContactFolder, classMailFolder:
		return true
	default:
		return false
	}
}

// noDate is the date of an id that is not an occurrence's.
const noDate int32 = -1 << 31

// itemID is what an Exchange id holds. As in Exchange, an occurrence's id begins like its master's, and an id changes when its item moves
// to another folder, unless the client asked for immutable ids.
type itemID struct {
	class class
	box   uint64 // key of the mailbox
	num   uint64 // number of the item in its mailbox
	moves uint32 // how often it changed its folder
	date  int32  // the occurrence's date in days since 1970, or noDate
}

const (
	idBytes         = 32
	idLen           = (idBytes + 2) / 3 * 4
	anyMoves uint32 = 1<<32 - 1 // in immutable ids
)

// append appends the id in its textual form: "AAMk…" or, immutable, "AAkA…", ending in "=".
func (id itemID) append(b []byte, immutable bool) []byte {
	var raw [idBytes]byte
	raw[1], raw[2] = 0x03, 0x24
	if immutable && !id.class.isContainer() {
		raw[1], raw[2] = 0x09, 0x00
		id.moves = anyMoves
	}
	raw[3] = byte(id.class)
	binary.BigEndian.PutUint64(raw[4:], id.box)
	binary.BigEndian.PutUint64(raw[12:], id.num)
	binary.BigEndian.PutUint32(raw[20:], id.moves)
	binary.BigEndian.PutUint32(raw[24:], uint32(id.date))
	binary.BigEndian.PutUint32(raw[28:], idSum(raw[:28]))
	return base64.URLEncoding.AppendEncode(b, raw[:])
}

func (id itemID) text(immutable bool) string { return string(id.append(nil, immutable)) }

// idSum makes an invented id fail as malformed instead of naming some item.
func idSum(b []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range b {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}

// parseID reads an id of a class. An id that no Exchange could have made is malformed.
func parseID(s string, want class) (itemID, *apiError) {
	id, err := readID(s)
	if err == nil && id.class != want {
		return itemID{}, errMalformedID()
	}
	return id, err
}

// readID reads an id of any class.
func readID(s string) (itemID, *apiError) {
	raw, err := base64.URLEncoding.DecodeString(s)
	if err != nil || len(raw) != idBytes || binary.BigEndian.Uint32(raw[28:]) != idSum(raw[:28]) {
		return itemID{}, errMalformedID()
	}
	return itemID{
		class: class(raw[3]),
		box:   binary.BigEndian.Uint64(raw[4:]),
		num:   binary.BigEndian.Uint64(raw[12:]),
		moves: binary.BigEndian.Uint32(raw[20:]),
		date:  int32(binary.BigEndian.Uint32(raw[24:])),
	}, nil
}

// guid draws a version 4 UUID.
func guid(r *rand.Rand) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], r.Uint64())
	binary.BigEndian.PutUint64(b[8:], r.Uint64())
	return formatGUID(b)
}

func formatGUID(b [16]byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	out := make([]byte, 0, 36)
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, hexDigits[c>>4], hexDigits[c&15])
	}
	return string(out)
}

// keyOf derives a number from names, the same in every process.
func keyOf(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return h.Sum64()
}

// appendChangeKey appends the change key of a version.
func appendChangeKey(b []byte, version uint64) []byte {
	var raw [13]byte
	raw[0] = 0x0f
	binary.BigEndian.PutUint64(raw[4:], version)
	raw[12] = 0x01
	return base64.StdEncoding.AppendEncode(b, raw[:])
}

// etagOf is the ETag of a version as it stands in the header If-Match.
func etagOf(version uint64) string {
	return string(append(appendChangeKey([]byte(`W/"`), version), '"'))
}
