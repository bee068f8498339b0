package msgraph

import (
	"bytes"
	"strconv"
)

// mend replaces, in place, the escapes of halves of characters (\ud83d without \ude00) by that of U+FFFD, which is as long, and reports whether
// there were any. Texts that Exchange has cut after so many UTF-16 units, such as bodyPreview after 255, may end in one; no text in UTF-8 can hold
// it (RFC 8259 section 8.2), and one such item would keep its whole mailbox from being read.
func mend(body []byte) (mended bool) {
	for i := 0; ; {
		n := bytes.IndexByte(body[i:], '\\')
		if n < 0 {
			return mended
		}
		i += n
		switch half := surrogate(body[i:]); {
		case half == 0:
			i += 2 // also what is escaped: a second backslash begins nothing
		case half < 0xdc00 && surrogate(body[min(i+6, len(body)):]) >= 0xdc00:
			i += 12
		default:
			copy(body[i:], `\ufffd`)
			mended = true
			i += 6
		}
		if i >= len(body) {
			return mended
		}
	}
}

// surrogate returns the half of a character whose escape b begins with, 0 if it begins with none.
func surrogate(b []byte) uint64 {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0
	}
	u, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	if err != nil || u < 0xd800 || u > 0xdfff {
		return 0
	}
	return u
}
