package sql

import (
	"context"
	"errors"

	"github.com/gleis-dev/gleis/sdk"
)

var (
	// errIslands says that a record failed in a transaction without savepoints,
	// which was rolled back.
	errIslands = errors.New("again with savepoints")
	// errAlone says that the transaction was rolled back as a whole by the database
	// and may go through without one of its records.
	errAlone = errors.New("again one by one")
)

// oneByOne writes each record in a transaction of its own.
func (w writer) oneByOne(ctx context.Context, records []sdk.Record) ([]sdk.Result, error) {
	var out []sdk.Result
	for i := range records {
		res, err := w.all(ctx, records[i:i+1], false)
		if errors.Is(err, errIslands) || errors.Is(err, errAlone) {
			res, err = w.all(ctx, records[i:i+1], true)
		}
		if err != nil {
			// Its outcome is unknown; that of the others is not.
			res = []sdk.Result{{Outcome: sdk.Unknown, Err: w.c.fail(err, "write", w.t.name, records[i].Key)}}
		}
		out = append(out, res...)
	}
	return out, nil
}

// all writes the records in one transaction, with islands each in a savepoint. An
// error means that the outcome is unknown, or one of errIslands and errAlone.
func (w writer) all(ctx context.Context, records []sdk.Record, islands bool) ([]sdk.Result, error) {
	tx, err := w.c.writes.BeginTx(ctx, nil)
	if err != nil {
		return w.none(records, err), nil
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	results := make([]sdk.Result, len(records))
	for i, r := range records {
		if islands {
			if _, err := tx.ExecContext(ctx, "SAVEPOINT record"); err != nil {
				return w.broken(ctx, records, err)
			}
		}
		res, err := w.one(ctx, tx, r)
		if err == nil {
			results[i] = res
			if islands {
				if _, err := tx.ExecContext(ctx, "RELEASE SAVEPOINT record"); err != nil {
					return w.broken(ctx, records, err)
				}
			}
			continue
		}
		if ctx.Err() != nil {
			return w.none(records, ctx.Err()), nil
		}
		if !islands && len(records) > 1 && w.c.d.problem(err) != nil {
			return nil, errIslands
		}
		results[i] = sdk.Result{Key: res.Key, Outcome: sdk.NotDone, Err: w.c.fail(err, "write", w.t.name, r.Key)}
		if islands {
			if _, err := tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT record"); err != nil {
				return w.broken(ctx, records, err)
			}
		}
	}
	if !islands && len(records) == 1 && results[0].Err != nil {
		return results, nil // nothing to commit
	}
	if w.dry {
		for i := range results {
			results[i] = sdk.Result{Key: results[i].Key, Outcome: sdk.NotDone, Err: results[i].Err}
			if records[i].Key == "" {
				results[i].Key = "" // it does not exist
			}
		}
		return results, nil
	}
	if ctx.Err() != nil {
		return w.none(records, ctx.Err()), nil
	}
	if err := tx.Commit(); err != nil {
		return w.refused(records, results, err)
	}
	return results, nil
}

// broken deals with a transaction that has come to an end by itself: by a trigger
// that rolls back, or with the connection. Nothing of it is left.
func (w writer) broken(ctx context.Context, records []sdk.Record, err error) ([]sdk.Result, error) {
	if len(records) > 1 && ctx.Err() == nil {
		return nil, errAlone
	}
	return w.none(records, err), nil
}

// refused deals with a commit that failed. Where the database itself says why, it
// has rolled back; else the outcome is unknown.
func (w writer) refused(records []sdk.Record, results []sdk.Result, err error) ([]sdk.Result, error) {
	p := w.c.d.problem(err)
	known := p != nil && (p.Kind == sdk.Invalid || p.Kind == sdk.Conflict || p.Code == "busy" || p.Code == "serialization")
	switch {
	case !known:
		return nil, err
	case len(records) > 1 && p.Kind != sdk.Unavailable:
		return nil, errAlone
	case len(records) == 1 && results[0].Err != nil:
		return results, nil // the record said more about it
	}
	return w.none(records, err), nil
}

// none returns the results of records none of which was written.
func (w writer) none(records []sdk.Record, err error) []sdk.Result {
	out := make([]sdk.Result, len(records))
	for i, r := range records {
		out[i] = sdk.Result{Outcome: sdk.NotDone, Err: w.c.fail(err, "write", w.t.name, r.Key)}
	}
	return out
}
