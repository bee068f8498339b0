package run_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// The world of the simulation: a source in the manner of Microsoft Graph (window,
// delta tokens of three generations, replays, doubled and shuffled rows, empty
// and short listings) and a target in the manner of a CRM (writes whose answer is
// lost), both with one random number generator, so that a seed tells a history.

var errCrash = errors.New("the process is dead")

// rates are the chances of faults, drawn for each history: some have only one
// kind, some all.
type rates struct {
	crash, outage, throttle, mailbox, lost, refused, empty, short, replay, double, stale, shuffle, meanwhile float64
}

type world struct {
	r      *rand.Rand
	rates  rates
	faults bool
	dead   bool         // crashed: nothing takes effect until the next run
	kill   map[int]bool // steps at which the process dies, besides the chances
	steps  int
	trace  []string // the last operations
	during func()   // what users do while a run is under way
	inside bool
}

func newWorld(seed uint64) *world {
	w := &world{r: rand.New(rand.NewPCG(seed, 7)), faults: true}
	draw := func(most float64) float64 {
		if w.r.IntN(3) == 0 {
			return 0
		}
		return most * w.r.Float64()
	}
	w.rates = rates{
		crash: draw(0.02), outage: draw(0.08), throttle: draw(0.05), mailbox: draw(0.1), lost: draw(0.1), refused: draw(0.05),
		empty: draw(0.1), short: draw(0.1), replay: draw(0.3), double: draw(0.2), stale: draw(0.2), shuffle: draw(0.5), meanwhile: draw(0.02),
	}
	return w
}

func (w *world) p(f float64) bool { return w.faults && f > 0 && w.r.Float64() < f }

func (w *world) note(format string, args ...any) {
	if len(w.trace) >= 60 {
		w.trace = w.trace[1:]
	}
	w.trace = append(w.trace, fmt.Sprintf(format, args...))
}

// point is a moment at which the process may die, or users may do something.
func (w *world) point() error {
	w.steps++
	if w.dead {
		return errCrash
	}
	if w.kill[w.steps] || w.p(w.rates.crash) {
		w.note("crash")
		w.dead = true
		return errCrash
	}
	if w.during != nil && !w.inside && w.p(w.rates.meanwhile) {
		w.inside = true
		w.during()
		w.inside = false
	}
	return nil
}

// store is the fault of a memStore.
func (w *world) store(op string) error {
	if err := w.point(); err != nil {
		return err
	}
	if op != "" && w.p(w.rates.refused/10) {
		w.note("store error")
		return errors.New("disk full") // perhaps after it was carried out
	}
	return nil
}

// origin is a record of the source.
type origin struct {
	id       int
	ver      int
	body     int
	old      string // data before the last change, for stale rows
	inWindow bool
	gone     bool
	omitted  bool // a listing that had to be believed lacked it, and it was not reported since
	emptied  bool // the last listing was empty
}

func (o *origin) key() string   { return "a" + strconv.Itoa(o.id) }
func (o *origin) stamp() string { return "v" + strconv.Itoa(o.ver) }
func (o *origin) data() string  { return fmt.Sprintf(`{"body":%d,"ext":%d}`, o.body, o.id) }

func (o *origin) record() sdk.Record {
	return sdk.Record{Key: o.key(), Stamp: o.stamp(), Data: []byte(o.data())}
}

// simSource is the source.
type simSource struct {
	w        *world
	items    []*origin
	log      []int               // ids in the order of their changes
	tokens   map[int]int         // generation to position in log
	order    []int               // valid generations
	gen      int                 // generations handed out
	pages    map[string]simRound // rounds under way, by page cursor
	pageNo   int
	requests int
}

// simRound is the rest of a round. What a page shows of a record is its state when
// the page is asked for.
type simRound struct {
	ids  []int
	full bool
	done int // generation of the final cursor
}

func newSimSource(w *world) *simSource {
	return &simSource{w: w, tokens: map[int]int{}, pages: map[string]simRound{}}
}

func (s *simSource) Schema(context.Context) (*sdk.Schema, error) { return nil, nil }
func (s *simSource) Close() error                                { return nil }

func simSourceObject() *sdk.Object {
	return &sdk.Object{Name: "event", Key: []string{"ext"}, Allow: sdk.Allow{Read: true, ByKey: true, ByChange: true}}
}

func (s *simSource) change(o *origin, f func()) {
	o.old = o.data()
	f()
	o.ver++
	s.log = append(s.log, o.id)
}

func (s *simSource) token(pos int) int {
	s.gen++
	s.tokens[s.gen] = pos
	if s.order = append(s.order, s.gen); len(s.order) > 3 {
		delete(s.tokens, s.order[0])
		s.order = s.order[1:]
	}
	return s.gen
}

func (s *simSource) call() error {
	s.requests++
	if err := s.w.point(); err != nil {
		return err
	}
	if s.w.p(s.w.rates.outage) {
		s.w.note("source: 503")
		return sdk.Errorf(sdk.Unavailable, "503", "service unavailable")
	}
	if s.w.p(s.w.rates.throttle) {
		return &sdk.Error{Kind: sdk.Throttled, Code: "429", RetryAfter: time.Second}
	}
	return nil
}

// Read implements sdk.Reader.
func (s *simSource) Read(_ context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	if req.Keys != nil {
		return s.readKeys(req.Keys, emit)
	}
	if err := s.call(); err != nil {
		return err
	}
	cursor := string(req.Cursor)
	r, resumed := s.pages[cursor]
	if !resumed {
		r = s.round(cursor)
	}
	for start := !resumed; ; start = false {
		n := len(r.ids)
		if n > 2 && s.w.r.IntN(2) == 0 {
			n = 1 + s.w.r.IntN(n-1)
		}
		b := sdk.Batch{Start: start, Full: r.full, Done: n == len(r.ids)}
		for _, id := range r.ids[:n] {
			if o := s.items[id]; !r.full || o.inWindow && !o.gone {
				b.Records = append(b.Records, s.row(o)...)
			}
		}
		r.ids = r.ids[n:]
		switch {
		case b.Done:
			b.Cursor = []byte("SENTINEL-" + strconv.Itoa(r.done))
		case s.w.r.IntN(3) > 0:
			s.pageNo++
			b.Cursor = []byte("SENTINEL-page-" + strconv.Itoa(s.pageNo))
			s.pages[string(b.Cursor)] = r
		}
		if err := emit(b); err != nil {
			return err
		}
		if b.Done {
			return nil
		}
		if err := s.call(); err != nil {
			return err
		}
	}
}

// round begins a round from the cursor of a finished one; a dead cursor means a
// complete listing.
func (s *simSource) round(cursor string) simRound {
	w := s.w
	gen, err := strconv.Atoi(strings.TrimPrefix(cursor, "SENTINEL-"))
	pos, alive := s.tokens[gen]
	if err != nil || !alive {
		return s.listing()
	}
	if w.p(w.rates.replay) && pos > 0 {
		pos -= 1 + w.r.IntN(min(pos, 4))
	}
	return simRound{ids: s.shuffled(s.log[pos:]), done: s.token(len(s.log))}
}

func (s *simSource) listing() simRound {
	w := s.w
	empty, short := w.p(w.rates.empty), w.p(w.rates.short)
	var ids []int
	for _, o := range s.items {
		if !o.inWindow || o.gone {
			continue
		}
		if empty {
			// One empty listing is not to be believed, two in a row are.
			o.omitted, o.emptied = o.omitted || o.emptied, true
			continue
		}
		if short && w.r.IntN(2) == 0 {
			o.omitted = true
			continue
		}
		ids = append(ids, o.id)
	}
	w.note("source: listing of %d (empty %v, short %v)", len(ids), empty, short)
	return simRound{ids: s.shuffled(ids), full: true, done: s.token(len(s.log))}
}

// row is how the source reports the present state of a record.
func (s *simSource) row(o *origin) []sdk.Record {
	w := s.w
	o.omitted, o.emptied = false, false
	if o.gone || !o.inWindow { // leaving the window looks like a removal
		r := sdk.Record{Op: sdk.Missing, Key: o.key()}
		if o.gone && w.r.IntN(2) == 0 {
			r.Op = sdk.Delete // the connector asked
		}
		return []sdk.Record{r}
	}
	rows := []sdk.Record{o.record()}
	if w.p(w.rates.double) {
		rows = append(rows, rows[0])
	}
	if o.old != "" && w.p(w.rates.stale) {
		old := sdk.Record{Key: o.key(), Stamp: "v" + strconv.Itoa(o.ver-1), Data: []byte(o.old)}
		rows = append(rows, old) // an older row after the newer one, in the same page
	}
	return rows
}

func (s *simSource) shuffled(ids []int) []int {
	ids = slices.Clone(ids)
	if s.w.p(s.w.rates.shuffle) {
		s.w.r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	}
	return ids
}

func (s *simSource) readKeys(keys []string, emit sdk.Emit) error {
	var b sdk.Batch
	for _, k := range keys {
		if err := s.call(); err != nil {
			return err
		}
		id, _ := strconv.Atoi(k[1:])
		switch o := s.items[id]; {
		case s.w.p(s.w.rates.mailbox): // 404, but of the mailbox: nothing is proven
			if s.w.r.IntN(2) == 0 {
				b.Records = append(b.Records, sdk.Record{Op: sdk.Missing, Key: k})
			} else {
				b.Failed = append(b.Failed, sdk.Failure{Key: k, Err: sdk.Errorf(sdk.Auth, "mailbox_not_enabled", "no mailbox")})
			}
		case o.gone:
			b.Records = append(b.Records, sdk.Record{Op: sdk.Delete, Key: k})
		default:
			b.Records = append(b.Records, o.record())
		}
	}
	b.Done = true
	return emit(b)
}

// copyRec is a record of the target.
type copyRec struct {
	ext, body, note int
	ver             int
	intent          string
}

// simTarget is the target.
type simTarget struct {
	w        *world
	src      *simSource
	recs     map[int]*copyRec
	next     int
	idem     sdk.Idempotency
	writes   int
	requests int
	wrong    string      // what must never happen, as it happens
	made     map[int]int // creates that took place, by ext
}

func newSimTarget(w *world, src *simSource, idem sdk.Idempotency) *simTarget {
	return &simTarget{w: w, src: src, recs: map[int]*copyRec{}, idem: idem, made: map[int]int{}}
}

func (t *simTarget) Schema(context.Context) (*sdk.Schema, error) { return nil, nil }
func (t *simTarget) Close() error                                { return nil }

func (t *simTarget) object() *sdk.Object {
	return &sdk.Object{Name: "meeting", Key: []string{"ext"}, Idempotency: t.idem,
		Fields: []sdk.Field{{Name: "ext", Type: sdk.TypeInt}, {Name: "body", Type: sdk.TypeInt}, {Name: "note", Type: sdk.TypeInt}},
		Allow:  sdk.Allow{Read: true, Create: true, Update: true, Delete: true, ByKey: true}}
}

func (r *copyRec) stamp() string { return "w" + strconv.Itoa(r.ver) }
func (r *copyRec) data() []byte {
	return fmt.Appendf(nil, `{"body":%d,"ext":%d,"note":%d}`, r.body, r.ext, r.note)
}

func (t *simTarget) call() error {
	t.requests++
	if err := t.w.point(); err != nil {
		return err
	}
	if t.w.p(t.w.rates.outage) {
		t.w.note("target: 503")
		return sdk.Errorf(sdk.Unavailable, "503", "service unavailable")
	}
	return nil
}

// Read implements sdk.Reader, by key.
func (t *simTarget) Read(_ context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	if err := t.call(); err != nil {
		return err
	}
	b := sdk.Batch{Done: true}
	for _, k := range req.Keys {
		if r := t.recs[number(k)]; r != nil {
			b.Records = append(b.Records, sdk.Record{Key: k, Stamp: r.stamp(), Data: r.data()})
		} else {
			b.Records = append(b.Records, sdk.Record{Op: sdk.Delete, Key: k})
		}
	}
	return emit(b)
}

func number(key string) int {
	n, _ := strconv.Atoi(key[1:])
	return n
}

// Find implements sdk.Finder.
func (t *simTarget) Find(_ context.Context, req sdk.FindRequest) ([]sdk.Match, error) {
	if err := t.call(); err != nil {
		return nil, err
	}
	var out []sdk.Match
	for i, q := range req.Records {
		var want struct{ Ext, Body *int }
		if q.Intent == "" {
			if err := sdk.Decode(q.Data, &want); err != nil {
				return nil, err
			}
		}
		for _, id := range slices.Sorted(maps.Keys(t.recs)) {
			r := t.recs[id]
			if q.Intent != "" && r.intent == q.Intent ||
				q.Intent == "" && (want.Ext == nil || *want.Ext == r.ext) && (want.Body == nil || *want.Body == r.body) {
				out = append(out, sdk.Match{Index: i, Key: "b" + strconv.Itoa(id), Stamp: r.stamp(), Data: r.data()})
			}
		}
	}
	return out, nil
}

// Write implements sdk.Writer.
func (t *simTarget) Write(_ context.Context, req sdk.WriteRequest) ([]sdk.Result, error) {
	if err := t.call(); err != nil {
		return nil, err
	}
	out := make([]sdk.Result, len(req.Records))
	for i, r := range req.Records {
		w := t.w
		if err := w.point(); err != nil {
			return nil, err
		}
		switch {
		case w.p(w.rates.lost / 2): // never arrived
			out[i].Err = sdk.Errorf(sdk.Unavailable, "timeout", "timeout")
			continue
		case w.p(w.rates.refused):
			out[i] = sdk.Result{Outcome: sdk.NotDone, Err: sdk.Errorf(sdk.Invalid, "400", "refused")}
			continue
		case w.p(w.rates.throttle):
			out[i] = sdk.Result{Outcome: sdk.NotDone, Err: &sdk.Error{Kind: sdk.Throttled, Code: "429"}}
			continue
		}
		out[i] = t.write(r)
		if err := w.point(); err != nil {
			return nil, err
		}
		switch {
		case w.p(w.rates.lost / 2): // carried out, answered with a timeout
			out[i] = sdk.Result{Err: sdk.Errorf(sdk.Unavailable, "timeout", "timeout")}
		case w.p(w.rates.lost / 8):
			return nil, sdk.Errorf(sdk.Unavailable, "reset", "connection reset")
		}
	}
	return out, nil
}

func (t *simTarget) write(r sdk.Record) sdk.Result {
	var v struct{ Ext, Body *int }
	if r.Op == sdk.Upsert {
		if err := sdk.Decode(r.Data, &v); err != nil {
			return sdk.Result{Outcome: sdk.NotDone, Err: err}
		}
	}
	if r.Key == "" {
		for _, old := range t.recs {
			if t.idem == sdk.ByKey && old.ext == *v.Ext {
				return sdk.Result{Outcome: sdk.NotDone, Err: sdk.Errorf(sdk.Conflict, "key_taken", "there is one")}
			}
		}
		t.next++
		t.writes++
		t.made[*v.Ext]++
		rec := &copyRec{ext: *v.Ext, body: *v.Body, ver: 1, intent: r.Intent}
		t.recs[t.next] = rec
		t.w.note("target: create b%d of a%d = %d", t.next, rec.ext, rec.body)
		return sdk.Result{Key: "b" + strconv.Itoa(t.next), Stamp: rec.stamp(), Data: rec.data(), Outcome: sdk.Done}
	}
	id := number(r.Key)
	rec := t.recs[id]
	switch {
	case rec == nil:
		return sdk.Result{Outcome: sdk.NotDone, Err: sdk.Errorf(sdk.NotFound, "404", "no such record")}
	case r.IfStamp != "" && r.IfStamp != rec.stamp():
		return sdk.Result{Outcome: sdk.NotDone, Err: sdk.Errorf(sdk.Conflict, "412", "another stamp")}
	}
	t.writes++
	if rec.ext < 0 {
		t.wrong = "touched a foreign record"
	}
	if r.Op == sdk.Delete {
		if rec.ext >= 0 && !t.src.items[rec.ext].gone {
			t.wrong = "deleted at the target while alive at the source"
		}
		t.w.note("target: delete b%d of a%d", id, rec.ext)
		delete(t.recs, id)
		return sdk.Result{Outcome: sdk.Done}
	}
	if v.Body != nil {
		rec.body = *v.Body
	}
	rec.ver++
	t.w.note("target: update b%d of a%d = %d", id, rec.ext, rec.body)
	return sdk.Result{Key: r.Key, Stamp: rec.stamp(), Data: rec.data(), Outcome: sdk.Done}
}
