package run_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/gleis-dev/gleis/sdk"
)

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
