package link_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

var id = link.ID{Process: "p", SourceKey: "1"}

// active is a link whose two sides agreed on a title.
func active(change func(*link.Link)) *link.Link {
	l := link.Link{ID: id, TargetKey: "t1", SourceStamp: "s1", TargetStamp: "t1", Base: []byte(`{"title":"A"}`), Intent: "i"}
	if change != nil {
		change(&l)
	}
	return &l
}

func upsert(stamp string) sdk.Record { return sdk.Record{Key: "1", Stamp: stamp} }

// TestDecide goes through the order of decisions, row by row.
func TestDecide(t *testing.T) {
	t.Parallel()
	mapped := []byte(`{"title":"B"}`)
	same := []byte(`{"title":"A"}`)
	target := func(title, stamp string) *link.Target {
		return &link.Target{Key: "t1", Stamp: stamp, Data: []byte(`{"more":1,"title":"` + title + `"}`)}
	}
	rules := link.Rules{Conflict: process.SourceWins, Idempotency: sdk.ByIntent, CanLoad: true, CanAsk: true}
	with := func(change func(*link.Rules)) link.Rules {
		r := rules
		change(&r)
		return r
	}
	byTitle := with(func(r *link.Rules) { r.Match = process.Match{Fields: []string{"title"}} })
	creating := active(func(l *link.Link) { l.State, l.TargetKey, l.TargetStamp = link.Creating, "", "" })
	buried := active(func(l *link.Link) { l.State = link.Deleted })
	hits := func(keys ...string) *[]link.Target {
		out := []link.Target{}
		for _, k := range keys {
			out = append(out, link.Target{Key: k, Stamp: "x", Data: []byte(`{"title":"B"}`)})
		}
		return &out
	}
	readOnly := with(func(r *link.Rules) { r.Object = &sdk.Object{} })
	for _, c := range []struct {
		name   string
		in     link.Input
		rules  link.Rules
		action link.Action
		reason string
	}{
		{"dropped by the transformation", link.Input{Record: upsert("s2"), Dropped: "where"}, rules, link.Skip, "where"},
		{"no link: create", link.Input{Record: upsert("s1"), Mapped: mapped}, rules, link.Create, link.New},
		{"no link, match rule: ask", link.Input{Record: upsert("s1"), Mapped: mapped}, byTitle, link.Match, link.New},
		{"no match: create", link.Input{Record: upsert("s1"), Mapped: mapped, Matches: hits()}, byTitle, link.Create, link.New},
		{"no match: skip", link.Input{Record: upsert("s1"), Mapped: mapped, Matches: hits()}, with(func(r *link.Rules) {
			r.Match = process.Match{Fields: []string{"title"}, None: process.OutcomeSkip}
		}), link.Skip, link.MatchNone},
		{"one match: load it", link.Input{Record: upsert("s1"), Mapped: mapped, Matches: hits("t1")}, byTitle, link.Load, link.Changed},
		{"one match, the same content: tie", link.Input{Record: upsert("s1"), Mapped: mapped, Matches: hits("t1"), Target: target("B", "x")}, byTitle, link.Tie, link.Matched},
		{"one match, other content: carry over", link.Input{Record: upsert("s1"), Mapped: mapped, Matches: hits("t1"), Target: target("Z", "x")}, byTitle, link.Update, link.Matched},
		{"one match: only tie", link.Input{Record: upsert("s1"), Mapped: mapped, Matches: hits("t1")}, with(func(r *link.Rules) {
			r.Match = process.Match{Fields: []string{"title"}, One: process.OutcomeLink}
		}), link.Tie, link.Matched},
		{"one match: fail", link.Input{Record: upsert("s1"), Mapped: mapped, Matches: hits("t1")}, with(func(r *link.Rules) {
			r.Match = process.Match{Fields: []string{"title"}, One: process.OutcomeFail}
		}), link.Fail, link.MatchOne},
		{"many matches: leave alone", link.Input{Record: upsert("s1"), Mapped: mapped, Matches: hits("t1", "t2")}, byTitle, link.Skip, link.MatchMany},
		{"many matches: never tie one of them", link.Input{Record: upsert("s1"), Mapped: mapped, Matches: hits("t1", "t2")}, with(func(r *link.Rules) {
			r.Match = process.Match{Fields: []string{"title"}, Many: process.OutcomeLinkAndWrite}
		}), link.Skip, link.MatchMany},
		{"create not allowed", link.Input{Record: upsert("s1"), Mapped: mapped}, readOnly, link.Skip, link.NotAllowed},
		{"update not allowed", link.Input{Record: upsert("s2"), Mapped: mapped, Own: active(nil)}, readOnly, link.Skip, link.NotAllowed},
		{"not an object", link.Input{Record: upsert("s1"), Mapped: []byte(`[1]`)}, rules, link.Fail, link.BadRecord},

		{"a reverse sibling wrote it", link.Input{Record: upsert("s1"), Mapped: mapped, Reverse: []link.Link{{ID: link.ID{Process: "q", SourceKey: "t1"}, TargetKey: "1", SourceStamp: "t1", TargetStamp: "s1"}}}, rules, link.Tie, link.Echo},
		{"a reverse sibling wrote it, changed since", link.Input{Record: upsert("s2"), Mapped: mapped, Reverse: []link.Link{{ID: link.ID{Process: "q", SourceKey: "t1"}, TargetKey: "1", SourceStamp: "t1", TargetStamp: "s1"}}}, rules, link.Load, link.Changed},
		{"a parallel sibling knows the pair", link.Input{Record: upsert("s1"), Mapped: mapped, Target: target("B", "t1"), Parallel: []link.Link{{ID: link.ID{Process: "q", SourceKey: "1"}, TargetKey: "t1"}}}, rules, link.Tie, link.SameAtTarget},
		{"a sibling's tombstone is no pair", link.Input{Record: upsert("s1"), Mapped: mapped, Parallel: []link.Link{{ID: link.ID{Process: "q", SourceKey: "1"}, TargetKey: "t1", State: link.Deleted}}}, rules, link.Create, link.New},

		{"in sync", link.Input{Record: upsert("s1"), Mapped: same, Own: active(nil)}, rules, link.Skip, link.InSync},
		{"in sync, no longer suspect", link.Input{Record: upsert("s1"), Mapped: same, Own: active(func(l *link.Link) { l.Suspect = true })}, rules, link.Raise, link.InSync},
		{"in sync with a sibling's write", link.Input{Record: upsert("s1"), Mapped: mapped, Own: active(func(l *link.Link) { l.Base = nil })}, rules, link.Raise, link.InSync},
		{"same stamp, the rules map it otherwise now", link.Input{Record: upsert("s1"), Mapped: mapped, Own: active(nil)}, rules, link.Load, link.Changed},
		{"another stamp alone", link.Input{Record: upsert("s2"), Mapped: same, Own: active(nil)}, rules, link.Raise, link.SameContent},
		{"no stamps, the same content", link.Input{Record: upsert(""), Mapped: same, Own: active(nil)}, rules, link.Raise, link.SameContent},
		{"changed: load", link.Input{Record: upsert("s2"), Mapped: mapped, Own: active(nil)}, rules, link.Load, link.Changed},
		{"changed: write", link.Input{Record: upsert("s2"), Mapped: mapped, Own: active(nil), Target: target("A", "t1")}, rules, link.Update, link.Changed},
		{"changed, the target cannot be read", link.Input{Record: upsert("s2"), Mapped: mapped, Own: active(nil)}, with(func(r *link.Rules) { r.CanLoad = false }), link.Update, link.Changed},
		{"changed, the target holds it already", link.Input{Record: upsert("s2"), Mapped: mapped, Own: active(nil), Target: target("B", "t2")}, rules, link.Raise, link.SameAtTarget},
		{"changed, only the target's stamp moved", link.Input{Record: upsert("s2"), Mapped: mapped, Own: active(nil), Target: target("A", "t2")}, rules, link.Update, link.Changed},
		{"both changed", link.Input{Record: upsert("s2"), Mapped: mapped, Own: active(nil), Target: target("Z", "t2")}, rules, link.Update, link.ConflictSourceWins},
		{"the target is gone", link.Input{Record: upsert("s2"), Mapped: mapped, Own: active(nil), Target: &link.Target{State: link.Gone}}, rules, link.Create, link.Recreated},
		{"the target is missing", link.Input{Record: upsert("s2"), Mapped: mapped, Own: active(nil), Target: &link.Target{State: link.Absent}}, rules, link.Fail, link.TargetMissing},

		{"unknown outcome: read back although in sync", link.Input{Record: upsert("s1"), Mapped: same, Own: active(func(l *link.Link) { l.Unknown = true })}, rules, link.Load, link.Changed},
		{"unknown outcome, back to the old value: written again", link.Input{Record: upsert("s1"), Mapped: same, Own: active(func(l *link.Link) { l.Unknown = true }), Target: target("B", "t2")}, rules, link.Update, link.Changed},
		{"unknown outcome, as it was", link.Input{Record: upsert("s1"), Mapped: same, Own: active(func(l *link.Link) { l.Unknown = true }), Target: target("A", "t2")}, rules, link.Raise, link.ReadBack},
		{"open intent: look first", link.Input{Record: upsert("s1"), Mapped: same, Own: creating}, rules, link.Resolve, link.ReadBack},
		{"open intent, found", link.Input{Record: upsert("s1"), Mapped: mapped, Own: creating, Made: hits("t9")}, rules, link.Raise, link.ReadBack},
		{"open intent, nothing found, can be repeated", link.Input{Record: upsert("s1"), Mapped: mapped, Own: creating, Made: hits()}, rules, link.Create, link.New},
		{"open intent, nothing found, cannot be repeated", link.Input{Record: upsert("s1"), Mapped: mapped, Own: creating, Made: hits()}, with(func(r *link.Rules) { r.Idempotency = sdk.ByNothing }), link.Fail, link.CreateUnknown},
		{"open intent, several found", link.Input{Record: upsert("s1"), Mapped: mapped, Own: creating, Made: hits("a", "b")}, rules, link.Fail, link.CreateAmbiguous},
		{"open intent, deleted at the source: look first", link.Input{Record: sdk.Record{Key: "1", Op: sdk.Delete}, Own: creating}, rules, link.Resolve, link.ReadBack},
		{"open intent, deleted at the source, nothing made", link.Input{Record: sdk.Record{Key: "1", Op: sdk.Delete}, Own: creating, Made: hits()}, rules, link.Forget, link.NotLinked},
		{"open intent, deleted at the source, made", link.Input{Record: sdk.Record{Key: "1", Op: sdk.Delete}, Own: creating, Made: hits("t9")}, rules, link.Hold, link.Confirmed},

		{"deleted, confirmed", link.Input{Record: sdk.Record{Key: "1", Op: sdk.Delete}, Own: active(nil)}, rules, link.Hold, link.Confirmed},
		{"disappeared", link.Input{Record: sdk.Record{Key: "1", Op: sdk.Missing}, Own: active(nil)}, rules, link.Suspect, link.Disappeared},
		{"disappeared again", link.Input{Record: sdk.Record{Key: "1", Op: sdk.Missing}, Own: active(func(l *link.Link) { l.Suspect = true })}, rules, link.Skip, link.Disappeared},
		{"let go", link.Input{Record: sdk.Record{Key: "1", Op: sdk.Release}, Own: active(nil)}, rules, link.Release, link.LetGo},
		{"let go, open intent", link.Input{Record: sdk.Record{Key: "1", Op: sdk.Release}, Own: creating}, rules, link.Resolve, link.ReadBack},
		{"let go, never linked", link.Input{Record: sdk.Record{Key: "1", Op: sdk.Release}}, rules, link.Skip, link.LetGo},
		{"deleted, never linked", link.Input{Record: sdk.Record{Key: "1", Op: sdk.Delete}}, rules, link.Skip, link.NotLinked},
		{"deleted, known to a sibling", link.Input{Record: sdk.Record{Key: "1", Op: sdk.Delete}, Reverse: []link.Link{{ID: link.ID{Process: "q", SourceKey: "t1"}, TargetKey: "1"}}}, rules, link.Hold, link.Confirmed},
		{"deleted twice", link.Input{Record: sdk.Record{Key: "1", Op: sdk.Delete}, Own: buried}, rules, link.Skip, link.Tombstone},
		{"deleted after it was let go", link.Input{Record: sdk.Record{Key: "1", Op: sdk.Delete}, Own: active(func(l *link.Link) { l.State = link.Released })}, rules, link.Skip, link.AlreadyReleased},

		{"tombstone: ask whether it is there", link.Input{Record: upsert("s2"), Mapped: mapped, Own: buried}, rules, link.Ask, link.Returned},
		{"tombstone, the source says it is there", link.Input{Record: upsert("s2"), Mapped: mapped, Own: buried, Asked: true}, rules, link.Create, link.Returned},
		{"tombstone, cannot ask, an old row", link.Input{Record: upsert("s1"), Mapped: same, Own: buried}, with(func(r *link.Rules) { r.CanAsk = false }), link.Skip, link.Tombstone},
		{"tombstone, cannot ask, a new row", link.Input{Record: upsert("s2"), Mapped: same, Own: buried}, with(func(r *link.Rules) { r.CanAsk = false }), link.Create, link.Returned},
		{"let go and there again, the same content", link.Input{Record: upsert("s1"), Mapped: same, Own: active(func(l *link.Link) { l.State = link.Released })}, rules, link.Raise, link.Returned},
		{"let go and there again, changed", link.Input{Record: upsert("s2"), Mapped: mapped, Own: active(func(l *link.Link) { l.State = link.Released }), Target: target("A", "t1")}, rules, link.Update, link.Changed},
		{"made by a sibling besides, unchanged", link.Input{Record: upsert("s1"), Mapped: mapped, Own: &link.Link{ID: id, State: link.Released, SourceStamp: "s1"}}, rules, link.Skip, link.Echo},
		{"made by a sibling besides, changed", link.Input{Record: upsert("s2"), Mapped: mapped, Own: &link.Link{ID: id, State: link.Released, SourceStamp: "s1"}}, rules, link.Create, link.Returned},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.in.ID = id
			dec := link.Decide(c.in, c.rules)
			if dec.Action != c.action || dec.Reason != c.reason {
				t.Errorf("%s (%s), want %s (%s)", dec.Action, dec.Reason, c.action, c.reason)
			}
			if dec.Link.ID != id {
				t.Errorf("the link is of %v", dec.Link.ID)
			}
		})
	}
}

func TestOnlyChangedFieldsAreWritten(t *testing.T) {
	t.Parallel()
	object := &sdk.Object{Fields: []sdk.Field{{Name: "at", Type: sdk.TypeInstant}, {Name: "sum", Type: sdk.TypeDecimal}, {Name: "body", Type: sdk.TypeObject, Fields: []sdk.Field{{Name: "content", Type: sdk.TypeText}}}},
		Allow: sdk.Allow{Update: true, Create: true}}
	own := active(func(l *link.Link) { l.Base, l.TargetStamp = []byte(`{"title":"old"}`), "t1" })
	for _, c := range []struct {
		name, base, mapped, target, want string
	}{
		{"one of two", `{"note":"n","title":"a"}`, `{"note":"n","title":"b"}`, `{"note":"n","title":"a"}`, `{"title":"b"}`},
		{"null is a value", `{"title":"a"}`, `{"title":null}`, `{"title":"a"}`, `{"title":null}`},
		{"null and missing are the same", `{"note":"x","title":"a"}`, `{"note":null,"title":"b"}`, `{"title":"a"}`, `{"title":"b"}`},
		{"empty is not null", `{"title":"a"}`, `{"title":""}`, `{"title":"a"}`, `{"title":""}`},
		{"members that are not mapped do not count", `{"body":{"content":"a"},"title":"a"}`, `{"body":{"content":"a"},"title":"b"}`, `{"body":{"content":"a","type":"html"},"title":"a"}`, `{"title":"b"}`},
		{"an instant in another offset", `{"at":"2026-01-01T10:00:00Z","title":"a"}`, `{"at":"2026-01-01T10:00:00Z","title":"b"}`, `{"at":"2026-01-01T11:00:00+01:00","title":"a"}`, `{"title":"b"}`},
		{"a decimal as text", `{"sum":12.5,"title":"a"}`, `{"sum":12.5,"title":"b"}`, `{"sum":"12.50","title":"a"}`, `{"title":"b"}`},
		{"digits are not lost", `{"sum":1}`, `{"sum":12345678901234567890.1}`, `{"sum":12345678901234567890.2}`, `{"sum":12345678901234567890.1}`},
		{"what the target stores in another form is left alone", `{"":{"note":"n"},"note":" n ","title":"a"}`, `{"note":" n ","title":"b"}`, `{"note":"n","title":"a"}`, `{"title":"b"}`},
		{"a list is complete", `{"tags":["a","b"]}`, `{"tags":["a"]}`, `{"tags":["a","b"]}`, `{"tags":["a"]}`},
		{"never agreed", ``, `{"note":"n","title":"b"}`, `{"note":"n","title":"a"}`, `{"title":"b"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := *own
			l.Base = nil
			if c.base != "" {
				l.Base = []byte(c.base)
			}
			dec := link.Decide(link.Input{ID: id, Own: &l, Record: upsert("s2"), Mapped: []byte(c.mapped), Target: &link.Target{Key: "t1", Stamp: "t1", Data: []byte(c.target)}},
				link.Rules{Object: object, Conflict: process.SourceWins, CanLoad: true})
			if dec.Action != link.Update || string(dec.Data) != c.want || dec.IfStamp != "t1" {
				t.Errorf("%s %s if %q, want update %s", dec.Action, dec.Data, dec.IfStamp, c.want)
			}
		})
	}
}

func TestAgreeKeepsTheTargetsForm(t *testing.T) {
	t.Parallel()
	base, err := link.Agree(nil, []byte(`{"body":{"text":" a "},"list":[1,2],"title":" a "}`), []byte(`{"body":{"more":1,"text":"a"},"list":[1,2],"rev":7,"title":"a"}`))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(`{"":{"body":{"text":"a"},"title":"a"},"body":{"text":" a "},"list":[1,2],"title":" a "}`, string(base)); d != "" {
		t.Error(d)
	}
	sent, err := link.Sent(base)
	if d := cmp.Diff(`{"body":{"text":" a "},"list":[1,2],"title":" a "}`, string(sent)); d != "" || err != nil {
		t.Error(d, err)
	}
}

func TestDecideDelete(t *testing.T) {
	t.Parallel()
	rules := link.Rules{Conflict: process.SourceWins, CanLoad: true}
	was := &link.Target{Key: "t1", Stamp: "t1", Data: []byte(`{"title":"A"}`)}
	for _, c := range []struct {
		name   string
		link   link.Link
		target *link.Target
		rules  link.Rules
		action link.Action
		reason string
		state  link.State
	}{
		{"look at the target first", *active(nil), nil, rules, link.Load, link.Confirmed, link.Active},
		{"unchanged: deleted", *active(nil), was, rules, link.Delete, link.Confirmed, link.Deleted},
		{"cannot be read: deleted", *active(nil), nil, link.Rules{}, link.Delete, link.Confirmed, link.Deleted},
		{"gone already", *active(nil), &link.Target{State: link.Gone}, rules, link.Bury, link.Confirmed, link.Deleted},
		{"missing, unconfirmed", *active(nil), &link.Target{State: link.Absent}, rules, link.Fail, link.TargetMissing, link.Active},
		{"changed since: kept", *active(nil), &link.Target{Key: "t1", Stamp: "t2", Data: []byte(`{"title":"Z"}`)}, rules, link.Release, link.ChangeWins, link.Released},
		{"a field that is not ours changed", *active(nil), &link.Target{Key: "t1", Stamp: "t2", Data: []byte(`{"title":"A","x":1}`)}, rules, link.Delete, link.Confirmed, link.Deleted},
		{"never agreed, another stamp", *active(func(l *link.Link) { l.Base = nil }), &link.Target{Key: "t1", Stamp: "t2"}, rules, link.Release, link.ChangeWins, link.Released},
		{"unknown outcome: the change is perhaps our own", *active(func(l *link.Link) { l.Unknown = true }), &link.Target{Key: "t1", Stamp: "t2", Data: []byte(`{"title":"Z"}`)}, rules, link.Delete, link.Confirmed, link.Deleted},
		{"not linked any more", *active(func(l *link.Link) { l.State = link.Released }), was, rules, link.Skip, link.NotLinked, link.Released},
		{"not allowed", *active(nil), was, link.Rules{Object: &sdk.Object{}}, link.Release, link.NotAllowed, link.Released},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dec := link.DecideDelete(c.link, c.target, nil, c.rules)
			if dec.Action != c.action || dec.Reason != c.reason || dec.Link.State != c.state {
				t.Errorf("%s (%s) state %d, want %s (%s) state %d", dec.Action, dec.Reason, dec.Link.State, c.action, c.reason, c.state)
			}
			if dec.Action == link.Delete && c.target != nil && dec.IfStamp != c.target.Stamp {
				t.Errorf("if stamp %q", dec.IfStamp)
			}
		})
	}
}
