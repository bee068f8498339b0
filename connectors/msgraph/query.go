package msgraph

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/rest"
)

// Query implements sdk.Querier: one record by its id, id|:|ABC|;|, looked for in all selected mailboxes or in that of user|:|address|;|; or the records of
// all mailboxes by OData filter. Graph has no query language for these objects.
func (c *Conn) Query(ctx context.Context, req sdk.QueryRequest, emit sdk.Emit) error {
	if err := known(req.Object); err != nil {
		return err
	}
	err := c.query(ctx, req, emit)
	var ours *sdk.Error
	if errors.As(err, &ours) {
		return located(err, "query", req.Object, "")
	}
	return err
}

func (c *Conn) query(ctx context.Context, req sdk.QueryRequest, emit sdk.Emit) error {
	switch {
	case req.Language != "" || req.Text != "":
		return sdk.Errorf(sdk.Unsupported, "language", "Microsoft Graph has no query language for this; use field notation or a filter")
	case req.SchemaOnly:
		return emit(sdk.Batch{Records: []sdk.Record{{Object: req.Object, Data: []byte("{}")}}, Start: true, Done: true})
	case req.Notation != "" && req.Filter != "":
		return sdk.Errorf(sdk.Invalid, "query", "a query is by field notation or by filter, not both")
	case req.Notation == "" && req.Filter == "":
		return sdk.Errorf(sdk.Invalid, "query", "the query is empty; write id|:|ABC|;| or give a filter")
	}
	s, err := c.scope(ctx, nil)
	if err != nil {
		return err
	}
	boxes := s.users
	if req.Notation == "" {
		return c.queryFilter(ctx, req, s, boxes, emit)
	}
	n, err := sdk.ParseNotation(req.Notation)
	if err != nil {
		return err
	}
	if err := n.Check("id", "user"); err != nil {
		return err
	}
	id, ok := n.Get("id")
	if !ok {
		return sdk.Errorf(sdk.Invalid, "query", "the query names no id; write id|:|ABC|;|")
	}
	if err := checkID("id", id); err != nil {
		return err
	}
	if name, ok := n.Get("user"); ok {
		u, err := s.mailbox(name)
		if err != nil {
			return err
		}
		boxes = []user{*u}
	}
	return c.queryID(ctx, req, s, boxes, id, emit)
}

// queryID looks for an id in mailboxes, some at a time, and emits what it finds; an id lies in one mailbox only.
func (c *Conn) queryID(ctx context.Context, req sdk.QueryRequest, s *scope, boxes []user, id string, emit sdk.Emit) error {
	var firstErr error
	for from := 0; from < len(boxes); from += mailboxesAtOnce {
		some := boxes[from:min(from+mailboxesAtOnce, len(boxes))]
		found := make([]sdk.Batch, len(some))
		errs := make([]error, len(some))
		rounds := make([]*round, len(some))
		var wg sync.WaitGroup
		for i := range some {
			rounds[i] = c.newRound(stepFor(req.Object), sdk.ReadRequest{Object: req.Object, Partition: some[i].id, Fields: req.Fields}, &some[i], s, nil)
			wg.Go(func() { errs[i] = rounds[i].lookUp(ctx, id, &found[i]) })
		}
		wg.Wait()
		for i, b := range found {
			if errs[i] != nil && firstErr == nil {
				firstErr = errs[i]
			}
			if len(b.Records) > 0 {
				return emit(sdk.Batch{Records: b.Records, Start: true, Done: true})
			}
		}
	}
	if firstErr != nil {
		return firstErr // it may lie in the mailbox that could not be asked
	}
	return emit(sdk.Batch{Start: true, Done: true})
}

// lookUp reads one item; that it does not exist here is no error. A malformed id is one that no mailbox has.
func (r *round) lookUp(ctx context.Context, id string, b *sdk.Batch) error {
	if err := r.locate(ctx); err != nil {
		return noneHere(err)
	}
	resp, err := r.c.graph.get(ctx, r.box.id, r.itemPath(id), r.c.graph.prefer())
	if err != nil {
		return noneHere(err)
	}
	defer resp.Free()
	var p page
	w, err := p.item(resp.Body)
	if err != nil {
		return err
	}
	r.asLies = true // the organiser rule decides about synchronisation only
	if err := r.addOne(ctx, w, b); err != nil {
		return err
	}
	return r.project(b.Records)
}

// noneHere tells that a mailbox does not have the item, or is none, from not knowing. Exchange answers 400 for an id of another mailbox
// (ErrorInvalidMailboxItemId: office-js issue 1152) and for what is no id at all.
func noneHere(err error) error {
	switch s := rest.StatusOf(err); {
	case s == http.StatusNotFound, s == http.StatusBadRequest, codeOf(err) == codeNoMailbox, codeOf(err) == codeNoList:
		return nil
	}
	return err
}

// queryFilter reads the hits of a filter from one mailbox after the other.
func (c *Conn) queryFilter(ctx context.Context, req sdk.QueryRequest, s *scope, boxes []user, emit sdk.Emit) error {
	count, start := 0, true
	for i := range boxes {
		limit := 0
		if req.Limit > 0 {
			limit = req.Limit - count
		}
		read := sdk.ReadRequest{Object: req.Object, Partition: boxes[i].id, Filter: req.Filter, Order: req.Order, Fields: req.Fields, Limit: limit}
		l := &listing{r: c.newRound(stepFor(req.Object), read, &boxes[i], s, func(b sdk.Batch) error {
			b.Start, b.Done, b.Full, b.Cursor, b.Reach = start, false, false, nil, [2]string{}
			start = false
			// Copies of a meeting that a selected organiser has are no hits: his own is one.
			b.Records = slices.DeleteFunc(slices.Clone(b.Records), func(r sdk.Record) bool { return r.Op != sdk.Upsert })
			count += len(b.Records)
			return emit(b)
		})}
		err := l.run(ctx)
		switch {
		case l.r.emitErr != nil:
			return l.r.emitErr
		case mailboxGone(err), codeOf(err) == codeNoList:
			c.env.Log.Warn("a mailbox is left out of a query", "user", boxes[i].address(), "error", err)
		case err != nil:
			return err
		}
		if req.Limit > 0 && count >= req.Limit {
			break
		}
	}
	return emit(sdk.Batch{Start: start, Done: true})
}
