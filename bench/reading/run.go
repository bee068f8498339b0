package reading

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/gleis-dev/gleis/bench/measure"
)

// The roles of this program's child processes.
const (
	RoleServer = "reading-server"
	RoleOurs   = "reading-ours"
	RoleVendor = "reading-vendor"
)

// Child runs the child process that role names. A reader is given the server's
// address as its one argument.
func Child(ctx context.Context, role string, args []string, in io.Reader, out io.Writer) error {
	if role == RoleServer {
		return Serve(ctx, in, out)
	}
	if len(args) != 1 {
		return fmt.Errorf("%s needs the server's address", role)
	}
	var a address
	if err := json.Unmarshal([]byte(args[0]), &a); err != nil {
		return fmt.Errorf("%s: address: %w", role, err)
	}
	if role == RoleOurs {
		return ReadOurs(ctx, in, out, a)
	}
	return ReadVendor(ctx, in, out, a)
}

// Run measures both sides in turns. program is this very program.
func Run(ctx context.Context, program string, rounds int) (figures []measure.Figure, err error) {
	server, err := measure.Start(ctx, program, RoleServer)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	var a address
	if err := server.Ask(&a); err != nil {
		return nil, err
	}
	at, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	ours, err := measure.Start(ctx, program, RoleOurs, string(at))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ours.Close()) }()
	vendor, err := measure.Start(ctx, program, RoleVendor, string(at))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, vendor.Close()) }()
	as, bs, err := measure.Turns(rounds, ask(ours), ask(vendor))
	if err != nil {
		return nil, err
	}
	return report(a, as, bs), nil
}

func ask(c *measure.Child) func() (measure.Cost, error) {
	return func() (cost measure.Cost, err error) {
		err = c.Ask(&cost)
		return cost, err
	}
}

func report(a address, ours, vendor []measure.Cost) []measure.Figure {
	side := func(who string, costs []measure.Cost) []measure.Figure {
		return []measure.Figure{
			{What: "reading: items a second, " + who, Value: measure.Typical(costs, measure.Cost.PerSecond)},
			{What: "reading: processor time an item, µs, " + who, Value: measure.Typical(costs, measure.Cost.Processor)},
			{What: "reading: allocations an item, " + who, Value: measure.Typical(costs, measure.Cost.Allocations)},
			{What: "reading: bytes allocated an item, " + who, Value: measure.Typical(costs, measure.Cost.Allocated)},
		}
	}
	figures := append(side("connectors/msgraph", ours), side("msgraph-sdk-go", vendor)...)
	return append(figures,
		measure.Figure{What: "reading: bytes of an event on the wire", Value: float64(a.EventBytes)},
		measure.Figure{
			Name: "reading", What: "reading: items a second, ours over the vendor's", Ratio: true,
			Value: measure.Ratio(ours, vendor, measure.Cost.PerSecond), Bound: measure.AtLeast, Want: 15,
		},
		measure.Figure{
			Name: "reading-allocs", What: "reading: allocations an item, ours over the vendor's", Ratio: true,
			Value: measure.Ratio(ours, vendor, measure.Cost.Allocations), Bound: measure.AtMost, Want: 1.0 / 50,
		})
}
