package msgraph

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/rest"
)

// mailboxesAtOnce is how many mailboxes one Write works on at a time; the records of a mailbox are written one after the other.
const mailboxesAtOnce = 8

// order is one record to be written, understood.
type order struct {
	rec    sdk.Record
	box    *user
	fields []member // what Graph is sent
}

// Write implements sdk.Writer.
func (c *Conn) Write(ctx context.Context, req sdk.WriteRequest) ([]sdk.Result, error) {
	if err := known(req.Object); err != nil {
		return nil, err
	}
	s, err := c.scope(ctx, req.Scope)
	if err != nil {
		results := make([]sdk.Result, len(req.Records))
		for i, rec := range req.Records {
			results[i] = sdk.Result{Key: rec.Key, Outcome: sdk.NotDone, Err: located(err, "write", req.Object, rec.Partition)}
		}
		return results, nil
	}
	results := make([]sdk.Result, len(req.Records))
	boxes := map[string][]int{} // indexes by mailbox, in order
	orders := make([]order, len(req.Records))
	for i, rec := range req.Records {
		o, err := c.understand(s, req.Object, rec)
		if err != nil {
			results[i] = sdk.Result{Key: rec.Key, Outcome: sdk.NotDone, Err: located(err, "write", req.Object, rec.Partition)}
			continue
		}
		orders[i] = o
		boxes[o.box.id] = append(boxes[o.box.id], i)
	}
	var wg sync.WaitGroup
	sem := make(chan struct{}, mailboxesAtOnce)
	for _, list := range boxes {
		sem <- struct{}{}
		wg.Go(func() {
			defer func() { <-sem }()
			for _, i := range list {
				w := &writing{c: c, req: &req, order: orders[i], round: c.newRound(stepFor(req.Object), sdk.ReadRequest{Object: req.Object, Partition: orders[i].box.id}, orders[i].box, s, nil)}
				results[i] = w.do(ctx)
				if err := results[i].Err; err != nil {
					e := *sdk.AsError(located(err, "write", req.Object, orders[i].box.id))
					e.Key = orders[i].rec.Key
					results[i].Err = &e
				}
			}
		})
	}
	wg.Wait()
	return results, nil
}

// understand finds the mailbox of a record and the fields that Graph is to be sent: those of the record and no others.
func (c *Conn) understand(s *scope, object string, rec sdk.Record) (order, error) {
	o := order{rec: rec}
	if rec.Op != sdk.Upsert && rec.Op != sdk.Delete {
		return o, sdk.Errorf(sdk.Invalid, "op", "a record with op %s cannot be written", rec.Op)
	}
	if rec.Op == sdk.Delete || rec.Key != "" {
		if err := checkID("key", rec.Key); err != nil {
			return o, err
		}
	}
	var all []member
	var err error
	if rec.Op == sdk.Upsert {
		if all, err = members(rec.Data); err != nil {
			return o, sdk.Errorf(sdk.Invalid, "data", "the data is no JSON object: %w", err)
		}
	}
	var owner, organizer string
	v := vettedOf(object)
	for _, m := range all {
		switch {
		case m.name == "user":
			_ = json.Unmarshal(m.value, &owner) // anything but a text names nobody
		case m.name == "organizer" && object == objectEvent:
			var r struct {
				EmailAddress struct {
					Address string `json:"address"`
				} `json:"emailAddress"`
			}
			_ = json.Unmarshal(m.value, &r)
			organizer = r.EmailAddress.Address
		case m.name == "isDeleted", m.name == "isExternalOrganizer", strings.Contains(m.name, "@odata."):
		case slices.Contains(v.readOnly, m.name):
			return o, &sdk.Error{
				Kind: sdk.Invalid, Code: "field_read_only", Args: map[string]string{"field": m.name}, Err: fmt.Errorf("the field %q is set by Microsoft 365 and cannot be written", m.name),
				Hint: sdk.Text{EN: "take it out of the field mapping", DE: "es aus der Feldzuordnung nehmen"},
			}
		default:
			if slices.Contains(v.lists, m.name) && string(m.value) == "null" {
				m.value = []byte("[]") // a list is emptied; null is refused for some
			}
			o.fields = append(o.fields, m)
		}
	}
	o.box, err = mailboxFor(s, rec, organizer, owner)
	return o, err
}

// mailboxFor decides whose mailbox a record is written to: the partition's, else for a new record the organiser's or that of "user".
func mailboxFor(s *scope, rec sdk.Record, organizer, owner string) (*user, error) {
	if rec.Partition != "" {
		return s.mailbox(rec.Partition)
	}
	for _, a := range []string{organizer, owner} {
		if u := s.user(a); a != "" && u != nil && (a == organizer || organizer == "") {
			return u, nil
		}
	}
	return nil, &sdk.Error{
		Kind: sdk.Invalid, Code: "mailbox_undecided", Args: map[string]string{"organizer": organizer, "user": owner},
		Err: fmt.Errorf("no mailbox to write to: organizer %q and user %q do not name a selected user", organizer, owner),
		Hint: sdk.Text{
			EN: "map the organiser or the field user to the address of a selected user, or select that user", DE: "den Organisator oder das Feld user auf die Adresse eines ausgewählten Benutzers abbilden oder diesen Benutzer auswählen",
		},
	}
}

func vettedOf(object string) vetted {
	for _, v := range vettedObjects() {
		if v.object == object {
			return v
		}
	}
	return vetted{}
}

// writing carries out one order.
type writing struct {
	c     *Conn
	req   *sdk.WriteRequest
	order order
	round *round // makes records of answers
}

func (w *writing) do(ctx context.Context) sdk.Result {
	if err := ctx.Err(); err != nil {
		return w.failed(&sdk.Error{Kind: sdk.KindOf(err), Err: &rest.Failure{Outcome: sdk.NotDone, Err: err}})
	}
	if err := w.round.locate(ctx); err != nil {
		return w.failed(notSent(err))
	}
	switch {
	case w.order.rec.Op == sdk.Delete:
		return w.delete(ctx)
	case w.order.rec.Key == "":
		return w.create(ctx)
	}
	return w.update(ctx)
}

// failed makes the result of a write that ended with err.
func (w *writing) failed(err error) sdk.Result {
	return sdk.Result{Key: w.order.rec.Key, Partition: w.order.box.id, Outcome: rest.OutcomeOf(err), Err: err}
}

// notSent marks an error that came before the write itself.
func notSent(err error) error {
	e := *sdk.AsError(err)
	e.Err = &rest.Failure{Outcome: sdk.NotDone, Err: e.Err}
	return &e
}

// settled is the result of a write that is not sent: a dry run, or a quiet one that would mail people.
func (w *writing) settled(notifies int) (sdk.Result, bool) {
	r := sdk.Result{Key: w.order.rec.Key, Partition: w.order.box.id, Notifies: notifies, Outcome: sdk.NotDone}
	if w.req.Quiet && notifies > 0 {
		r.Err = &sdk.Error{Kind: sdk.Unsupported, Code: "would_notify", Args: map[string]string{"people": fmt.Sprint(notifies)}, Err: fmt.Errorf("the write would send mail to %d people", notifies)}
		return r, true
	}
	return r, w.req.DryRun
}

func (w *writing) container() string {
	switch w.req.Object {
	case objectTask:
		return w.round.path("/todo/lists/" + escape(w.round.cur.List) + "/tasks")
	case objectContact:
		return w.round.path("/contacts")
	}
	return w.round.path("/events")
}

func (w *writing) create(ctx context.Context) sdk.Result {
	fields, err := w.newFields()
	if err != nil {
		return w.failed(notSent(err))
	}
	notifies := len(w.guests(fieldOf(fields, "attendees")))
	if r, end := w.settled(notifies); end {
		return r
	}
	resp, err := w.c.graph.send(ctx, w.order.box.id, rest.Request{Method: http.MethodPost, Link: w.container(), Header: w.c.graph.prefer(), Body: object(fields)})
	if err != nil {
		if codeOf(err) == "intent_exists" {
			return w.adopt(ctx, err)
		}
		return w.failed(err)
	}
	r := w.stored(ctx, resp)
	r.Notifies = notifies
	if r.Key == "" {
		r.Outcome = sdk.Unknown // it exists, but its key is not known
		return r
	}
	if v := fieldOf(fields, "recurrence"); w.req.Object == objectEvent && v != nil && string(v) != "null" {
		if r.Related, err = w.instances(ctx, r.Key); err != nil {
			r.Err = err // with a Key: it exists and is linked; the occurrences come with the next round
		}
	}
	return r
}

// adopt answers a create whose intent Graph knows already: the record is there.
func (w *writing) adopt(ctx context.Context, cause error) sdk.Result {
	rec := sdk.Record{Partition: w.order.box.id, Intent: w.order.rec.Intent}
	found, err := w.c.findIn(ctx, w.round, rec, sdk.FindRequest{Object: w.req.Object, Limit: 2})
	if err != nil || len(found) != 1 {
		e := *sdk.AsError(cause)
		e.Err = &rest.Failure{Outcome: sdk.Unknown, Err: cause}
		return w.failed(&e)
	}
	return sdk.Result{Key: found[0].Key, Stamp: found[0].Stamp, Partition: found[0].Partition, Data: found[0].Data, Outcome: sdk.Done}
}

func (w *writing) update(ctx context.Context) sdk.Result {
	header, err := w.ifMatch()
	if err != nil {
		return w.failed(notSent(err))
	}
	fields, notifies := w.order.fields, -1
	if w.req.Object == objectEvent && w.loud() && (w.req.Quiet || w.req.DryRun || fieldOf(fields, "attendees") != nil) {
		before, err := w.before(ctx)
		if err != nil {
			return w.failed(notSent(err))
		}
		fields = w.keepGuests(fields, before)
		notifies = w.notified(fields, before)
		if r, end := w.settled(notifies); end {
			return r
		}
	} else if r, end := w.settled(0); end {
		return r
	}
	resp, err := w.c.graph.send(ctx, w.order.box.id, rest.Request{Method: http.MethodPatch, Link: w.round.itemPath(w.order.rec.Key), Header: header, Body: object(fields)})
	if err != nil {
		return w.failed(err)
	}
	loud := w.req.Object == objectEvent && w.loud()
	var guests int
	if loud && notifies < 0 {
		var now meeting
		if json.Unmarshal(resp.Body, &now) == nil && now.Owner {
			guests = len(w.guests(now.Attendees))
		}
	}
	r := w.stored(ctx, resp)
	r.Notifies = max(notifies, guests)
	if r.Key == "" {
		r.Key = w.order.rec.Key
	}
	return r
}

func (w *writing) delete(ctx context.Context) sdk.Result {
	header, err := w.ifMatch()
	if err != nil {
		return w.failed(notSent(err))
	}
	done := sdk.Result{Key: w.order.rec.Key, Partition: w.order.box.id, Outcome: sdk.Done}
	guarded := w.req.Object == objectTask && w.order.rec.IfStamp != "" // To Do does not look at If-Match on DELETE
	if w.req.Object == objectEvent || guarded {
		before, err := w.before(ctx)
		if itemGone(err) {
			return done
		}
		if err != nil {
			return w.failed(notSent(err))
		}
		if guarded && before.ETag != stampETag(w.order.rec.IfStamp) {
			return w.failed(notSent(sdk.Errorf(sdk.Conflict, "stamp_changed", "the task has changed meanwhile")))
		}
		if before.Owner {
			done.Notifies = len(w.guests(before.Attendees))
		}
	}
	if r, end := w.settled(done.Notifies); end {
		return r
	}
	resp, err := w.c.graph.send(ctx, w.order.box.id, rest.Request{Method: http.MethodDelete, Link: w.round.itemPath(w.order.rec.Key), Header: header})
	if err != nil && !itemGone(err) {
		return w.failed(err)
	}
	resp.Free()
	return done
}

// ifMatch makes the header that guards a write with the record's stamp. To Do answers a malformed one with 500, so it is checked here.
func (w *writing) ifMatch() (http.Header, error) {
	h := w.c.graph.prefer()
	if w.order.rec.IfStamp == "" {
		return h, nil
	}
	etag := stampETag(w.order.rec.IfStamp)
	if !strings.HasPrefix(etag, `W/"`) || !strings.HasSuffix(etag, `"`) || len(etag) < 5 {
		return nil, sdk.Errorf(sdk.Invalid, "stamp", "%.60q is no stamp of Microsoft Graph", w.order.rec.IfStamp)
	}
	h.Set("If-Match", etag)
	return h, nil
}

// stampETag is the entity tag of a stamp; that of an occurrence is followed by its series'.
func stampETag(stamp string) string {
	etag, _, _ := strings.Cut(stamp, " ")
	return etag
}

// stored makes the result of the item that a write answered with.
func (w *writing) stored(ctx context.Context, resp *rest.Response) sdk.Result {
	defer resp.Free()
	r := sdk.Result{Partition: w.order.box.id, Outcome: sdk.Done}
	var p page
	item, err := p.item(resp.Body)
	if err != nil {
		return r
	}
	r.Key, r.Stamp = string(item.id), string(item.etag)
	var b sdk.Batch
	if err := w.round.addOne(ctx, item, &b); err == nil && len(b.Records) == 1 {
		r.Stamp, r.Data = cmp.Or(b.Records[0].Stamp, r.Stamp), bytes.Clone(b.Records[0].Data)
	}
	return r
}

func fieldOf(fields []member, name string) []byte {
	for _, m := range fields {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// object writes members as a JSON object.
func object(fields []member) []byte {
	b := []byte{'{'}
	for _, m := range fields {
		b = appendMember(b, m)
	}
	if len(b) > 1 {
		b = append(b[:1], b[2:]...) // the first comma
	}
	return append(b, '}')
}
