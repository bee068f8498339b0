package measure

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// Env is what a connection of a benchmark is given: values checked against the
// connector's spec, this process's clock, randomness and network, and a store
// that is empty and refuses to keep anything.
func Env(c sdk.Connector, values map[string]string) (sdk.Env, error) {
	settings, err := sdk.ParseSettings(c.Spec.Settings, values)
	if err != nil {
		return sdk.Env{}, fmt.Errorf("settings of %s: %w", c.Spec.Name, err)
	}
	return sdk.Env{
		Settings: settings, Params: nothing{}, Locker: nothing{}, Blobs: nothing{}, Log: slog.New(slog.DiscardHandler), HTTP: &http.Transport{},
		Now: time.Now, Rand: rand.Reader, Progress: func(int64, int64, string) {},
	}, nil
}

// nothing is the store of a connection that stores nothing.
type nothing struct{}

func (nothing) Get(_ context.Context, name string) (sdk.Param, error) {
	return sdk.Param{}, &sdk.Error{Op: "get parameter", Key: name, Kind: sdk.NotFound}
}

func (nothing) List(context.Context, string) ([]sdk.ParamInfo, error) { return nil, nil }

func (nothing) Put(_ context.Context, name string, _ sdk.Secret, _ int64) error {
	return &sdk.Error{Op: "put parameter", Key: name, Kind: sdk.Unsupported}
}

func (nothing) Delete(context.Context, string) error { return nil }

func (nothing) Lock(context.Context, string) (func(), error) { return func() {}, nil }

func (nothing) OpenBlob(context.Context, string) (io.ReadCloser, error) {
	return nil, &sdk.Error{Op: "open blob", Kind: sdk.Unsupported}
}
