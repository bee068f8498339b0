package run_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/connectors/memory"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

// pair is two systems kept in step in both directions, under faults.
type pair struct {
	r           *rand.Rand
	people, crm *memory.System
	runner      *run.Runner
	jobs        [2]*run.Job
	removed     map[string]bool // names that a user deleted on some side
	made        []string
	trace       []string
	next        int
}

func newPair(t *testing.T, seed uint64) *pair {
	t.Helper()
	p := &pair{r: rand.New(rand.NewPCG(seed, 5)), removed: map[string]bool{}}
	one, two := person(), contact(sdk.ByIntent)
	one.Idempotency = sdk.ByIntent
	p.people, p.crm = memory.New(one), memory.New(two)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p.runner = &run.Runner{
		Store: newMemStore(), Rand: words{rand.New(rand.NewPCG(seed, 6))}, Log: slog.New(slog.DiscardHandler),
		Now:   func() time.Time { now = now.Add(7 * time.Minute); return now },
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	end := func(s *memory.System, object string) run.End {
		conn, err := s.Connector().Open(t.Context(), sdk.Env{})
		if err != nil {
			t.Fatal(err)
		}
		schema, err := conn.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return run.End{Conn: conn, Object: schema.Object(object)}
	}
	a, b := end(p.people, "person"), end(p.crm, "contact")
	rule := process.Process{Conflict: process.Merge, OnError: process.RepeatDifferences, Parallel: 1}
	there, back := rule, rule
	there.Name, back.Name = "there", "back"
	p.jobs = [2]*run.Job{
		{Process: there, Source: a, Target: b, Mapper: copying(map[string]string{"title": "name", "email": "mail"}), Siblings: []process.Sibling{{Name: "back", Reverse: true}}},
		{Process: back, Source: b, Target: a, Mapper: copying(map[string]string{"name": "title", "mail": "email"}), Siblings: []process.Sibling{{Name: "there", Reverse: true}}},
	}
	return p
}

func (p *pair) note(format string, args ...any) {
	p.trace = append(p.trace, fmt.Sprintf(format, args...))
}

// user edits one side.
func (p *pair) user() {
	p.next++
	s, object, name, mail := p.people, "person", "name", "mail"
	if p.r.IntN(2) == 0 {
		s, object, name, mail = p.crm, "contact", "title", "email"
	}
	rows := s.Rows(object)
	switch k := p.r.IntN(8); {
	case k < 3 || len(rows) == 0:
		n := fmt.Sprint("n", p.next)
		p.made = append(p.made, n)
		s.Put(object, "", fmt.Sprint(object, "-by-user-", p.next), map[string]any{name: n, mail: "m"})
		p.note("user makes %s in %s", n, object)
	case k < 7:
		row := rows[p.r.IntN(len(rows))]
		s.Edit(object, "", row.Key, map[string]any{mail: fmt.Sprint("m", p.next)})
		p.note("user edits %v in %s: m%d", row.Data[name], object, p.next)
	default:
		row := rows[p.r.IntN(len(rows))]
		p.removed[fmt.Sprint(row.Data[name])] = true
		s.Remove(object, "", row.Key)
		p.note("user deletes %v in %s", row.Data[name], object)
	}
}

// fault makes one side fail a little.
func (p *pair) fault() {
	s := p.people
	if p.r.IntN(2) == 0 {
		s = p.crm
	}
	kinds := []sdk.Kind{sdk.Unavailable, sdk.Throttled, sdk.Auth, sdk.Invalid, sdk.Conflict, sdk.Internal}
	f := memory.Fault{
		Op:   []string{"write", "write", "write", "read", "find"}[p.r.IntN(5)],
		Skip: p.r.IntN(3), Times: 1 + p.r.IntN(2), Err: sdk.Errorf(kinds[p.r.IntN(len(kinds))], "fault", "fault"),
	}
	if f.Op == "write" {
		f.After, f.Whole = p.r.IntN(2) == 0, p.r.IntN(3) == 0
	}
	p.note("fault: %+v", f)
	s.Inject(f)
}

func (p *pair) run(t *testing.T, i int) run.Sum {
	t.Helper()
	rep, err := p.runner.Run(t.Context(), p.jobs[i], run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p.note("%s: %+v", p.jobs[i].Process.Name, rep.Sum)
	return rep.Sum
}

// rows lists a side: name and mail of each record.
func rows(s *memory.System, object, name, mail string) []string {
	var out []string
	for _, r := range s.Rows(object) {
		out = append(out, fmt.Sprint(r.Data[name], " ", r.Data[mail]))
	}
	slices.Sort(out)
	return out
}

func (p *pair) judge(t *testing.T) string {
	t.Helper()
	if q := [2]run.Sum{p.run(t, 0), p.run(t, 1)}; q[0] != (run.Sum{Partitions: 1}) || q[1] != (run.Sum{Partitions: 1}) {
		return "the quiet runs are not quiet"
	}
	people, contacts := rows(p.people, "person", "name", "mail"), rows(p.crm, "contact", "title", "email")
	if !slices.Equal(people, contacts) {
		return fmt.Sprintf("the sides differ: %v and %v", people, contacts)
	}
	count := map[string]int{}
	for _, r := range people {
		name, _, _ := strings.Cut(r, " ")
		count[name]++
	}
	for _, n := range p.made {
		if count[n] > 1 || count[n] == 0 && !p.removed[n] {
			return fmt.Sprintf("%s is there %d times", n, count[n])
		}
	}
	return ""
}

// TestBothDirectionsUnderFaults: whatever fails, the two sides come together;
// nothing is doubled, and nothing goes that no user deleted.
func TestBothDirectionsUnderFaults(t *testing.T) {
	t.Parallel()
	for seed := range uint64(histories(t, 3000)) {
		p := newPair(t, seed)
		for range 30 {
			switch k := p.r.IntN(10); {
			case k < 5:
				p.user()
			case k < 7:
				p.fault()
			default:
				p.run(t, p.r.IntN(2))
			}
		}
		p.people.Heal()
		p.crm.Heal()
		for range 6 {
			p.run(t, 0)
			p.run(t, 1)
		}
		if fail := p.judge(t); fail != "" {
			t.Fatalf("seed %d: %s\n%s", seed, fail, strings.Join(p.trace, "\n"))
		}
	}
}
