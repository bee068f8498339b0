package catalog

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gleis-dev/gleis/sdk"
)

// Conn is an open connection, safe for concurrent use. It has all methods of the
// sdk's interfaces, so it goes wherever an sdk.Conn does; what the connector
// cannot do answers with an error of kind Unsupported.
type Conn struct {
	name   string
	spec   sdk.Spec
	caps   []sdk.Capability
	inner  sdk.Conn
	closed atomic.Bool
	count  Counters
	log    *slog.Logger

	mu     sync.Mutex
	schema *sdk.Schema
}

var (
	_ sdk.Conn        = (*Conn)(nil)
	_ sdk.Reader      = (*Conn)(nil)
	_ sdk.Writer      = (*Conn)(nil)
	_ sdk.Querier     = (*Conn)(nil)
	_ sdk.Finder      = (*Conn)(nil)
	_ sdk.Stepper     = (*Conn)(nil)
	_ sdk.Partitioner = (*Conn)(nil)
	_ sdk.Poller      = (*Conn)(nil)
	_ sdk.Checker     = (*Conn)(nil)
	_ sdk.Chooser     = (*Conn)(nil)
	_ sdk.Authorizer  = (*Conn)(nil)
	_ sdk.BlobOpener  = (*Conn)(nil)
)

// Name returns the name of the connection.
func (c *Conn) Name() string { return c.name }

// Spec returns the spec of its connector.
func (c *Conn) Spec() sdk.Spec { return c.spec }

// Caps returns what the connector can do; the caller owns the slice.
func (c *Conn) Caps() []sdk.Capability { return slices.Clone(c.caps) }

// Can reports whether the connector can do k.
func (c *Conn) Can(k sdk.Capability) bool { return slices.Contains(c.caps, k) }

// Schema returns the schema, asked for once and checked. It is not changed by the
// caller.
func (c *Conn) Schema(ctx context.Context) (*sdk.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.schema == nil {
		s, err := c.readSchema(ctx)
		if err != nil {
			return nil, err
		}
		c.schema = s
	}
	return c.schema, nil
}

// Refresh asks for the schema anew. After an error the old one stays.
func (c *Conn) Refresh(ctx context.Context) (*sdk.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.readSchema(ctx)
	if err != nil {
		return nil, err
	}
	c.schema = s
	return s, nil
}

func (c *Conn) readSchema(ctx context.Context) (s *sdk.Schema, err error) {
	k := call{op: "schema"}
	if err := c.ready(ctx, k, ""); err != nil {
		return nil, err
	}
	defer c.guard(&err, k)
	c.count.Calls.Add(1)
	if s, err = c.inner.Schema(ctx); err != nil {
		return nil, err
	}
	if s == nil {
		return nil, c.broken(k, "has no schema")
	}
	return s, checkSchema(s)
}

// Close closes the connection once; later calls do nothing. What is under way
// fails, what comes later is refused.
func (c *Conn) Close() (err error) {
	if c.closed.Swap(true) {
		return nil
	}
	defer c.guard(&err, call{op: "close"})
	return c.inner.Close()
}

// Check implements sdk.Checker.
func (c *Conn) Check(ctx context.Context) (list []sdk.Finding, err error) {
	k := call{op: "check"}
	if err := c.ready(ctx, k, sdk.CanCheck); err != nil {
		return nil, err
	}
	defer c.guard(&err, k)
	c.count.Calls.Add(1)
	if list, err = sdk.Check(ctx, c.inner); err != nil {
		return nil, err
	}
	list = slices.Clone(list)
	for i, f := range list {
		list[i].Name, list[i].Text, list[i].Hint = show(f.Name), showText(f.Text), showText(f.Hint)
		if f.Level > sdk.Failed {
			list[i].Level = sdk.Failed
		}
	}
	return list, nil
}

func showText(t sdk.Text) sdk.Text { return sdk.Text{EN: show(t.EN), DE: show(t.DE)} }

// Choices implements sdk.Chooser.
func (c *Conn) Choices(ctx context.Context, req sdk.ChoiceRequest) (list []sdk.Choice, err error) {
	k := call{op: "choices", object: req.Object}
	if err := c.ready(ctx, k, sdk.CanChoose); err != nil {
		return nil, err
	}
	defer c.guard(&err, k)
	c.count.Calls.Add(1)
	if list, err = sdk.Choices(ctx, c.inner, req); err != nil {
		return nil, err
	}
	for _, x := range list {
		if !clean(x.Value) {
			return nil, c.broken(k, "offers a value that is not valid text")
		}
	}
	return list, nil
}

// Authorize implements sdk.Authorizer.
func (c *Conn) Authorize(ctx context.Context, req sdk.AuthorizeRequest) (a sdk.Authorization, err error) {
	k := call{op: "authorize"}
	if err := c.ready(ctx, k, sdk.CanAuthorize); err != nil {
		return a, err
	}
	defer c.guard(&err, k)
	c.count.Calls.Add(1)
	return sdk.Authorize(ctx, c.inner, req)
}

// Redeem implements sdk.Authorizer.
func (c *Conn) Redeem(ctx context.Context, req sdk.RedeemRequest) (x sdk.Consent, err error) {
	k := call{op: "redeem"}
	if err := c.ready(ctx, k, sdk.CanAuthorize); err != nil {
		return x, err
	}
	defer c.guard(&err, k)
	c.count.Calls.Add(1)
	return sdk.Redeem(ctx, c.inner, req)
}

// OpenBlob implements sdk.BlobOpener.
func (c *Conn) OpenBlob(ctx context.Context, ref string) (body io.ReadCloser, err error) {
	k := call{op: "open blob"}
	if err := c.ready(ctx, k, sdk.CanBlob); err != nil {
		return nil, err
	}
	defer c.guard(&err, k)
	c.count.Calls.Add(1)
	if body, err = sdk.OpenBlob(ctx, c.inner, ref); err == nil && body == nil {
		err = c.broken(k, "opened nothing")
	}
	return body, err
}
