// Package memory is a connector without a system behind it: records in memory,
// or in one JSON file. It carries every optional interface, keeps a log of its
// writes, can be edited as a user would, and misbehaves on demand, so it is what
// a host is tested against.
//
// New makes a System, whose Connector opens connections onto one shared store;
// Connector stands alone, for a plugin process, and takes its objects, its file
// and its faults from settings.
//
// Every change takes the next number of one sequence; the number is the record's
// stamp, the position of a cursor and the change mark of ReadRequest.Since.
// Filters are written in field notation, orders as field names parted by commas,
// each with an optional "-" in front for descending.
package memory

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// System is a store of records that several connections share. Its methods are
// for tests: they may be called at any time, and panic on a name that is not
// defined, which is a mistake in the test.
type System struct {
	mu       sync.Mutex
	defs     []*Object
	state    state
	switches Switches
	faults   []*Fault
	reach    map[string][2]string // by object
	unread   map[place]error      // answers of records and partitions that cannot be read
	grants   map[string]sdk.Consent
	now      func() time.Time
	file     *stateFile // nil: in memory only
}

// place names a record, or with an empty key a partition.
type place struct{ object, partition, key string }

// state is what a file keeps.
type state struct {
	Seq    int64                       `json:"seq"`
	Epoch  int64                       `json:"epoch"` // cursors of another epoch are lost
	Tables map[string]map[string]*part `json:"tables"`
	Blobs  map[string][]byte           `json:"blobs"`
	Log    []Entry                     `json:"log"`
}

// part is a partition of an object. Order holds the keys of the records that
// exist, sorted.
type part struct {
	Rows  map[string]*row `json:"rows"`
	order []string
}

// row is a record, or the trace of a deleted one.
type row struct {
	Key     string    `json:"key"`
	Seq     int64     `json:"seq"`
	Created time.Time `json:"created"`
	Intent  string    `json:"intent,omitempty"`
	Gone    bool      `json:"gone,omitempty"`
	Hidden  bool      `json:"hidden,omitempty"` // in no listing, found by key
	Data    string    `json:"data,omitempty"`   // JSON, sorted; a string, as it is never changed in place
}

func (r *row) stamp() string { return strconv.FormatInt(r.Seq, 10) }

// New returns a System with the given objects, with the object of Item if there
// are none. It panics if a definition is wrong.
func New(objects ...Object) *System {
	if len(objects) == 0 {
		objects = []Object{Item()}
	}
	s := newSystem()
	for _, o := range objects {
		s.Define(o)
	}
	return s
}

func newSystem() *System {
	return &System{
		state:  emptyState(),
		reach:  map[string][2]string{},
		unread: map[place]error{},
		grants: map[string]sdk.Consent{},
	}
}

func emptyState() state {
	return state{Tables: map[string]map[string]*part{}, Blobs: map[string][]byte{}}
}

// Define adds an object, or replaces the definition of the one of that name; its
// records stay.
func (s *System) Define(o Object) {
	if err := s.define(o); err != nil {
		panic(fmt.Sprintf("memory: %v", err))
	}
}

func (s *System) define(o Object) error {
	if err := o.complete(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defs := slices.DeleteFunc(slices.Clone(s.defs), func(d *Object) bool { return d.Name == o.Name })
	defs = append(defs, &o)
	slices.SortFunc(defs, func(a, b *Object) int { return cmp.Compare(a.Name, b.Name) })
	s.defs = defs
	return nil
}

// object returns the definition of an object; mu is held.
func (s *System) object(name string) (*Object, error) {
	for _, d := range s.defs {
		if d.Name == name {
			return d, nil
		}
	}
	return nil, &sdk.Error{
		Object: name, Kind: sdk.NotFound, Code: "object_unknown",
		Err:  fmt.Errorf("there is no object %q", name),
		Hint: sdk.Text{EN: "take an object of the schema", DE: "ein Objekt des Schemas nehmen"},
	}
}

// part returns a partition's records, for reading and writing; mu is held.
func (s *System) part(object, partition string) *part {
	t := s.state.Tables[object]
	if t == nil {
		t = map[string]*part{}
		s.state.Tables[object] = t
	}
	p := t[partition]
	if p == nil {
		p = &part{Rows: map[string]*row{}}
		t[partition] = p
	}
	return p
}

// get returns the record of that key, nil if it does not exist.
func (p *part) get(key string) *row {
	if r := p.Rows[key]; r != nil && !r.Gone {
		return r
	}
	return nil
}

// put stores r, which exists or is gone.
func (p *part) put(r *row) {
	p.Rows[r.Key] = r
	i, there := slices.BinarySearch(p.order, r.Key)
	switch {
	case r.Gone && there:
		p.order = slices.Delete(p.order, i, i+1)
	case !r.Gone && !there:
		p.order = slices.Insert(p.order, i, r.Key)
	}
}

// index makes the order anew after the rows were loaded.
func (p *part) index() {
	p.order = p.order[:0]
	for k, r := range p.Rows {
		if !r.Gone {
			p.order = append(p.order, k)
		}
	}
	slices.Sort(p.order)
}

// next takes the next number of the sequence; mu is held.
func (s *System) next() int64 {
	s.state.Seq++
	return s.state.Seq
}

func (s *System) clock() time.Time {
	if s.now == nil {
		return time.Time{}
	}
	return s.now().UTC()
}

// enter locks the store and brings it up to date with its file; leave ends that.
func (s *System) enter() error {
	s.mu.Lock()
	if s.file == nil {
		return nil
	}
	if err := s.file.enter(&s.state); err != nil {
		s.mu.Unlock()
		return err
	}
	return nil
}

func (s *System) leave() {
	if s.file != nil {
		s.file.leave()
	}
	s.mu.Unlock()
}

// save makes the state durable; called between enter and leave.
func (s *System) save() error {
	if s.file == nil {
		return nil
	}
	return s.file.save(&s.state)
}
