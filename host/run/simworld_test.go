package run_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
)

// The world of the simulation: a source in the manner of Microsoft Graph (window,
// delta tokens of three generations, replays, doubled and shuffled rows, empty
// and short listings) and a target in the manner of a CRM (writes whose answer is
// lost), both with one random number generator, so that a seed tells a history.

var errCrash = errors.New("the process is dead")

// rates are the chances of faults, drawn for each history: some have only one
// kind, some all.
type rates struct {
	crash, outage, throttle, mailbox, lost, refused, empty, short, replay, double, stale, shuffle, meanwhile float64
}

type world struct {
	r      *rand.Rand
	rates  rates
	faults bool
	dead   bool         // crashed: nothing takes effect until the next run
	kill   map[int]bool // steps at which the process dies, besides the chances
	steps  int
	trace  []string // the last operations
	whole  bool     // all operations
	during func()   // what users do while a run is under way
	inside bool
}

func newWorld(seed uint64) *world {
	w := &world{r: rand.New(rand.NewPCG(seed, 7)), faults: true}
	draw := func(most float64) float64 {
		if w.r.IntN(3) == 0 {
			return 0
		}
		return most * w.r.Float64()
	}
	w.rates = rates{
		crash: draw(0.02), outage: draw(0.08), throttle: draw(0.05), mailbox: draw(0.1), lost: draw(0.1), refused: draw(0.05),
		empty: draw(0.1), short: draw(0.1), replay: draw(0.3), double: draw(0.2), stale: draw(0.2), shuffle: draw(0.5), meanwhile: draw(0.02),
	}
	return w
}

func (w *world) p(f float64) bool { return w.faults && f > 0 && w.r.Float64() < f }

func (w *world) note(format string, args ...any) {
	if len(w.trace) >= 60 && !w.whole {
		w.trace = w.trace[1:]
	}
	w.trace = append(w.trace, fmt.Sprintf(format, args...))
}

// point is a moment at which the process may die, or users may do something.
func (w *world) point() error {
	w.steps++
	if w.dead {
		return errCrash
	}
	if w.kill[w.steps] || w.p(w.rates.crash) {
		w.note("crash")
		w.dead = true
		return errCrash
	}
	if w.during != nil && !w.inside && w.p(w.rates.meanwhile) {
		w.inside = true
		w.during()
		w.inside = false
	}
	return nil
}

// store is the fault of a memStore.
func (w *world) store(op string) error {
	if err := w.point(); err != nil {
		return err
	}
	if op != "" && w.p(w.rates.refused/10) {
		w.note("store error")
		return errors.New("disk full") // perhaps after it was carried out
	}
	return nil
}
