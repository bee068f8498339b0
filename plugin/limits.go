package plugin

import (
	"context"
	"errors"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"

	"github.com/gleis-dev/gleis/plugin/internal/hostend"
	pb "github.com/gleis-dev/gleis/proto/connector/v1"
)

// Limits are the time limits of the calls of a connector process. A connector is
// told the limits of a call; when one passes, the context of the call ends and the
// call alone fails, with kind Unavailable. Only a process whose call does not
// answer even then hangs: it is ended, with all its connections, and started anew.
// Zero means the default.
type Limits struct {
	// Call bounds everything that is not named here: Describe, Open, Check,
	// Schema, Partitions, Poll, Find, … Zero means 60 seconds.
	Call time.Duration
	// Write bounds a write. Zero means 5 minutes.
	Write time.Duration
	// Idle bounds the time between two batches of Read, Query and RunStep while
	// the connector works; the time that the host takes for a batch does not
	// count, and any batch begins it anew, also an empty one. Zero means 5 minutes.
	Idle time.Duration
	// Grace is what a connector may take longer. Zero means 5 seconds.
	Grace time.Duration
}

func (l Limits) orDefault() hostend.Limits {
	or := func(d, standard time.Duration) time.Duration {
		if d > 0 {
			return d
		}
		return standard
	}
	return hostend.Limits{
		Call: or(l.Call, time.Minute), Write: or(l.Write, 5*time.Minute), Idle: or(l.Idle, 5*time.Minute), Grace: or(l.Grace, 5*time.Second),
	}
}

func errGone(reason string) error { return errors.New(reason) }

func pbClient(cc grpc.ClientConnInterface) pb.ConnectorServiceClient {
	return pb.NewConnectorServiceClient(cc)
}

func dialContext(l *bufconn.Listener) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }
}
