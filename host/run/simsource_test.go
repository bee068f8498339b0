package run_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

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
	linked   func() bool // whether the engine would miss a record in an empty listing
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
		for _, rec := range b.Records {
			o := s.items[number(rec.Key)]
			o.omitted, o.emptied = false, false
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
			// One empty listing is not to be believed where records are linked, two in a row are.
			o.omitted, o.emptied = o.omitted || o.emptied || !s.linked(), true
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
