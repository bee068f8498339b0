package measure

import (
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// OneCore keeps this process, and the processes that it starts from now on, on one
// core: the first, or the last if second is set, until restore is called. Two ways
// of doing the same are compared by the work they are, not by how well their halves
// spread over the cores of this machine; the tables this is held against were
// measured so.
func OneCore(second bool) (restore func() error, err error) {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return nil, fmt.Errorf("cores of this process: %w", err)
	}
	core := -1
	for i := range 1024 {
		if all.IsSet(i) && (core < 0 || second) {
			core = i
		}
	}
	var one unix.CPUSet
	one.Set(core)
	procs := runtime.GOMAXPROCS(1)
	return func() error {
		runtime.GOMAXPROCS(procs)
		return keepOn(&all)
	}, keepOn(&one)
}

// keepOn keeps all threads of this process on the cores of set; later ones inherit
// that.
func keepOn(set *unix.CPUSet) error {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range tasks {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(id, set); err != nil && err != unix.ESRCH {
			return fmt.Errorf("keep thread %d on its cores: %w", id, err)
		}
	}
	return nil
}
