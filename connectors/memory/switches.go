package memory

import (
	"context"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// Call is a call that a connection has received, before anything is done about
// it. Op is the name of a capability ("read", "write", …), "open" or "schema"; a
// read is one call for each batch, a write one for each record.
type Call struct {
	Op, Object, Partition, Key string
}

// Switches say how a System behaves. The zero Switches behave well. The
// functions are called with the store locked, so they must not call the System;
// Call is the exception.
type Switches struct {
	// Call is called before everything that a connection does. It may block, and
	// its error is what the call fails with, as with a Fault before execution.
	Call func(context.Context, Call) error
	// Normalise changes what is written before it is stored.
	Normalise func(object string, data map[string]any)
	// Notifies counts the people who would get mail because of a write.
	Notifies func(object string, data map[string]any) int
	// Related returns what a create makes besides; it is stored as well.
	Related func(r sdk.Record) []Row

	BatchSize   int  // records in a batch; 0: as in the settings
	Unconfirmed bool // deletions are reported as Missing, in changes and by key
	Duplicates  bool // every record is emitted twice
	NoStamp     bool // results of writes carry no stamp
	NoData      bool // results of writes carry no data
	EmptyFull   int  // so many of the next full rounds list nothing
	FindLag     int  // the last so many changes are not found by Find
}

// Switch changes the switches.
func (s *System) Switch(change func(*Switches)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.switches)
}

// Fault is something that goes wrong with the calls that it matches.
type Fault struct {
	Op                     string // as in Call; "": any
	Object, Partition, Key string // "": any
	Skip                   int    // so many matching calls go well before
	Times                  int    // so many fail then; 0: one; negative: all
	After                  bool   // of a write: it is carried out and its answer is lost; else it is refused before
	Whole                  bool   // of a write: the whole call fails, no record after it is carried out
	Err                    error  // what it fails with; nil: kind Unavailable
}

// Inject adds a fault. Faults are asked in the order they were added, and the
// first that fails a call is the only one to count it as failed.
func (s *System) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Heal removes all faults that were injected.
func (s *System) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// fault returns the fault that strikes a call; mu is held.
func (s *System) fault(c Call) *Fault {
	for _, f := range s.faults {
		if !f.matches(c) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		switch {
		case f.Times < 0:
		case f.Times == 0:
			f.Times = spent
		case f.Times == spent:
			continue
		default:
			if f.Times--; f.Times == 0 {
				f.Times = spent
			}
		}
		hit := *f
		if hit.Err == nil {
			hit.Err = sdk.Errorf(sdk.Unavailable, "fault", "the system does not answer")
		}
		return &hit
	}
	return nil
}

// spent marks a fault that has struck as often as it should.
const spent = 1 << 30

func (f *Fault) matches(c Call) bool {
	match := func(want, got string) bool { return want == "" || want == got }
	return match(f.Op, c.Op) && match(f.Object, c.Object) && match(f.Partition, c.Partition) && match(f.Key, c.Key)
}

// strike asks the switch Call and the faults about a call that has no more than
// to fail.
func (s *System) strike(ctx context.Context, c Call) error {
	f, err := s.strikeWrite(ctx, c)
	if err != nil {
		return err
	}
	if f != nil {
		return f.Err
	}
	return ctx.Err()
}

// strikeWrite is strike for a write, which a fault may strike after execution.
func (s *System) strikeWrite(ctx context.Context, c Call) (*Fault, error) {
	s.mu.Lock()
	call := s.switches.Call
	s.mu.Unlock()
	if call != nil {
		if err := call(ctx, c); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault(c), nil
}

// SetReach limits the listings of an object to records whose At lies in [from,
// to); records that leave it are reported as Missing. Two empty texts lift it.
func (s *System) SetReach(object, from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustObject(object)
	s.reach[object] = [2]string{from, to}
}

// FailRead makes reading of a record by any way, or with an empty key of a whole
// partition, fail with err; nil lifts it. A partition that fails is listed in
// PartitionList.Failed.
func (s *System) FailRead(object, partition, key string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustObject(object)
	if err == nil {
		delete(s.unread, place{object, partition, key})
		return
	}
	s.unread[place{object, partition, key}] = err
}

// LoseCursors makes every cursor that was handed out unknown: the next read with
// one begins a full round.
func (s *System) LoseCursors() {
	s.edit(func() { s.state.Epoch++ })
}

// Trim is a Normalise that removes blanks around texts.
func Trim(_ string, data map[string]any) {
	for k, v := range data {
		if t, ok := v.(string); ok {
			data[k] = strings.TrimSpace(t)
		}
	}
}

// WrapHTML returns a Normalise that wraps the text of a field in an HTML
// document, as mail servers do, unless it is one already.
func WrapHTML(field string) func(string, map[string]any) {
	return func(_ string, data map[string]any) {
		if t, ok := data[field].(string); ok && t != "" && !strings.HasPrefix(t, "<html>") {
			data[field] = "<html><head></head><body>" + t + "</body></html>"
		}
	}
}
