package msgraph

import (
	"context"
	"errors"
	"hash/maphash"
	"net/http"
	"strconv"
	"time"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/rest"
)

// Page sizes of delta rounds. 500 is the most that calendarView/delta takes; below 10 the service runs into its own time limit with endless series
// (contrib issue 7574).
const (
	largestPage  = 500
	smallestPage = 10
)

// stepKind is what the steps event, task and contact do differently.
type stepKind interface {
	// first returns the link that begins a full round and completes the cursor (window, list).
	first(ctx context.Context, r *round) (link string, err error)
	// rows makes records of the rows of r.page.
	rows(ctx context.Context, r *round, b *sdk.Batch) error
}

// round follows one delta collection of one mailbox, page by page. It keeps nothing of a page but what its batch needs.
type round struct {
	c     *Conn
	kind  stepKind
	req   sdk.ReadRequest
	box   *user
	scope *scope
	emit  sdk.Emit

	cur    cursor
	win    window
	start  bool // nothing of the round was emitted yet
	last   bool // the round is the last in its window: a full one in the next window follows
	asLies bool // records are shown as they lie in the mailbox, also copies of a selected organiser's meetings
	size   int  // page size
	page   page
	arena  []byte // data of the batch under way
	links  map[uint64]struct{}
	seed   maphash.Seed

	extras  [external + 1][]byte // what each verdict adds to an item
	emitted time.Time            // when the last batch was handed over
	emitErr error                // of the host: it ends the read and is returned as it is
}

// readStep reads with a step: exactly the keys that are asked for, or a round from the cursor. An error of the host's emit is returned as it
// is.
func (c *Conn) readStep(ctx context.Context, kind stepKind, req sdk.ReadRequest, emit sdk.Emit) error {
	s, err := c.scope(ctx, req.Scope)
	if err != nil {
		return located(err, "read", req.Object, req.Partition)
	}
	box, err := s.mailbox(req.Partition)
	if err != nil {
		return located(err, "read", req.Object, req.Partition)
	}
	r := c.newRound(kind, req, box, s, emit)
	if req.Keys != nil {
		err = r.readKeys(ctx)
	} else {
		err = r.run(ctx)
	}
	if r.emitErr != nil {
		return r.emitErr
	}
	return located(err, "read", req.Object, req.Partition)
}

// run goes on from the cursor to the end of the round.
func (r *round) run(ctx context.Context) error {
	link, err := r.begin(ctx)
	if err != nil {
		return err
	}
	for anew := r.cur.Full && r.start; ; {
		next, err := r.turn(ctx, link)
		switch {
		case err == nil && next == "" && r.last:
			anew = true
			if link, err = r.beginFull(ctx); err != nil {
				return err
			}
		case err == nil && next == "":
			return nil
		case err == nil:
			link = next
		case r.emitErr == nil && !anew && lost(err):
			// The position is gone; what it has reported stays reported, and the full round finds the rest. Once: a second loss in a row is an error.
			r.c.env.Log.Info("the delta position is lost, reading in full", "object", r.req.Object, "partition", r.req.Partition, "error", err)
			anew = true
			r.c.forgetList(r.box)
			if link, err = r.beginFull(ctx); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

func (c *Conn) newRound(kind stepKind, req sdk.ReadRequest, box *user, s *scope, emit sdk.Emit) *round {
	now := c.env.Now()
	r := &round{c: c, kind: kind, req: req, box: box, scope: s, emit: emit, size: largestPage, seed: maphash.MakeSeed(), win: c.cfg.windowAt(now), emitted: now}
	user := append(appendQuote([]byte(`,"user":`), box.address()), `,"isDeleted":false`...)
	for v := range r.extras {
		r.extras[v] = user[:len(user):len(user)]
		if req.Object == objectEvent {
			r.extras[v] = append(r.extras[v], `,"isExternalOrganizer":`+strconv.FormatBool(verdict(v) == external)...)
		}
	}
	return r
}

// hand emits a batch and remembers that the host ended the read.
func (r *round) hand(b sdk.Batch) error {
	r.emitErr = r.emit(b)
	r.emitted, r.start = r.c.env.Now(), false
	return r.emitErr
}

// A page that takes many requests is handed over in parts: when they get large, and in time, as a host ends a read that is silent for minutes.
const (
	partRecords = 4 * sdk.MaxBatchRecords
	partBytes   = 8 * sdk.MaxBatchBytes
	longSilence = time.Minute
)

// breathe hands over what b holds so far, without a position, if that is due.
func (r *round) breathe(b *sdk.Batch) error {
	if len(b.Records) < partRecords && len(r.arena) < partBytes && r.c.env.Now().Sub(r.emitted) < longSilence {
		return nil
	}
	part := *b
	part.Cursor, part.Done = nil, false
	b.Start, b.Records, b.Failed, b.Sets = false, b.Records[len(b.Records):], nil, nil
	r.arena = r.arena[len(r.arena):]
	return emitParts(part, r.hand)
}

// alive hands over an empty batch if the last one was long ago.
func (r *round) alive() error {
	if r.emit == nil || r.c.env.Now().Sub(r.emitted) < longSilence {
		return nil
	}
	b := sdk.Batch{Start: r.start, Full: r.cur.Full}
	if r.cur.Day != "" {
		b.Reach = r.win.reach()
	}
	return r.hand(b)
}

// begin goes on from the cursor, or begins a full round: without a cursor, or when the window has changed. When it is to be moved, the round of
// changes in it comes first: what has happened since on the days that it leaves would be seen by nobody else.
func (r *round) begin(ctx context.Context) (link string, err error) {
	cur, ok := decodeCursor(r.req.Cursor, r.box.id)
	cfg := &r.c.cfg
	if !ok || cur.Day != "" && cur.Shape != cfg.shape() {
		return r.beginFull(ctx)
	}
	r.last = cur.Day != "" && cur.Phase == phaseDone && cfg.moved(cur.Day, r.c.env.Now())
	if cur.Day != "" {
		if r.win, err = cur.window(); err != nil {
			return r.beginFull(ctx)
		}
	}
	r.cur, r.start = cur, cur.Phase == phaseDone
	r.cur.Full = cur.Full && cur.Phase == phaseRound
	r.links = map[uint64]struct{}{}
	return cur.Link, nil
}

func (r *round) beginFull(ctx context.Context) (link string, err error) {
	r.cur, r.start, r.last, r.links = cursor{Full: true}, true, false, map[uint64]struct{}{}
	r.win = r.c.cfg.windowAt(r.c.env.Now())
	return r.kind.first(ctx, r)
}

// errEndless marks a round whose links go in a circle.
var errEndless = errors.New("the round's links go in a circle")

// lost reports whether a link of a cursor leads nowhere any more: 410, a token that cannot be read, a container that is gone, or a circle. A request that the service
// refuses as such (400) is one too: links are the service's own words. Other failures say nothing about the link.
func lost(err error) bool {
	return codeOf(err) == codeCursorLost || rest.StatusOf(err) == http.StatusBadRequest || itemGone(err) || errors.Is(err, errEndless)
}

// turn reads a page, emits it and returns the link of the next one, "" after the last.
func (r *round) turn(ctx context.Context, link string) (next string, err error) {
	h := maphash.String(r.seed, link)
	if _, twice := r.links[h]; twice {
		return "", &sdk.Error{Kind: sdk.Unavailable, Code: "endless_round", Err: errEndless}
	}
	r.links[h] = struct{}{}
	resp, err := r.fetch(ctx, link)
	if err != nil {
		return "", err
	}
	defer resp.Free()
	if (r.page.next == "") == (r.page.delta == "") {
		return "", sdk.Errorf(sdk.Unavailable, codeMalformed, "the page has not exactly one of nextLink and deltaLink")
	}
	if r.last && r.start && len(r.page.rows) == 0 && r.page.delta != "" {
		return "", nil // nothing has happened: the next round says all there is to say
	}
	b := sdk.Batch{Start: r.start, Full: r.cur.Full, Records: make([]sdk.Record, 0, len(r.page.rows))}
	if r.cur.Day != "" {
		b.Reach = r.win.reach()
	}
	r.reserve(len(resp.Body))
	if err := r.kind.rows(ctx, r, &b); err != nil {
		return "", err
	}
	done := r.page.delta != ""
	r.cur.Phase, r.cur.Link = phaseRound, r.page.next
	if done {
		r.cur.Phase, r.cur.Link, r.cur.Full = phaseDone, r.page.delta, false
	}
	if r.cur.Link, err = r.c.graph.http.Path(r.cur.Link); err != nil {
		return "", err
	}
	b.Done = done
	if b.Cursor, err = r.cur.encode(r.box.id); err != nil {
		return "", err
	}
	if err := emitParts(b, r.hand); err != nil {
		return "", err
	}
	if done {
		return "", nil
	}
	return r.cur.Link, nil
}

// fetch reads and splits one page. A page that is too large, or takes the service too long, is asked for again in a smaller size; one that
// is not whole, as it is.
func (r *round) fetch(ctx context.Context, link string) (*rest.Response, error) {
	for try := 1; ; try++ {
		resp, err := r.c.graph.get(ctx, r.box.id, link, r.c.graph.prefer(maxPageSize(r.size)))
		if err == nil {
			if err = r.page.parse(resp.Body); err == nil {
				return resp, nil
			}
			resp.Free()
			if try >= 3 {
				return nil, err
			}
		} else {
			if !tooMuch(err) || r.size <= smallestPage {
				return nil, err
			}
			r.size = max(smallestPage, r.size/4)
		}
		if err := r.alive(); err != nil {
			return nil, err
		}
	}
}

// tooMuch reports whether a page may succeed in a smaller size: it was too large, or took the service or us too long.
func tooMuch(err error) bool {
	return codeOf(err) == rest.CodeTooLarge || codeOf(err) == rest.CodeTimeout || rest.StatusOf(err) == http.StatusGatewayTimeout
}

// emitParts hands a batch over in parts that a transport moves as one message. Only the last has the cursor: the position before it is still that of the
// batch before.
func emitParts(b sdk.Batch, emit sdk.Emit) error {
	all := b.Records
	for len(all) > sdk.MaxBatchRecords {
		part := sdk.Batch{Records: all[:sdk.MaxBatchRecords], Start: b.Start, Full: b.Full, Reach: b.Reach}
		if err := emit(part); err != nil {
			return err
		}
		all, b.Start = all[sdk.MaxBatchRecords:], false
	}
	b.Records = all
	return emit(b)
}

// reserve empties the arena for the batch of a page of that many bytes.
func (r *round) reserve(n int) {
	if n += len(r.page.rows) * (len(r.extras[external]) + 16); cap(r.arena) < n {
		r.arena = make([]byte, 0, n)
	}
	r.arena = r.arena[:0]
}

// bytes keeps what f appends in the arena of the batch and returns it. Growing the arena leaves earlier pieces where they are.
func (r *round) bytes(f func([]byte) []byte) []byte {
	from := len(r.arena)
	r.arena = f(r.arena)
	return r.arena[from:len(r.arena):len(r.arena)]
}

// record is an upsert of a row with its data.
func (r *round) record(w *row, stamp string, at string, data []byte) sdk.Record {
	return sdk.Record{Object: r.req.Object, Partition: r.box.id, Op: sdk.Upsert, Key: string(w.id), Stamp: stamp, At: at, Parent: string(w.series), Data: data}
}

// bare is a record without data.
func (r *round) bare(op sdk.Op, key string) sdk.Record {
	return sdk.Record{Object: r.req.Object, Partition: r.box.id, Op: op, Key: key}
}
