// Package catalog knows the connectors of a host and opens connections. Its Conn
// is to sdk.Conn what sql.DB is to driver.Conn: every method is there, a
// connector that lacks one answers Unsupported, a panic becomes an error, and
// everything that comes from a connector is checked as if it came from a network.
package catalog

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// Catalog is the set of connectors. It does not change and is safe for concurrent
// use.
type Catalog struct{ byName map[string]sdk.Connector }

// New takes connectors that are linked in and connectors that are loaded from
// other programs alike. Two of one name, and one that cannot be opened, are
// refused.
func New(connectors ...sdk.Connector) (*Catalog, error) {
	c := &Catalog{byName: make(map[string]sdk.Connector, len(connectors))}
	for _, x := range connectors {
		name := x.Spec.Name
		if _, twice := c.byName[name]; twice {
			return nil, sdk.Errorf(sdk.Invalid, "connector_twice", "there are two connectors %q", name)
		}
		if name == "" || x.Open == nil {
			return nil, sdk.Errorf(sdk.Invalid, "connector", "connector %q has no name or cannot be opened", name)
		}
		c.byName[name] = x
	}
	return c, nil
}

// Specs returns the specs of all connectors, by name.
func (c *Catalog) Specs() []sdk.Spec {
	out := make([]sdk.Spec, 0, len(c.byName))
	for _, x := range c.byName {
		out = append(out, x.Spec)
	}
	slices.SortFunc(out, func(a, b sdk.Spec) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Connector returns the connector of that name.
func (c *Catalog) Connector(name string) (sdk.Connector, bool) {
	x, ok := c.byName[name]
	return x, ok
}

// Open opens a connection named connection with a connector. The error says what
// to do where the connector knows it; its Op is "open". A panic of the connector
// is logged with its stack to env.Log.
func (c *Catalog) Open(ctx context.Context, connection, connector string, env sdk.Env) (*Conn, error) {
	x, ok := c.byName[connector]
	if !ok {
		return nil, sdk.Errorf(sdk.Invalid, "connector_unknown", "connection %q: unknown connector %q", connection, connector)
	}
	out := &Conn{name: connection, spec: x.Spec, caps: slices.Clone(x.Caps), log: env.Log}
	if out.log == nil {
		out.log = slog.New(slog.DiscardHandler)
	}
	err := func() (err error) {
		defer out.guard(&err, call{op: "open"})
		out.inner, err = x.Open(ctx, env)
		return err
	}()
	if err != nil {
		return nil, fmt.Errorf("connection %s: %w", connection, err)
	}
	if out.inner == nil {
		return nil, sdk.Errorf(sdk.Internal, "open", "connection %s: the connector %s opened nothing", connection, connector)
	}
	return out, nil
}
