//go:build linux || darwin

package process

import (
	"runtime"
	"sync"
)

// Starter starts processes from one thread that lives as long as the Starter.
// Linux sends the death signal of a process when the thread that started it
// ends, and Go ends threads as it likes: only a goroutine that is locked to its
// thread and keeps it makes the signal mean the death of the host.
type Starter struct {
	jobs chan func()
	once sync.Once
	done chan struct{}
}

// NewStarter returns a running Starter.
func NewStarter() *Starter {
	s := &Starter{jobs: make(chan func()), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

// do runs f on the thread.
func (s *Starter) do(f func() error) error {
	result := make(chan error, 1)
	s.jobs <- func() { result <- f() }
	return <-result
}

// Close ends the thread, and on Linux whatever it started and is still running.
func (s *Starter) Close() {
	s.once.Do(func() { close(s.jobs) })
	<-s.done
}
