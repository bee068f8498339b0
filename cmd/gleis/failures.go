package main

import (
	"fmt"
	"io"
	"sync"

	"github.com/gleis-dev/gleis/host/run"
)

// mostFailures is how many failed records of a process are kept and shown.
const mostFailures = 20

// failures collects the records that fail in a run, by process.
type failures struct {
	mu   sync.Mutex
	list map[string]map[string]failureLine // by process and record
	more map[string]int
	keys []failureKey // in the order of failing
}

type failureKey struct{ process, record string }

// take takes in a line of the journal; it may be called from several goroutines.
func (f *failures) take(e run.Entry) {
	if e.Action != "park" && e.Action != "fail" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.list == nil {
		f.list, f.more = map[string]map[string]failureLine{}, map[string]int{}
	}
	if f.list[e.Process] == nil {
		f.list[e.Process] = map[string]failureLine{}
	}
	k := failureKey{e.Process, e.Partition + "\x00" + e.SourceKey}
	if _, again := f.list[e.Process][k.record]; again {
		return
	}
	if len(f.list[e.Process]) == mostFailures {
		f.more[e.Process]++
		return
	}
	f.list[e.Process][k.record] = failureLine{Partition: e.Partition, Key: e.SourceKey, Reason: e.Reason, Error: e.Detail}
	f.keys = append(f.keys, k)
}

// of returns the failed records of a process, in the order of failing.
func (f *failures) of(process string) []failureLine {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []failureLine
	for _, k := range f.keys {
		if k.process == process {
			out = append(out, f.list[process][k.record])
		}
	}
	return out
}

// print says which records failed, one a line.
func (f *failures) print(w io.Writer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, k := range f.keys {
		l := f.list[k.process][k.record]
		fmt.Fprintf(w, "gleis: %s, record %s: %s\n", k.process, plain(l.Key), plain(short(l.Error)))
	}
	for process, n := range f.more {
		fmt.Fprintf(w, "gleis: %s: %d more records failed\n", process, n)
	}
}

// short cuts a text that is too long for a line.
func short(s string) string {
	const most = 300
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most]) + "…"
}
