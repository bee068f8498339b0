package catalog

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/gleis-dev/gleis/sdk"
)

// gate stands between a connector's emit and the host's: it lets through what
// keeps the contract.
type gate struct {
	conn  *Conn
	call  call
	req   sdk.ReadRequest
	emit  sdk.Emit
	query bool
	bare  func() bool     // reports whether the object has no key, so that its records have none; nil: it has one
	open  map[string]bool // keys that were asked for: not answered yet

	mu    sync.Mutex
	busy  bool  // emit is being called
	over  bool  // the connector has returned
	done  bool  // the round has ended: only Start may follow
	ended error // what the host's emit, or a broken contract, answered: the read is over
}

func (c *Conn) gate(k call, req sdk.ReadRequest, emit sdk.Emit) *gate {
	g := &gate{conn: c, call: k, req: req, emit: emit}
	if req.Keys != nil {
		g.open = make(map[string]bool, len(req.Keys))
		for _, key := range req.Keys {
			g.open[key] = true
		}
	}
	return g
}

// run calls the connector and returns what ended the read. An error of the host's
// emit comes back unchanged, whatever the connector made of it.
func (g *gate) run(f func(sdk.Emit) error) error {
	g.conn.count.Calls.Add(1)
	err := func() (err error) {
		defer g.conn.guard(&err, g.call)
		return f(g.take)
	}()
	g.mu.Lock()
	busy, ended := g.busy, g.ended
	g.over = true
	g.mu.Unlock()
	switch {
	case ended != nil:
		return ended
	case err != nil:
		return err
	case busy:
		return g.conn.broken(g.call, "returned while its emit was still called")
	}
	return g.unanswered()
}

// take is the emit that a connector is handed.
func (g *gate) take(b sdk.Batch) (err error) {
	if err := g.enter(b); err != nil {
		return err
	}
	defer func() {
		p := recover()
		g.mu.Lock()
		g.busy = false
		if g.ended == nil {
			g.ended = err
		}
		g.done = b.Done
		g.mu.Unlock()
		if p != nil {
			panic(hostPanic{p})
		}
	}()
	good, err := g.batch(b)
	if err != nil {
		return err
	}
	return g.emit(good)
}

// enter keeps emit to one call at a time, within the call, and to rounds that
// begin before they go on.
func (g *gate) enter(b sdk.Batch) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	var err error
	switch {
	case g.over:
		return g.conn.broken(g.call, "emits after it returned")
	case g.ended != nil:
		return g.ended
	case g.busy:
		err = g.conn.broken(g.call, "emits from two goroutines at a time")
	case g.done && !b.Start && g.open == nil && !g.query:
		err = g.conn.broken(g.call, "goes on after the last batch of a round without beginning another")
	default:
		g.busy = true
		return nil
	}
	g.ended = err
	return err
}

// batch returns b without the records that are not fit to go on, which become
// failures. The connector's own slices are not changed.
func (g *gate) batch(b sdk.Batch) (sdk.Batch, error) {
	if err := g.position(b); err != nil {
		return b, err
	}
	records, copied := b.Records, false
	failed := g.failures(b.Failed)
	var size int64
	for i := range b.Records {
		if err := g.record(&b.Records[i]); err != nil {
			if !copied {
				records, copied = slices.Clone(b.Records[:i]), true
			}
			failed = append(slices.Clip(failed), g.failure(b.Records[i], err))
			g.conn.count.Refused.Add(1)
			continue
		}
		size += int64(len(b.Records[i].Data))
		if copied {
			records = append(records, b.Records[i])
		}
	}
	b.Records, b.Failed = records, failed
	g.conn.count.Batches.Add(1)
	g.conn.count.Records.Add(int64(len(records)))
	g.conn.count.Bytes.Add(size)
	return b, nil
}

// position checks what holds for the batch as a whole.
func (g *gate) position(b sdk.Batch) error {
	switch {
	case len(b.Cursor) > sdk.MaxCursor:
		return g.conn.broken(g.call, "has a cursor of %d bytes, at most %d", len(b.Cursor), sdk.MaxCursor)
	case (g.open != nil || g.query) && b.Cursor != nil:
		return g.conn.broken(g.call, "returns a cursor to a question that has none")
	case (b.Reach[0] == "") != (b.Reach[1] == "") || b.Reach[0] > b.Reach[1]:
		return g.conn.broken(g.call, "names a reach from %q to %q", show(b.Reach[0]), show(b.Reach[1]))
	}
	for _, s := range b.Sets {
		if s.Parent == "" || !clean(s.Parent) || slices.ContainsFunc(s.Keys, func(k string) bool { return k == "" || !clean(k) }) {
			return g.conn.broken(g.call, "names a set of parts without a parent or key")
		}
	}
	return nil
}

// record says why a record is not fit to go on, and marks its key as answered.
func (g *gate) record(r *sdk.Record) error {
	waits, asked := g.open[r.Key]
	if waits {
		g.open[r.Key] = false
	}
	switch err := checkRecord(r); {
	case err != nil:
		return err
	case r.Key == "" && !g.query && (g.bare == nil || !g.bare()):
		return errors.New("it has no key")
	case r.Object != "" && g.req.Object != "" && r.Object != g.req.Object:
		return fmt.Errorf("it is of the object %q", show(r.Object))
	case g.open != nil && !asked:
		return errors.New("it was not asked for")
	case g.open != nil && !waits:
		return errors.New("its key is answered twice")
	}
	return nil
}

// failure makes a refused record a failure that names it as well as it can.
func (g *gate) failure(r sdk.Record, why error) sdk.Failure {
	key := show(r.Key)
	return sdk.Failure{Key: key, Partition: g.req.Partition, Err: &sdk.Error{
		Op: g.call.op, Object: g.call.object, Partition: g.call.partition, Key: key, Kind: sdk.Invalid, Code: "record",
		Err: fmt.Errorf("connector %s sent a record that cannot go on: %w", g.conn.spec.Name, why),
	}}
}

// failures checks the failures that the connector itself reported.
func (g *gate) failures(list []sdk.Failure) []sdk.Failure {
	copied := false
	for i, f := range list {
		if g.open[f.Key] {
			g.open[f.Key] = false
		}
		if f.Err != nil && clean(f.Key) && clean(f.Partition) && printable(f.Err.Error()) {
			continue
		}
		if f.Err == nil {
			f.Err = errors.New("the connector gives no reason")
		}
		if !copied {
			list, copied = slices.Clone(list), true
		}
		list[i] = sdk.Failure{Key: show(f.Key), Partition: show(f.Partition), Err: g.call.describe(f.Err)}
	}
	return list
}

// unanswered hands on a failure for every key that the connector said nothing
// about: an absent answer is no deletion (Invariant 3).
func (g *gate) unanswered() error {
	var b sdk.Batch
	for _, key := range g.req.Keys {
		if g.open[key] {
			g.open[key] = false
			b.Failed = append(b.Failed, sdk.Failure{Key: key, Partition: g.req.Partition, Err: &sdk.Error{
				Op: g.call.op, Object: g.call.object, Partition: g.call.partition, Key: key, Kind: sdk.Internal, Code: "unanswered",
				Err: fmt.Errorf("connector %s did not answer for this key", g.conn.spec.Name),
			}})
		}
	}
	if len(b.Failed) == 0 {
		return nil
	}
	return g.emit(b)
}
