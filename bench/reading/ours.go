package reading

import (
	"context"
	"fmt"
	"io"

	"github.com/gleis-dev/gleis/bench/measure"
	"github.com/gleis-dev/gleis/connectors/msgraph"
	"github.com/gleis-dev/gleis/sdk"
)

// passes is how often one turn of ours reads the listing: a turn shall not be so
// short that a single collection or a switch of processes decides it.
const passes = 3

// ReadOurs is the process that reads by the connector, linked in: its object
// event of one mailbox, from the start, as a process without a step does.
func ReadOurs(ctx context.Context, in io.Reader, out io.Writer, a address) error {
	conn, req, err := openOurs(ctx, a)
	if err != nil {
		return err
	}
	defer conn.Close()
	read := func() (int, error) { return readOurs(ctx, conn, req) }
	return measure.Answer(in, out, func() (any, error) { return measured(passes, read) })
}

// openOurs opens a connection to the server and finds the mailbox.
func openOurs(ctx context.Context, a address) (sdk.Conn, sdk.ReadRequest, error) {
	connector := msgraph.Connector()
	env, err := measure.Env(connector, map[string]string{
		"tenant_id": a.Tenant, "client_id": a.Client, "client_secret": a.Secret, "graph_url": a.Origin, "login_url": a.Origin, "user_list": a.User,
	})
	if err != nil {
		return nil, sdk.ReadRequest{}, err
	}
	conn, err := connector.Open(ctx, env)
	if err != nil {
		return nil, sdk.ReadRequest{}, err
	}
	list, err := sdk.Partitions(ctx, conn, sdk.PartitionRequest{Object: "event"})
	if err == nil && len(list.Partitions) != 1 {
		err = fmt.Errorf("the selection of one user has %d partitions (%v)", len(list.Partitions), list.Failed)
	}
	if err != nil {
		conn.Close()
		return nil, sdk.ReadRequest{}, err
	}
	return conn, sdk.ReadRequest{Object: "event", Partition: list.Partitions[0].ID, Scope: list.Scope}, nil
}

// readOurs reads the listing and counts the records that have a key and content.
func readOurs(ctx context.Context, conn sdk.Conn, req sdk.ReadRequest) (int, error) {
	n := 0
	err := sdk.Read(ctx, conn, req, func(b sdk.Batch) error {
		for i := range b.Records {
			if r := &b.Records[i]; r.Op == sdk.Upsert && r.Key != "" && len(r.Data) > 0 {
				n++
			}
		}
		return nil
	})
	return n, err
}
