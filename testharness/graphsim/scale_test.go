package graphsim

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// The goals for the size of a tenant.
const (
	scaleMemory = 1500 // MB of 10^6 bytes, at the process's peak
	scaleStart  = time.Second
	scaleLimit  = 1_300_000_000 // bytes at which the collector works harder, as in the command
)

// BenchmarkTenant makes the small company and the big one and fails when one misses its goal:
//
//	go test ./testharness/graphsim -run '^$' -bench Tenant -benchtime 1x
func BenchmarkTenant(b *testing.B) {
	b.Run("25users", func(b *testing.B) {
		for b.Loop() {
			begun := time.Now()
			make25(b)
			if took := time.Since(begun); took > scaleStart {
				b.Errorf("made in %v, the goal is %v", took, scaleStart)
			}
		}
	})
	b.Run("2000users500events500contacts", func(b *testing.B) {
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(scaleLimit))
		for b.Loop() {
			s, err := New(Config{Users: 2000, EventsPerUser: 500, ContactsPerUser: 500, Now: func() time.Time { return epoch }})
			if err != nil {
				b.Fatal(err)
			}
			var events, contacts int
			for _, u := range s.tenant.users {
				if u.box != nil {
					events, contacts = events+len(u.box.events.items), contacts+len(u.box.contacts.items)
				}
			}
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.HeapInuse)/1e6, "MB-heap")
			b.ReportMetric(float64(events), "events")
			b.ReportMetric(float64(contacts), "contacts")
			if mb := peakMemory(); mb > 0 {
				b.ReportMetric(mb, "MB-peak")
				if mb > scaleMemory {
					b.Errorf("%.0f MB at the peak, the goal is %d", mb, scaleMemory)
				}
			}
			runtime.KeepAlive(s)
		}
	})
}

func make25(b *testing.B) {
	b.Helper()
	if _, err := New(Config{Users: 25, Now: func() time.Time { return epoch }}); err != nil {
		b.Fatal(err)
	}
}

// peakMemory is the most resident memory of this process in MB, as Linux tells it (proc(5), VmHWM); 0 elsewhere.
func peakMemory() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kb); n == 1 {
			return kb * 1024 / 1e6
		}
	}
	return 0
}
