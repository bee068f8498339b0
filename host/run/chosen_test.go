package run_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/connectors/memory"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

func TestPartitionsAreChosenByIDOrTitle(t *testing.T) {
	t.Parallel()
	b := newBench(t, person("a", "b", "c"), contact(sdk.ByIntent))
	for _, p := range []string{"a", "b", "c"} {
		b.putIn(p, p, "Name "+p, "x")
	}
	b.src.FailRead("person", "c", "", sdk.Errorf(sdk.NotFound, "user_unknown", "no such user"))
	b.sum(run.Options{Partitions: []string{"mailbox B", "b"}}, run.Sum{Read: 1, Created: 1})
	b.same(map[string]string{"Name b": "x"})
	b.sum(run.Options{Partitions: []string{"c"}}, run.Sum{FailedPartitions: 1})
	b.sum(run.Options{Partitions: []string{"a"}}, run.Sum{Read: 1, Created: 1})
}

func TestAnUnknownPartitionEndsTheRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		partitions []string
		says       string
	}{
		"many": {[]string{"a", "b", "c", "d", "e", "f"}, "Mailbox a, Mailbox b, Mailbox c, Mailbox d, Mailbox e, …"},
		"one":  {[]string{"a"}, "it has Mailbox a"},
		"none": {nil, "no partitions"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, person(c.partitions...), contact(sdk.ByIntent))
			for _, p := range append(c.partitions, "")[:1] {
				b.putIn(p, "1", "Ada", "x")
			}
			known := append(c.partitions, "")[0]
			rep, err := b.runner.Run(t.Context(), b.job, run.Options{Partitions: []string{known, "nobody@a.example"}})
			if c.partitions == nil {
				rep, err = b.runner.Run(t.Context(), b.job, run.Options{Partitions: []string{"nobody@a.example"}})
			}
			if !errors.Is(err, sdk.Invalid) || sdk.AsError(err).Code != "partition_unknown" || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "nobody@a.example") {
				t.Errorf("%v", err)
			}
			if rep.Sum != (run.Sum{}) || len(rep.Partitions) != 0 || len(b.contacts()) != 0 {
				t.Errorf("%+v %v", rep, b.contacts())
			}
		})
	}
}

// TestTheEndOfTheContextIsSaidOnce: not by every partition, and not in the log.
func TestTheEndOfTheContextIsSaidOnce(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]error{"its own": context.Canceled, "as the system says it": &sdk.Error{Kind: sdk.Cancelled}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, person("a", "b", "c"), contact(sdk.ByIntent))
			var log bytes.Buffer
			b.runner.Log = slog.New(slog.NewTextHandler(&log, nil))
			ctx, cancel := context.WithCancel(t.Context())
			b.src.Switch(func(s *memory.Switches) {
				s.Call = func(_ context.Context, c memory.Call) error {
					if c.Op != "read" {
						return nil
					}
					cancel()
					return end
				}
			})
			rep, err := b.runner.Run(ctx, b.job, run.Options{})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
			for _, p := range rep.Partitions {
				if p.Err != nil {
					t.Errorf("%s: %v", p.Partition, p.Err)
				}
			}
			if rep.Sum.FailedPartitions != 0 || log.Len() != 0 {
				t.Errorf("%+v\n%s", rep.Sum, log.String())
			}
		})
	}
	// What fails for another reason is said all the same.
	b := newBench(t, person("a"), contact(sdk.ByIntent))
	ctx, cancel := context.WithCancel(t.Context())
	b.src.Switch(func(s *memory.Switches) {
		s.Call = func(_ context.Context, c memory.Call) error {
			if c.Op != "read" {
				return nil
			}
			cancel()
			return sdk.Errorf(sdk.Auth, "locked", "no access")
		}
	})
	if rep, _ := b.runner.Run(ctx, b.job, run.Options{}); rep.Sum.FailedPartitions != 1 {
		t.Errorf("%+v", rep.Sum)
	}
}
