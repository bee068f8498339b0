package param

import (
	"context"
	"sync"

	"github.com/gleis-dev/gleis/sdk"
)

// Leases are exclusive over everything that one host process runs. The zero
// Leases is ready to use.
type Leases struct {
	mu   sync.Mutex
	held map[leaseName]*lease
}

type leaseName struct{ connection, name string }

// lease is held by whoever put its one token in.
type lease struct {
	token chan struct{}
	users int // holder and waiters; the last one removes it
}

// Locker returns the leases of one connection: names of different connections do
// not meet.
func (l *Leases) Locker(connection string) sdk.Locker { return locker{l, connection} }

type locker struct {
	leases     *Leases
	connection string
}

// Lock implements sdk.Locker. A second call of release does nothing.
func (l locker) Lock(ctx context.Context, name string) (func(), error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	key := leaseName{l.connection, name}
	one := l.leases.join(key)
	select {
	case one.token <- struct{}{}:
	case <-ctx.Done():
		l.leases.leave(key, one)
		return nil, ctx.Err()
	}
	return sync.OnceFunc(func() {
		<-one.token
		l.leases.leave(key, one)
	}), nil
}

func (l *Leases) join(key leaseName) *lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.held[key]
	if one == nil {
		if l.held == nil {
			l.held = map[leaseName]*lease{}
		}
		one = &lease{token: make(chan struct{}, 1)}
		l.held[key] = one
	}
	one.users++
	return one
}

func (l *Leases) leave(key leaseName, one *lease) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one.users--; one.users == 0 {
		delete(l.held, key)
	}
}
