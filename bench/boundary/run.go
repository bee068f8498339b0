package boundary

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/gleis-dev/gleis/bench/measure"
	"github.com/gleis-dev/gleis/plugin"
	"github.com/gleis-dev/gleis/sdk"
)

// The roles of this program's child processes.
const (
	RoleConnector = "boundary-connector"
	RolePeer      = "boundary-peer"
)

// The records of one turn, so many that it takes about as long on either side,
// and less than the load of a busy machine takes to change.
const (
	ourTurn  = 150_000
	peerTurn = 15_000
)

// Child runs the child process that role names.
func Child(role string) error {
	if role == RoleConnector {
		plugin.Serve(Connector())
		return nil
	}
	return ServePeer()
}

// Run measures both sides in turns. program is this very program.
func Run(ctx context.Context, program string, rounds int) (figures []measure.Figure, err error) {
	restore, err := measure.OneCore(false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, restore()) }()
	ours, pid, end, err := startOurs(ctx, program)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	other, err := startPeer(ctx, program, RolePeer)
	if err != nil {
		return nil, err
	}
	defer other.close()
	as, bs, err := measure.Turns(rounds,
		func() (measure.Cost, error) {
			return turn(ourTurn, pid(), func() (int, error) { return readOurs(ctx, ours, ourTurn) })
		},
		func() (measure.Cost, error) {
			return turn(peerTurn, other.pid, func() (int, error) { return other.read(ctx, peerTurn) })
		},
	)
	if err != nil {
		return nil, err
	}
	return report(as, bs)
}

// startOurs starts the connector's process as a host does and opens a connection.
func startOurs(ctx context.Context, program string) (conn sdk.Conn, pid func() int, end func() error, err error) {
	sum, err := plugin.ChecksumOf(program)
	if err != nil {
		return nil, nil, nil, err
	}
	dir, err := os.MkdirTemp("", "gleis-bench-")
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := plugin.Load(ctx, plugin.Config{Path: program, Args: []string{RoleConnector}, Checksum: sum, Dir: dir})
	if err != nil {
		return nil, nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	gone := func() error { return errors.Join(p.Close(), os.RemoveAll(dir)) }
	connector := p.Connector()
	env, err := measure.Env(connector, nil)
	if err == nil {
		conn, err = connector.Open(ctx, env)
	}
	if err != nil {
		return nil, nil, nil, errors.Join(err, gone())
	}
	return conn, p.PID, func() error { return errors.Join(conn.Close(), gone()) }, nil
}

// readOurs reads n records and counts those that arrived whole. Each batch is
// answered, as by a host that has committed it.
func readOurs(ctx context.Context, conn sdk.Conn, n int) (int, error) {
	got := 0
	err := sdk.Read(ctx, conn, sdk.ReadRequest{Object: "meeting", Limit: n}, func(b sdk.Batch) error {
		for i := range b.Records {
			if r := &b.Records[i]; r.Key != "" && r.Stamp != "" && len(r.Data) > 0 {
				got++
			}
		}
		return nil
	})
	return got, err
}

func turn(n, pid int, read func() (int, error)) (measure.Cost, error) {
	return measure.Of(func() (int, error) {
		got, err := read()
		if err == nil && got != n {
			err = fmt.Errorf("%d records arrived whole of %d", got, n)
		}
		return got, err
	}, pid)
}

func report(ours, peers []measure.Cost) ([]measure.Figure, error) {
	list, err := records()
	if err != nil {
		return nil, err
	}
	size := 0
	for _, r := range list {
		size += len(r.Data)
	}
	return []measure.Figure{
		{What: "boundary: records a second, raw batches through Gleis", Value: measure.Typical(ours, measure.Cost.PerSecond)},
		{What: "boundary: records a second, one structpb message each", Value: measure.Typical(peers, measure.Cost.PerSecond)},
		{What: "boundary: processor time a record in both processes, µs, raw batches", Value: measure.Typical(ours, measure.Cost.Processor)},
		{What: "boundary: processor time a record in both processes, µs, structpb", Value: measure.Typical(peers, measure.Cost.Processor)},
		{What: "boundary: allocations a record in the host, raw batches", Value: measure.Typical(ours, measure.Cost.Allocations)},
		{What: "boundary: allocations a record in the host, structpb", Value: measure.Typical(peers, measure.Cost.Allocations)},
		{What: "boundary: bytes of a record as JSON", Value: float64(size) / float64(len(list))},
		{
			Name: "boundary", What: "boundary: records a second, raw batches over structpb", Ratio: true,
			Value: measure.Ratio(ours, peers, measure.Cost.PerSecond), Bound: measure.AtLeast, Want: 8,
		},
	}, nil
}
