package main

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/gleis-dev/gleis/host/run"
)

// bars shows how far long work is, one bar a process, on a terminal. Without a
// terminal, and with --json, it shows nothing.
type bars struct {
	to *os.File // the terminal; nil: there is none

	mu   sync.Mutex
	all  *mpb.Progress   // nil: nothing is shown now
	bars map[string]*bar // by process
}

// bar is one process. records is read by the renderer, which must never wait for
// bars.mu: a report holds that while it waits for the renderer.
type bar struct {
	*mpb.Bar
	read    map[string]int // records, by partition
	records atomic.Int64
}

// progress returns bars that show nothing before begin.
func (a *app) progress() *bars {
	b := &bars{}
	if f, ok := a.err.(*os.File); !a.json && ok && isatty.IsTerminal(f.Fd()) {
		b.to = f
	}
	return b
}

// begin shows bars until end. Nothing else may be printed in between.
func (b *bars) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bars = map[string]*bar{}
	if b.to != nil {
		b.all = mpb.New(mpb.WithOutput(b.to), mpb.WithWidth(40))
	}
}

// report takes in how far a process is; it may be called from several goroutines.
func (b *bars) report(p run.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil {
		return
	}
	one := b.bars[p.Process]
	if one == nil {
		one = &bar{read: map[string]int{}}
		one.Bar = b.all.AddBar(int64(p.Total), mpb.PrependDecorators(decor.Name(p.Process+" ")), mpb.AppendDecorators(
			decor.CountersNoUnit("%d/%d"), decor.Any(func(decor.Statistics) string { return fmt.Sprintf(" %d records", one.records.Load()) })))
		b.bars[p.Process] = one
	}
	one.records.Add(int64(p.Sum.Read - one.read[p.Partition]))
	one.read[p.Partition] = p.Sum.Read
	one.SetTotal(int64(p.Total), false)
	one.SetCurrent(int64(p.Done))
}

// end takes the bars away. It may be called more than once.
func (b *bars) end() {
	b.mu.Lock()
	all := b.all
	b.all = nil
	b.mu.Unlock()
	if all == nil {
		return
	}
	for _, one := range b.bars {
		one.SetTotal(-1, true)
	}
	all.Wait()
}
