package sdk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// Limits of the data path. A transport cuts a larger batch into messages of its
// own; a record over MaxRecord is refused and parked by the host.
const (
	MaxBatchRecords = 500       // records in a batch that is moved as one message
	MaxBatchBytes   = 1 << 20   // bytes of Data in such a batch
	MaxRecord       = 8 << 20   // bytes of Data in one record
	MaxCursor       = 64 << 10  // bytes of a cursor
	BlobPiece       = 256 << 10 // bytes of one piece of a blob
)

// Op says what a record means.
type Op uint8

const (
	Upsert  Op = iota // the record exists with this data
	Delete            // the record is gone, and the connector confirmed it (Invariant 3)
	Missing           // the record has disappeared, not confirmed: suspicion
	Release           // a rule or the selection dropped it: the link is released, nothing is deleted
)

// String returns the name of the op.
func (o Op) String() string {
	switch o {
	case Upsert:
		return "upsert"
	case Delete:
		return "delete"
	case Missing:
		return "missing"
	case Release:
		return "release"
	}
	return fmt.Sprintf("op(%d)", uint8(o))
}

// Record is one datum of an object.
type Record struct {
	Object    string // its object, "" where the request names it
	Partition string // the partition it lies in, "" where the object has none
	Op        Op
	Key       string // unique in the object and partition, compared byte for byte; "" in a record to be created
	Stamp     string // change mark: equal stamps mean equal content; "" if the object has none
	At        string // where in a windowed listing it lies (RFC 3339 in UTC); "" is always within reach
	Parent    string // key of the record of the same object and partition that it is a part of: the series of an occurrence; "" if none
	Intent    string // idempotency key of a create, new for every create
	IfStamp   string // write only if the target still has this stamp
	Data      []byte // one JSON object in UTF-8; nil for Delete, Missing and Release
}

// Decode reads the record's data into v as encoding/json does, numbers in
// untyped places as json.Number so that no digit is lost.
func (r Record) Decode(v any) error { return Decode(r.Data, v) }

// Decode reads one JSON value into v; anything after the value is an error.
// Numbers in untyped places become json.Number.
func Decode(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("trailing data after the JSON value at byte %d", d.InputOffset())
	}
	return nil
}

// Encode returns v as JSON with sorted map keys and without HTML escapes: equal
// values give equal bytes.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Failure is a record, or with an empty Key a partition, that could not be
// handled; the rest goes on.
type Failure struct {
	Key, Partition string
	Err            error
}

// Set says which parts of a record there are: the records with that Parent whose
// At lies within the Reach of the batch are exactly those with these Keys. Linked
// parts that are not among them have disappeared, but that is not confirmed: the
// host asks for them by key (Invariant 3). A connector sends a Set where its
// system reports a change of the whole but not which of its parts are gone.
type Set struct {
	Parent string
	Keys   []string
}

// Batch is what a connector hands over at a time. Reading goes in rounds: a
// round begins with a batch that has Start, ends with one that has Done, and is
// either a complete listing (Full in all its batches) or a list of changes.
type Batch struct {
	Records []Record
	Failed  []Failure // these were not read; the host asks for them again by key
	Start   bool      // the first batch of a round, also of one that was begun anew because its position was lost
	Full    bool      // the round lists everything within Reach
	Done    bool      // the last batch of the round
	Reach   [2]string // the span of Record.At that a full round, or a Set, covers, [from, to); empty: everything
	Sets    []Set     // records whose parts are all known
	Cursor  []byte    // position after this batch and all before it, at most MaxCursor; nil: not resumable here
}

// Emit hands a batch to the host. When it returns nil, the outcome of every
// record and the cursor are durable. Any error ends the read: the connector
// returns it unchanged or wrapped.
type Emit func(Batch) error

// Outcome says whether a write took place.
type Outcome uint8

const (
	Unknown Outcome = iota // it may or may not have taken place; the host reads it back before anything else
	Done                   // it took place
	NotDone                // it did not take place
)

// String returns the name of the outcome.
func (o Outcome) String() string {
	switch o {
	case Unknown:
		return "unknown"
	case Done:
		return "done"
	case NotDone:
		return "not done"
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}

// Result is the answer to one written record.
type Result struct {
	Key       string   // the key under which it lies; given for every record that exists
	Stamp     string   // its stamp after the write
	Partition string   // where it lies
	Data      []byte   // the record as stored, one JSON object; nil if the system does not say
	Related   []Record // what the write made besides: the occurrences of a new series
	Notifies  int      // people who get mail because of it
	Outcome   Outcome
	Err       error // with a Key: the record exists, is linked, and counts as failed
}
