package run_test

import (
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/sdk"
)

// mutant is an engine with one of its precautions taken away, at its seams.
type mutant int

const (
	careful mutant = iota
)

// ends returns what the engine of the simulation is given.
func (m mutant) ends(s *simulation) (run.Store, sdk.Conn, sdk.Conn) {
	return s.store, s.src, s.dst
}
