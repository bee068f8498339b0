package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/sdk"
)

type least struct{}

func (*least) Schema(context.Context) (*sdk.Schema, error) { return &sdk.Schema{}, nil }
func (*least) Close() error                                { return nil }

type reading struct{ least }

func (*reading) Read(context.Context, sdk.ReadRequest, sdk.Emit) error { return nil }
func (*reading) Find(context.Context, sdk.FindRequest) ([]sdk.Match, error) {
	return []sdk.Match{{Key: "k"}}, nil
}

func TestCapabilitiesComeFromTheType(t *testing.T) {
	t.Parallel()
	if c := sdk.Define(sdk.Spec{Name: "least"}, func(context.Context, sdk.Env) (*least, error) { return &least{}, nil }); len(c.Caps) != 0 {
		t.Errorf("the least connector can %v", c.Caps)
	}
	c := sdk.Define(sdk.Spec{Name: "reading"}, func(context.Context, sdk.Env) (*reading, error) { return &reading{}, nil })
	if d := cmp.Diff([]sdk.Capability{sdk.CanRead, sdk.CanFind}, c.Caps); d != "" {
		t.Error(d)
	}
}

func TestCallsWithoutTheCapabilityAreUnsupported(t *testing.T) {
	t.Parallel()
	ctx, c := t.Context(), &least{}
	calls := map[string]func() error{
		"read":       func() error { return sdk.Read(ctx, c, sdk.ReadRequest{}, nil) },
		"write":      func() error { _, err := sdk.Write(ctx, c, sdk.WriteRequest{}); return err },
		"query":      func() error { return sdk.Query(ctx, c, sdk.QueryRequest{}, nil) },
		"find":       func() error { _, err := sdk.Find(ctx, c, sdk.FindRequest{}); return err },
		"step":       func() error { _, err := sdk.RunStep(ctx, c, sdk.StepRequest{}, nil); return err },
		"partitions": func() error { _, err := sdk.Partitions(ctx, c, sdk.PartitionRequest{}); return err },
		"poll":       func() error { _, err := sdk.Poll(ctx, c, sdk.PollRequest{}); return err },
		"check":      func() error { _, err := sdk.Check(ctx, c); return err },
		"choices":    func() error { _, err := sdk.Choices(ctx, c, sdk.ChoiceRequest{}); return err },
		"authorize":  func() error { _, err := sdk.Authorize(ctx, c, sdk.AuthorizeRequest{}); return err },
		"redeem":     func() error { _, err := sdk.Redeem(ctx, c, sdk.RedeemRequest{}); return err },
		"blob":       func() error { _, err := sdk.OpenBlob(ctx, c, ""); return err },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, sdk.Unsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if m, err := sdk.Find(ctx, &reading{}, sdk.FindRequest{}); err != nil || m[0].Key != "k" {
		t.Errorf("find does not reach the connector: %v, %v", m, err)
	}
}

func TestFailedOpenGivesNoConnection(t *testing.T) {
	t.Parallel()
	c := sdk.Define(sdk.Spec{Name: "x"}, func(context.Context, sdk.Env) (*least, error) { return nil, io.EOF })
	if conn, err := c.Open(t.Context(), sdk.Env{}); conn != nil || !errors.Is(err, io.EOF) {
		t.Fatal(conn, err)
	}
}

func TestDefineRefusesWrongSpecs(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]sdk.Spec{
		"no name":                    {},
		"upper case":                 {Name: "Graph"},
		"setting given twice":        {Name: "x", Settings: []sdk.Setting{{Name: "a"}, {Name: "a"}}},
		"default of the wrong type":  {Name: "x", Settings: []sdk.Setting{{Name: "a", Type: sdk.SettingInt, Default: "b"}}},
		"depends on nothing":         {Name: "x", Settings: []sdk.Setting{{Name: "a", DependsOn: &sdk.Condition{Setting: "b"}}}},
		"step that does nothing":     {Name: "x", Steps: []sdk.StepSpec{{Name: "s"}}},
		"step given twice":           {Name: "x", Steps: []sdk.StepSpec{{Name: "s", Source: true}, {Name: "s", Source: true}}},
		"step with a wrong settings": {Name: "x", Steps: []sdk.StepSpec{{Name: "s", Source: true, Settings: []sdk.Setting{{}}}}},
	} {
		if !panics(func() {
			sdk.Define(spec, func(context.Context, sdk.Env) (*least, error) { return &least{}, nil })
		}) {
			t.Errorf("%s: taken", name)
		}
	}
	if !panics(func() {
		sdk.Define(sdk.Spec{Name: "x"}, func(context.Context, sdk.Env) (sdk.Conn, error) { return &least{}, nil })
	}) {
		t.Error("an interface as connection type: taken")
	}
}

func panics(f func()) (p bool) {
	defer func() { p = recover() != nil }()
	f()
	return false
}

func TestErrorKinds(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("page 3: %w", &sdk.Error{
		Op: "read", Object: "event", Partition: "a@x", Key: "1", Kind: sdk.Throttled, Code: "mailbox_concurrency",
		RetryAfter: 7 * time.Second, Err: io.EOF, Hint: sdk.Text{EN: "wait"},
	})
	if !errors.Is(err, sdk.Throttled) || !errors.Is(err, io.EOF) || errors.Is(err, sdk.Auth) || sdk.KindOf(err) != sdk.Throttled {
		t.Errorf("wrong kinds: %v", err)
	}
	if want := "page 3: read event a@x 1: throttled (mailbox_concurrency): EOF, again after 7s; wait"; err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	for want, err := range map[sdk.Kind]error{
		sdk.Cancelled: context.Canceled, sdk.Unavailable: context.DeadlineExceeded, sdk.Internal: io.EOF, sdk.Conflict: sdk.Conflict,
	} {
		if got := sdk.KindOf(err); got != want || sdk.AsError(err).Kind != want {
			t.Errorf("%v: kind %v, want %v", err, got, want)
		}
	}
	if sdk.Kind(200).Error() != sdk.Internal.Error() || sdk.AsError(nil) != nil {
		t.Error("an unknown kind or no error is treated wrongly")
	}
}
