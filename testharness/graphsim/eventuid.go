package graphsim

import "encoding/hex"

// appendOID writes the id of an occurrence in the form of cancelledOccurrences.
func (sh *shape) appendOID(b []byte, master *event, date int32) []byte {
	b = append(b, `"OID.`...)
	b = viewOf(master).id(sh.box).append(b, sh.immutable)
	return append(appendDate(append(b, '.'), int64(date)), '"')
}

// appendUID writes an iCalUId. As in the captures of 2026, each occurrence of a series has its own, made of the series' and the date; without
// a date it is the series'.
func appendUID(b []byte, uid [16]byte, date int32) []byte {
	b = append(b, `"040000008200E00074C5B7101A82E008`...)
	if date == noDate {
		b = append(b, "00000000"...)
	} else {
		y, m, d := civil(int64(date))
		for _, n := range []int{y >> 8, y & 255, m, d} {
			b = append(b, upperHex[n>>4], upperHex[n&15])
		}
	}
	b = append(b, "000000000000000010000000"...)
	for _, c := range uid {
		b = append(b, upperHex[c>>4], upperHex[c&15])
	}
	return append(b, '"')
}

const upperHex = "0123456789ABCDEF"

// uidBytes makes a meeting's id of two numbers.
func uidBytes(a, b uint64) (uid [16]byte) {
	for i := range 8 {
		uid[i], uid[8+i] = byte(a>>(8*i)), byte(b>>(8*i))
	}
	return uid
}

// parseUID reads the meeting's own part of an iCalUId; what is none gives the zero value, which no meeting has.
func parseUID(s string) (uid [16]byte) {
	if len(s) >= 2*len(uid) {
		if raw, err := hex.DecodeString(s[len(s)-2*len(uid):]); err == nil {
			copy(uid[:], raw)
		}
	}
	return uid
}
