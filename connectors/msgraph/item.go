package msgraph

import (
	"context"

	"github.com/gleis-dev/gleis/sdk"
)

// itemStep follows the delta of a container that has no window: the default task list, the default contacts folder.
type itemStep struct{}

func (itemStep) first(ctx context.Context, r *round) (string, error) {
	if err := r.locate(ctx); err != nil {
		return "", err
	}
	if r.req.Object == objectTask {
		return r.path("/todo/lists/" + escape(r.cur.List) + "/tasks/delta"), nil
	}
	return r.path("/contacts/delta"), nil
}

func (itemStep) rows(ctx context.Context, r *round, b *sdk.Batch) error {
	var removed []string
	for i := range r.page.rows {
		w := &r.page.rows[i]
		switch {
		case len(w.id) == 0:
			return sdk.Errorf(sdk.Unavailable, codeMalformed, "row %d of the page has no id", i)
		case w.removed:
			removed = append(removed, string(w.id))
		default:
			r.addItem(w, b)
		}
	}
	return r.confirm(ctx, removed, b, func(w *row) error { r.addItem(w, b); return nil })
}

// addItem makes the record of a task or contact.
func (r *round) addItem(w *row, b *sdk.Batch) {
	data := r.bytes(func(b []byte) []byte { return w.appendRow(b, r.extras[keep], w.taskEdits()) })
	b.Records = append(b.Records, r.record(w, string(w.etag), "", data))
}

// addOne makes the record of an item that was asked for by its key.
func (r *round) addOne(ctx context.Context, w *row, b *sdk.Batch) error {
	if e, ok := r.kind.(*eventStep); ok {
		return e.add(ctx, r, w, b)
	}
	r.addItem(w, b)
	return nil
}

// locate completes the cursor with the default task list of the mailbox.
func (r *round) locate(ctx context.Context) (err error) {
	if r.req.Object == objectTask && r.cur.List == "" {
		r.cur.List, err = r.c.defaultList(ctx, r.box)
	}
	return err
}
