package testharness

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// params is sdk.Params in memory.
type params struct {
	mu     sync.Mutex
	values map[string]sdk.Param
}

func (p *params) Get(_ context.Context, name string) (sdk.Param, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, ok := p.values[name]
	if !ok {
		return sdk.Param{}, &sdk.Error{Op: "get parameter", Key: name, Kind: sdk.NotFound}
	}
	return v, nil
}

func (p *params) Put(_ context.Context, name string, value sdk.Secret, ifVersion int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.values[name].Version != ifVersion {
		return &sdk.Error{Op: "put parameter", Key: name, Kind: sdk.Conflict}
	}
	p.values[name] = sdk.Param{Value: value, Version: ifVersion + 1}
	return nil
}

func (p *params) Delete(_ context.Context, name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.values, name)
	return nil
}

func (p *params) List(_ context.Context, prefix string) ([]sdk.ParamInfo, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []sdk.ParamInfo
	for name, v := range p.values {
		if strings.HasPrefix(name, prefix) {
			list = append(list, sdk.ParamInfo{Name: name, Version: v.Version, Changed: time.Unix(0, 0)})
		}
	}
	slices.SortFunc(list, func(a, b sdk.ParamInfo) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// locker is sdk.Locker in memory: one token per name.
type locker struct {
	mu    sync.Mutex
	names map[string]chan struct{}
}

func (l *locker) Lock(ctx context.Context, name string) (func(), error) {
	l.mu.Lock()
	c := l.names[name]
	if c == nil {
		c = make(chan struct{}, 1)
		l.names[name] = c
	}
	l.mu.Unlock()
	select {
	case c <- struct{}{}:
		return func() { <-c }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// noBlobs is the sdk.BlobOpener of a harness that moves none.
type noBlobs struct{}

func (noBlobs) OpenBlob(context.Context, string) (io.ReadCloser, error) {
	return nil, &sdk.Error{Op: "open blob", Kind: sdk.Unsupported}
}
