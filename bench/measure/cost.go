package measure

import (
	"os"
	"runtime"
	"time"
)

// Cost is what some work cost the process that did it.
type Cost struct {
	Items   int           // records, events
	Elapsed time.Duration // by the clock
	CPU     time.Duration // processor time of all processes that take part; 0: not known here
	Mallocs uint64        // allocations of the whole process
	Bytes   uint64        // allocated
}

// Of does work, which returns the number of its items, and measures it; others are
// the ids of processes that work for it. It collects garbage before, so that no
// work pays for what came before it.
func Of(work func() (items int, err error), others ...int) (Cost, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	processes := append([]int{os.Getpid()}, others...)
	cpu, start := used(processes), time.Now()
	n, err := work()
	elapsed := time.Since(start)
	cpu = used(processes) - cpu
	runtime.ReadMemStats(&after)
	return Cost{Items: n, Elapsed: elapsed, CPU: cpu, Mallocs: after.Mallocs - before.Mallocs, Bytes: after.TotalAlloc - before.TotalAlloc}, err
}

func used(processes []int) (sum time.Duration) {
	for _, pid := range processes {
		sum += CPU(pid)
	}
	return sum
}

// PerSecond is the number of items in a second.
func (c Cost) PerSecond() float64 { return float64(c.Items) / c.Elapsed.Seconds() }

// Processor is the processor time per item in microseconds.
func (c Cost) Processor() float64 {
	return float64(c.CPU) / float64(time.Microsecond) / float64(c.Items)
}

// Allocations is the number of allocations per item.
func (c Cost) Allocations() float64 { return float64(c.Mallocs) / float64(c.Items) }

// Allocated is the number of bytes allocated per item.
func (c Cost) Allocated() float64 { return float64(c.Bytes) / float64(c.Items) }

// Turns has two sides work in turns, rounds times each, after one turn of each
// that does not count.
func Turns(rounds int, a, b func() (Cost, error)) (as, bs []Cost, err error) {
	for i := range rounds + 1 {
		x, err := a()
		if err != nil {
			return nil, nil, err
		}
		y, err := b()
		if err != nil {
			return nil, nil, err
		}
		if i > 0 {
			as, bs = append(as, x), append(bs, y)
		}
	}
	return as, bs, nil
}

// Typical is the median of a property of costs.
func Typical(costs []Cost, of func(Cost) float64) float64 {
	values := make([]float64, len(costs))
	for i, c := range costs {
		values[i] = of(c)
	}
	return Median(values)
}

// Ratio is the median over the rounds of a property of as over that of bs.
func Ratio(as, bs []Cost, of func(Cost) float64) float64 {
	values := make([]float64, len(as))
	for i := range as {
		values[i] = of(as[i]) / of(bs[i])
	}
	return Median(values)
}
