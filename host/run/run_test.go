package run_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/connectors/memory"
	"github.com/gleis-dev/gleis/host/catalog"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/host/store"
	"github.com/gleis-dev/gleis/sdk"
)

// openSealer is a sealer that hides nothing, for stores that are thrown away.
type openSealer struct{}

func (openSealer) Unlock(string, []byte) ([]byte, error)           { return []byte("keyset"), nil }
func (openSealer) Seal(plain []byte, _ ...string) ([]byte, error)  { return bytes.Clone(plain), nil }
func (openSealer) Open(sealed []byte, _ ...string) ([]byte, error) { return bytes.Clone(sealed), nil }

// bench is a job from one memory system to another, over a real store.
type bench struct {
	t        *testing.T
	src, dst *memory.System
	store    run.Store
	job      *run.Job
	runner   *run.Runner

	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
	entry []run.Entry
}

// person and contact are the objects of most tests.
func person(partitions ...string) memory.Object {
	o := memory.Object{Object: sdk.Object{
		Name: "person", Key: []string{"id"}, Changed: "rev",
		Fields: []sdk.Field{
			{Name: "id", Type: sdk.TypeText, CreateOnly: true}, {Name: "name", Type: sdk.TypeText}, {Name: "mail", Type: sdk.TypeText},
			{Name: "born", Type: sdk.TypeInstant}, {Name: "drop", Type: sdk.TypeText}, {Name: "rev", Type: sdk.TypeText, ReadOnly: true},
		},
	}, At: "born"}
	for _, p := range partitions {
		o.Partitions = append(o.Partitions, sdk.Partition{ID: p, Group: p, Title: "Mailbox " + p})
	}
	return o
}

func contact(idem sdk.Idempotency) memory.Object {
	return memory.Object{Object: sdk.Object{
		Name: "contact", Key: []string{"id"}, Changed: "rev", Idempotency: idem,
		Fields: []sdk.Field{
			{Name: "id", Type: sdk.TypeText, CreateOnly: true}, {Name: "title", Type: sdk.TypeText}, {Name: "email", Type: sdk.TypeText},
			{Name: "note", Type: sdk.TypeText}, {Name: "rev", Type: sdk.TypeText, ReadOnly: true},
		},
	}}
}

func newBench(t *testing.T, src, dst memory.Object) *bench {
	t.Helper()
	b := &bench{t: t, src: memory.New(src), dst: memory.New(dst), now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "data"), store.Options{Sealer: openSealer{}, Now: b.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	b.store = db
	b.runner = &run.Runner{Store: db, Now: b.clock, Rand: seeded(1), Sleep: b.sleep, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	b.job = &run.Job{
		Process: process.Process{Name: "people", Conflict: process.SourceWins, OnError: process.RepeatDifferences, Parallel: 2},
		Source:  b.end(b.src, "person"), Target: b.end(b.dst, "contact"),
		Mapper: copying(map[string]string{"title": "name", "email": "mail"}),
	}
	return b
}

// seeded is randomness that repeats itself.
func seeded(seed uint64) io.Reader {
	var b [32]byte
	b[0], b[1] = byte(seed), byte(seed>>8)
	return &lockedReader{r: rand.NewChaCha8(b)}
}

type lockedReader struct {
	mu sync.Mutex
	r  io.Reader
}

func (l *lockedReader) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}

func (b *bench) end(s *memory.System, object string) run.End {
	b.t.Helper()
	cat, err := catalog.New(s.Connector())
	if err != nil {
		b.t.Fatal(err)
	}
	conn, err := cat.Open(b.t.Context(), object, "memory", sdk.Env{Now: b.clock}) // it also watches that the contract is kept
	if err != nil {
		b.t.Fatal(err)
	}
	schema, err := conn.Schema(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return run.End{Conn: conn, Object: schema.Object(object)}
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

// sleep passes the time at once.
func (b *bench) sleep(ctx context.Context, d time.Duration) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
	b.slept = append(b.slept, d)
	return ctx.Err()
}

func (b *bench) put(key, name, mail string) { b.putIn("", key, name, mail) }

func (b *bench) putIn(partition, key, name, mail string) {
	b.src.Put("person", partition, key, map[string]any{"name": name, "mail": mail})
}

// run runs the job and wants it to succeed as a whole.
func (b *bench) run(opts run.Options) run.Report {
	b.t.Helper()
	b.mu.Lock()
	b.now, b.entry = b.now.Add(time.Hour), nil
	b.mu.Unlock()
	opts.Entry = func(e run.Entry) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.entry = append(b.entry, e)
	}
	rep, err := b.runner.Run(b.t.Context(), b.job, opts)
	if err != nil {
		b.t.Fatal(err)
	}
	return rep
}

// sum runs the job and compares the sums, without the number of partitions.
func (b *bench) sum(opts run.Options, want run.Sum) run.Report {
	b.t.Helper()
	rep := b.run(opts)
	got := rep.Sum
	got.Partitions = 0
	if d := cmp.Diff(want, got); d != "" {
		b.t.Fatalf("sum of the run (-want +got):\n%s\n%s", d, b.lines())
	}
	return rep
}

func (b *bench) lines() string {
	var s string
	for _, e := range b.entry {
		s += fmt.Sprintf("%s %s → %s: %s (%s) %s\n", e.Partition, e.SourceKey, e.TargetKey, e.Action, e.Reason, e.Detail)
	}
	return s
}

// contacts is what the target holds, by title.
func (b *bench) contacts() map[string]string {
	out := map[string]string{}
	for _, r := range b.dst.Rows("contact") {
		title, email := fmt.Sprint(r.Data["title"]), fmt.Sprint(r.Data["email"])
		if _, twice := out[title]; twice {
			title += " (twice)"
		}
		out[title] = email
	}
	return out
}

func (b *bench) same(want map[string]string) {
	b.t.Helper()
	if d := cmp.Diff(want, b.contacts()); d != "" {
		b.t.Fatalf("the target (-want +got):\n%s\n%s", d, b.lines())
	}
}

func TestCreateUpdateDeleteAndNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	b.put("1", "Ada", "ada@a.example")
	b.put("2", "Bob", "bob@a.example")
	b.sum(run.Options{}, run.Sum{Read: 2, Created: 2})
	b.same(map[string]string{"Ada": "ada@a.example", "Bob": "bob@a.example"})

	b.dst.ForgetLog()
	b.sum(run.Options{}, run.Sum{})
	b.sum(run.Options{Full: true}, run.Sum{Read: 2, Unchanged: 2})
	if log := b.dst.Log(); len(log) != 0 {
		t.Fatalf("quiet runs wrote: %v", log)
	}

	b.put("3", "Cyd", "cyd@a.example")
	b.src.Edit("person", "", "1", map[string]any{"mail": "ada@b.example"})
	b.src.Remove("person", "", "2")
	b.sum(run.Options{}, run.Sum{Read: 3, Created: 1, Updated: 1, Deleted: 1})
	b.same(map[string]string{"Ada": "ada@b.example", "Cyd": "cyd@a.example"})
	for _, e := range b.dst.Log() {
		if e.Op == "update" && e.Data != `{"email":"ada@b.example"}` {
			t.Errorf("the update carries %s, want the changed field only", e.Data)
		}
	}
	b.sum(run.Options{}, run.Sum{})
}

func TestOnePartitionFailsAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t, person("a", "b", "c"), contact(sdk.ByIntent))
	for _, p := range []string{"a", "b", "c"} {
		b.putIn(p, p+"1", "Name "+p, "x")
	}
	boom := sdk.Errorf(sdk.Auth, "mailbox_locked", "no access")
	b.src.Inject(memory.Fault{Op: "read", Partition: "b", Times: -1, Err: boom})
	rep := b.run(run.Options{})
	if rep.Sum.FailedPartitions != 1 || rep.Sum.Created != 2 || rep.Sum.Partitions != 3 {
		t.Fatalf("sum %+v", rep.Sum)
	}
	for _, p := range rep.Partitions {
		if failed := p.Err != nil; failed != (p.Partition == "b") {
			t.Errorf("partition %s: %v", p.Partition, p.Err)
		}
		if p.Partition == "b" && (!errors.Is(p.Err, sdk.Auth) || p.Title != "Mailbox b") {
			t.Errorf("partition b: %q %v", p.Title, p.Err)
		}
	}
	b.src.Heal()
	b.sum(run.Options{}, run.Sum{Read: 1, Created: 1})

	// A member of the selection that cannot be resolved is named, and its links stay.
	b.src.FailRead("person", "c", "", sdk.Errorf(sdk.NotFound, "user_unknown", "no such user"))
	b.src.Edit("person", "a", "a1", map[string]any{"mail": "y"})
	rep = b.sum(run.Options{}, run.Sum{Read: 1, Updated: 1, FailedPartitions: 1})
	if p := rep.Partitions[len(rep.Partitions)-1]; p.Partition != "c" || sdk.AsError(p.Err).Code != "user_unknown" {
		t.Errorf("%+v", p)
	}
	if n := len(b.contacts()); n != 3 {
		t.Errorf("%d contacts", n)
	}
}

func TestStepsAreReadAndWritten(t *testing.T) {
	t.Parallel()
	b := newBench(t, person(), contact(sdk.ByIntent))
	settings, err := sdk.ParseSettings([]sdk.Setting{{Name: "from"}, {Name: "to"}}, map[string]string{"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"})
	if err != nil {
		t.Fatal(err)
	}
	b.job.Source.Step, b.job.Source.Settings = "person", settings
	b.src.Put("person", "", "1", map[string]any{"name": "Ada", "mail": "x", "born": "2026-05-01T00:00:00Z"})
	b.src.Put("person", "", "2", map[string]any{"name": "Bob", "mail": "x", "born": "2020-05-01T00:00:00Z"})
	b.sum(run.Options{}, run.Sum{Read: 1, Created: 1})
	b.src.Remove("person", "", "1")
	b.sum(run.Options{}, run.Sum{Read: 1, Deleted: 1})
}
