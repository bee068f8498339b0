package memory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// Row is a record as a test sees it.
type Row struct {
	Object, Partition, Key string
	Stamp                  string
	Intent                 string
	Data                   map[string]any // numbers as json.Number
}

// Entry is a write that a connection carried out, including those whose answer
// was lost. Edits of a test are not among them.
type Entry struct {
	Op        string `json:"op"` // "create", "update" or "delete"
	Object    string `json:"object"`
	Partition string `json:"partition,omitempty"`
	Key       string `json:"key"`
	Intent    string `json:"intent,omitempty"`
	Data      string `json:"data,omitempty"` // what was asked for, as JSON
	Changed   bool   `json:"changed"`        // the record differs from before
}

// Counts says how many writes were carried out.
type Counts struct{ Creates, Updates, Deletes int }

// Total returns the number of all writes.
func (c Counts) Total() int { return c.Creates + c.Updates + c.Deletes }

// Log returns the writes so far, the oldest first.
func (s *System) Log() []Entry {
	var log []Entry
	s.view(func() { log = slices.Clone(s.state.Log) })
	return log
}

// ForgetLog empties the log.
func (s *System) ForgetLog() { s.edit(func() { s.state.Log = nil }) }

// Counts counts the writes to an object, with a key those to one record; ""
// stands for all objects, or all keys.
func (s *System) Counts(object, key string) Counts {
	var c Counts
	for _, e := range s.Log() {
		if object != "" && e.Object != object || key != "" && e.Key != key {
			continue
		}
		switch e.Op {
		case "create":
			c.Creates++
		case "update":
			c.Updates++
		case "delete":
			c.Deletes++
		}
	}
	return c
}

// Put makes a record with this key, or replaces it, as a user would, and returns
// its stamp. data is a JSON object, or anything that encodes as one; the key
// field need not be in it.
func (s *System) Put(object, partition, key string, data any) string {
	m := decoded(data)
	var stamp string
	s.edit(func() {
		d := s.mustObject(object)
		s.mustPartition(d, partition)
		if len(d.Key) == 1 {
			m[d.Key[0]] = key
			if d.Field(d.Key[0]).Type == sdk.TypeInt {
				m[d.Key[0]] = number(key)
			}
		}
		r := &row{Key: key, Created: s.clock()}
		if old := s.part(object, partition).get(key); old != nil {
			r.Created, r.Intent = old.Created, old.Intent
		}
		s.store(d, partition, r, m)
		stamp = r.stamp()
	})
	return stamp
}

// Edit changes some fields of a record as a user would and returns its stamp.
func (s *System) Edit(object, partition, key string, fields any) string {
	m := decoded(fields)
	var stamp string
	s.edit(func() {
		d := s.mustObject(object)
		r := *s.mustRow(d, partition, key)
		s.store(d, partition, &r, merged(decoded([]byte(r.Data)), m))
		stamp = r.stamp()
	})
	return stamp
}

// Remove deletes a record as a user would.
func (s *System) Remove(object, partition, key string) {
	s.edit(func() {
		d := s.mustObject(object)
		r := *s.mustRow(d, partition, key)
		s.bury(d, partition, &r)
	})
}

// Move carries a record into another partition: there it is new, here it is gone.
func (s *System) Move(object, from, to, key string) {
	s.edit(func() {
		d := s.mustObject(object)
		s.mustPartition(d, to)
		r := *s.mustRow(d, from, key)
		moved := r
		s.bury(d, from, &r)
		s.store(d, to, &moved, decoded([]byte(moved.Data)))
	})
}

// Hide takes a record out of all listings, as systems do with records that they
// fail to list; read by key it is still there. Show undoes that, without a change.
func (s *System) Hide(object, partition, key string) { s.hide(object, partition, key, true) }

// Show undoes Hide.
func (s *System) Show(object, partition, key string) { s.hide(object, partition, key, false) }

func (s *System) hide(object, partition, key string, hidden bool) {
	s.edit(func() {
		d := s.mustObject(object)
		r := *s.mustRow(d, partition, key)
		r.Hidden = hidden
		s.part(object, partition).put(&r)
	})
}

// Get returns a record.
func (s *System) Get(object, partition, key string) (Row, bool) {
	var out Row
	var ok bool
	s.view(func() {
		s.mustObject(object)
		if r := s.part(object, partition).get(key); r != nil {
			out, ok = shown(object, partition, r), true
		}
	})
	return out, ok
}

// Rows returns the records of an object in all partitions, sorted by partition
// and key.
func (s *System) Rows(object string) []Row {
	var out []Row
	s.view(func() {
		s.mustObject(object)
		for name, p := range s.state.Tables[object] {
			for _, k := range p.order {
				out = append(out, shown(object, name, p.Rows[k]))
			}
		}
	})
	slices.SortFunc(out, func(a, b Row) int {
		if c := strings.Compare(a.Partition, b.Partition); c != 0 {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	})
	return out
}

// PutBlob keeps content and returns the reference for a blob field.
func (s *System) PutBlob(content []byte) string {
	var ref string
	s.edit(func() { ref = s.keepBlob(content) })
	return ref
}

// Grant makes Redeem answer code with a consent; until then the code is pending
// for a device sign-in and refused otherwise.
func (s *System) Grant(code string, consent sdk.Consent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grants[code] = consent
}

// Snapshot returns the state of the store: records, traces of deletions, blobs
// and log.
func (s *System) Snapshot() []byte {
	var b []byte
	s.view(func() {
		var err error
		if b, err = encodeState(&s.state); err != nil {
			panic(fmt.Sprintf("memory: snapshot: %v", err))
		}
	})
	return b
}

// Restore sets the state back to a snapshot, as after the restore of a backup.
// Cursors that are ahead of it are lost.
func (s *System) Restore(snapshot []byte) {
	s.edit(func() {
		st, err := decodeState(snapshot)
		if err != nil {
			panic(fmt.Sprintf("memory: restore: %v", err))
		}
		s.state = st
	})
}

func shown(object, partition string, r *row) Row {
	return Row{Object: object, Partition: partition, Key: r.Key, Stamp: r.stamp(), Intent: r.Intent, Data: decoded([]byte(r.Data))}
}

// edit carries out a change of a test.
func (s *System) edit(change func()) {
	if err := s.enter(); err != nil {
		panic(fmt.Sprintf("memory: %v", err))
	}
	defer s.leave()
	change()
	if err := s.save(); err != nil {
		panic(fmt.Sprintf("memory: %v", err))
	}
}

func (s *System) view(look func()) {
	if err := s.enter(); err != nil {
		panic(fmt.Sprintf("memory: %v", err))
	}
	defer s.leave()
	look()
}

func (s *System) mustObject(name string) *Object {
	d, err := s.object(name)
	if err != nil {
		panic(fmt.Sprintf("memory: %v", err))
	}
	return d
}

func (s *System) mustPartition(d *Object, partition string) {
	if err := d.partition(partition); err != nil {
		panic(fmt.Sprintf("memory: %v", err))
	}
}

func (s *System) mustRow(d *Object, partition, key string) *row {
	s.mustPartition(d, partition)
	r := s.part(d.Name, partition).get(key)
	if r == nil {
		panic(fmt.Sprintf("memory: there is no %s %q in partition %q", d.Name, key, partition))
	}
	return r
}

// decoded returns data as a map of its own.
func decoded(data any) map[string]any {
	b, ok := data.([]byte)
	if t, isText := data.(string); isText {
		b, ok = []byte(t), true
	}
	if !ok {
		var err error
		if b, err = sdk.Encode(data); err != nil {
			panic(fmt.Sprintf("memory: data: %v", err))
		}
	}
	m := map[string]any{}
	if err := sdk.Decode(b, &m); err != nil {
		panic(fmt.Sprintf("memory: data: %v", err))
	}
	return m
}
