package catalog

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/gleis-dev/gleis/sdk"
)

// Limits of what a connector may say, beside those of the sdk.
const (
	maxKey        = 4 << 10 // bytes of a key, stamp, partition or position
	maxScope      = 8 << 20 // bytes of a scope
	maxPartitions = 1_000_000
	maxObjects    = 10_000
	maxFields     = 200_000 // of a schema, at all depths
)

// clean reports whether s is valid text of a length that keys have.
func clean(s string) bool {
	return len(s) <= maxKey && utf8.ValidString(s) && !strings.Contains(s, "\x00")
}

// checkRecord says why a record cannot go on.
func checkRecord(r *sdk.Record) error {
	switch {
	case r.Op > sdk.Release:
		return fmt.Errorf("its operation %d is unknown", r.Op)
	case !clean(r.Key) || !clean(r.Stamp) || !clean(r.Partition) || !clean(r.At) || !clean(r.Parent) || !clean(r.Object):
		return fmt.Errorf("its key, stamp, partition, parent or position is longer than %d bytes or not valid text", maxKey)
	case r.Op == sdk.Upsert:
		return checkData(r.Data)
	case len(r.Data) > 0:
		return fmt.Errorf("a record with the operation %s has no data", r.Op)
	}
	return nil
}

// checkData says why data is not one JSON object: it is parsed, with doubled names
// and invalid text refused, and not kept.
func checkData(data []byte) error {
	switch {
	case len(data) > sdk.MaxRecord:
		return fmt.Errorf("its data has %d bytes, at most %d", len(data), sdk.MaxRecord)
	case len(data) == 0:
		return errors.New("it has no data")
	case jsontext.Value(data).Kind() != '{' || !jsontext.Value(data).IsValid():
		return errors.New("its data is not one valid JSON object")
	}
	return nil
}

// checkSchema refuses a schema that is inconsistent or of no sensible size.
func checkSchema(s *sdk.Schema) error {
	if len(s.Objects) > maxObjects {
		return sdk.Errorf(sdk.Invalid, "schema", "the schema has %d objects, at most %d", len(s.Objects), maxObjects)
	}
	n := 0
	for i := range s.Objects {
		if !clean(s.Objects[i].Name) {
			return sdk.Errorf(sdk.Invalid, "schema", "the name of an object is too long or not valid text")
		}
		if n = countFields(s.Objects[i].Fields, n, 0); n > maxFields {
			return sdk.Errorf(sdk.Invalid, "schema", "the schema has more than %d fields", maxFields)
		}
	}
	return s.Validate()
}

func countFields(fields []sdk.Field, n, depth int) int {
	if depth > 64 {
		return maxFields + 1
	}
	for i := range fields {
		n = countFields(fields[i].Fields, n+1, depth+1)
		if item := fields[i].Item; item != nil {
			n = countFields(item.Fields, n, depth+1)
		}
		if n > maxFields {
			break
		}
	}
	return n
}
