package graphsim

import (
	"sort"
	"sync/atomic"
)

// feed is the change log of a collection, from which delta rounds are answered.
type feed struct {
	seq uint64
	log []change

	issued atomic.Uint64 // generations of tokens given
	lowest atomic.Uint64 // generations below are gone
}

// change says that an item changed. What it became is read from the store when a round asks.
type change struct {
	seq   uint64
	num   uint64
	moves uint32
	date  int32  // an occurrence of a series, or noDate for the item
	at    uint32 // of a calendar: when, in seconds since 1970
	quiet bool   // the master is only touched because of an occurrence: its other occurrences stay as they are
	what  byte   // of a message: what happened to it
	old   *event // a series as it was, when its dates changed or it went away
}

func (f *feed) add(c change) {
	f.seq++
	c.seq = f.seq
	f.log = append(f.log, c)
}

// since is what was logged after seq. It is the feed's own slice: only to read.
func (f *feed) since(seq uint64) []change {
	return f.log[sort.Search(len(f.log), func(i int) bool { return f.log[i].seq > seq }):]
}

// expire makes all tokens given so far invalid.
func (f *feed) expire() { f.lowest.Store(f.issued.Load() + 1) }

// generation counts a new token, dropping the oldest ones when only some are kept (zero: all).
func (f *feed) generation(keep uint64) uint64 {
	g := f.issued.Add(1)
	if keep > 0 && g > keep {
		for {
			low := f.lowest.Load()
			if low >= g-keep+1 || f.lowest.CompareAndSwap(low, g-keep+1) {
				break
			}
		}
	}
	return g
}
