package transform

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// appendCanonical appends one JSON value in the one form that equal values have:
// no blanks, the shortest escapes, members of objects sorted by name. Numbers
// keep their digits: 1.0 and 1 are told apart.
func appendCanonical(dst, raw []byte) ([]byte, error) {
	switch raw[0] {
	case '{', '[':
		return jsontext.AppendFormat(dst, raw, jsontext.ReorderRawObjects(true))
	case '"':
		if bytes.IndexByte(raw, '\\') >= 0 {
			return jsontext.AppendFormat(dst, raw)
		}
	}
	return append(dst, raw...), nil
}

// appendText appends a text as JSON.
func appendText[T ~[]byte | ~string](dst []byte, text T) ([]byte, error) {
	return jsontext.AppendQuote(dst, text)
}

// textOf returns the text of a JSON string; raw must be one.
func textOf(raw []byte) (string, error) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), nil
	}
	b, err := jsontext.AppendUnquote(nil, raw)
	return string(b), err
}
