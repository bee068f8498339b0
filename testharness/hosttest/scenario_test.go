package hosttest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/connectors/memory"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/testharness/hosttest"
)

const config = `
connections:
  left: {connector: left}
  right: {connector: right}
processes:
  items:
    source: {connection: left, object: item}
    target: {connection: right, object: item}
    where: "record.note != 'private'"
    fields: {name: name, note: note}
    conflict: source_wins
    on_error: repeat_differences
`

// named is the connector of a system under a name of its own.
func named(s *memory.System, name string) sdk.Connector {
	c := s.Connector()
	c.Spec.Name = name
	return c
}

func TestAScenario(t *testing.T) {
	t.Parallel()
	left, right := memory.New(), memory.New()
	s := hosttest.Start(t, config, named(left, "left"), named(right, "right"))
	for i := range 30 {
		left.Put("item", "", fmt.Sprint(i), map[string]any{"name": fmt.Sprint("Item ", i), "note": "n"})
	}
	left.Put("item", "", "secret", map[string]any{"name": "Secret", "note": "private"})
	s.Run("items", run.Sum{Read: 31, Created: 30, Skipped: 1}).Quiet("items").Restart().Quiet("items")

	left.Edit("item", "", "3", map[string]any{"note": "edited"})
	left.Remove("item", "", "4")
	s.Run("items", run.Sum{Read: 2, Updated: 1, Deleted: 1})

	for i := 10; i < 25; i++ {
		left.Remove("item", "", fmt.Sprint(i))
	}
	s.Run("items", run.Sum{Read: 15, Held: 15}).Held("items", 15).Run("items", run.Sum{Held: 15})
	s.Reject("items", "10").Release("items").Restart().Run("items", run.Sum{Read: 14, Deleted: 14}).Held("items", 0)
	if n := len(right.Rows("item")); s.Err() == nil && n != 15 {
		t.Errorf("%d items on the right", n)
	}
}

// recorder is a test that notes what it is told.
type recorder struct {
	testing.TB
	errors   []string
	cleanups []func()
}

// Error implements testing.TB.
func (r *recorder) Error(args ...any)    { r.errors = append(r.errors, fmt.Sprint(args...)) }
func (r *recorder) Cleanup(f func())     { r.cleanups = append(r.cleanups, f) }
func (r *recorder) finish()              { r.cleanups[0]() }
func (r *recorder) Errors() (all string) { return strings.Join(r.errors, "\n") }

func TestTheFirstWrongStepIsTold(t *testing.T) {
	t.Parallel()
	left, right := memory.New(), memory.New()
	r := &recorder{TB: t}
	s := hosttest.Start(r, config, named(left, "left"), named(right, "right"))
	left.Put("item", "", "1", map[string]any{"name": "One"})
	s.Run("items", run.Sum{Read: 1, Created: 2}).Run("nobody", run.Sum{}).Do("never", func() error {
		t.Error("a step after a wrong one was taken")
		return nil
	})
	r.finish()
	if got := r.Errors(); !strings.Contains(got, "step 3, run items") || !strings.Contains(got, "Created") || strings.Contains(got, "nobody") {
		t.Errorf("told: %s", got)
	}
}

func TestAWrongConfigurationIsTold(t *testing.T) {
	t.Parallel()
	r := &recorder{TB: t}
	s := hosttest.Start(r, "connections: {left: {connector: nobody}}\n")
	s.Quiet("items")
	r.finish()
	if got := r.Errors(); !strings.Contains(got, "start the host") || !strings.Contains(got, "nobody") {
		t.Errorf("told: %s", got)
	}
}
