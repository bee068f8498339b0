package boundary

import (
	"context"

	"github.com/gleis-dev/gleis/sdk"
)

// Connector emits ReadRequest.Limit records of its one object, 500 a batch.
func Connector() sdk.Connector {
	spec := sdk.Spec{Name: "boundary", Version: "1.0.0", Title: sdk.Text{EN: "Records made beforehand", DE: "Vorab erzeugte Datensätze"}}
	return sdk.Define(spec, func(context.Context, sdk.Env) (*conn, error) {
		list, err := records()
		return &conn{list}, err
	})
}

type conn struct{ records []sdk.Record }

func (*conn) Schema(context.Context) (*sdk.Schema, error) {
	return &sdk.Schema{Objects: []sdk.Object{{Name: "meeting"}}}, nil
}

func (*conn) Close() error { return nil }

// Read implements sdk.Reader.
func (c *conn) Read(_ context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	for sent := 0; sent < req.Limit; {
		n := min(len(c.records), req.Limit-sent)
		b := sdk.Batch{Records: c.records[:n], Start: sent == 0, Full: true, Done: sent+n == req.Limit}
		if err := emit(b); err != nil {
			return err
		}
		sent += n
	}
	return nil
}
