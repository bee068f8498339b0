package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gleis-dev/gleis/internal/demo"
)

// kills is how often the host or a plugin is killed.
const kills = 50

// TestKilledAtAnyMoment kills the host or one of its plugins with SIGKILL at a
// random moment of the demonstration, then lets it run again: no record is lost or
// doubled, and no process is left (Invariant 10).
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("LOUD: finding the processes of a killed host needs Linux's /proc")
	}
	// The program as it is shipped: the race detector would only make its moments longer.
	gleis := filepath.Join(t.TempDir(), "gleis")
	if out, err := exec.Command("go", "build", "-o", gleis, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	whole := stage{t: t, gleis: gleis}.measure()
	for i := range kills {
		rnd := rand.New(rand.NewPCG(seed, uint64(i)))
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			s := stage{t: t, gleis: gleis, rnd: rnd}
			s.set()
			s.play(whole)
		})
	}
}

// stage is one demonstration that is disturbed.
type stage struct {
	t       *testing.T
	gleis   string
	rnd     *rand.Rand
	company *demo.Company
	dir     string
}

func (s *stage) set() {
	s.t.Helper()
	c, err := demo.Open(context.WithoutCancel(s.t.Context()), 11, 5)
	if err != nil {
		s.t.Fatal(err)
	}
	s.company = c
	s.t.Cleanup(func() {
		if err := c.Close(); err != nil {
			s.t.Error(err)
		}
	})
	s.dir = filepath.Join(s.t.TempDir(), "demo")
	if err := c.Write(s.t.Context(), s.dir); err != nil {
		s.t.Fatal(err)
	}
}

// measure returns how long an undisturbed run takes.
func (s stage) measure() time.Duration {
	s.set()
	began := time.Now()
	if code, out := s.run(nil); code != exitOK {
		s.t.Fatalf("the undisturbed run ends with %d:\n%s", code, out)
	}
	return time.Since(began)
}

// play makes the three runs of the demonstration and kills in one of them.
func (s *stage) play(whole time.Duration) {
	victim, delay := s.rnd.IntN(3), time.Duration(s.rnd.Int64N(int64(whole)))
	disturbed := s.rnd.IntN(4) // the first run is the longest: it gets half of the kills
	for n := range 3 {
		if n == 2 {
			if _, err := s.company.Edit(); err != nil {
				s.t.Fatal(err)
			}
		}
		if n == disturbed || n == 0 && disturbed == 3 {
			s.t.Logf("run %d, victim %d, after %s", n+1, victim, delay)
			s.run(func(host int) { s.kill(host, victim, delay) })
			s.gone()
		}
		if code, out := s.run(nil); code != exitOK {
			s.t.Fatalf("run %d after the kill ends with %d:\n%s", n+1, code, out)
		}
	}
	list, err := s.company.Compare(s.t.Context(), s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(list) > 0 {
		s.t.Errorf("%d differences, the first: %v", len(list), first(list, 3))
	}
	s.gone()
}

// run runs all processes; disturb is called with the host's process as soon as it
// is there.
func (s *stage) run(disturb func(host int)) (code int, output string) {
	cmd := exec.Command(s.gleis, "-C", s.dir, "run")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	if disturb != nil {
		disturb(cmd.Process.Pid)
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// kill kills the host (victim 0) or one of its plugins after a while.
func (s *stage) kill(host, victim int, after time.Duration) {
	time.Sleep(after) // the random moment is the point
	pid := host
	if children := s.children(host); victim > 0 && len(children) >= victim {
		pid = children[victim-1]
	}
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill() // it may have ended by itself
	}
}

// children are the plugins of a host.
func (s *stage) children(host int) []int {
	var list []int
	for _, pid := range s.processes() {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		// pid (comm) state ppid …
		if _, rest, ok := strings.Cut(string(b), ") "); ok {
			if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(host) {
				list = append(list, pid)
			}
		}
	}
	return list
}

// processes are all processes that have to do with this stage: started in its
// folder.
func (s *stage) processes() []int {
	entries, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		s.t.Fatal(err)
	}
	var list []int
	for _, e := range entries {
		cwd, err := os.Readlink(filepath.Join(e, "cwd"))
		if err != nil || cwd != s.dir {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(e)); err == nil {
			list = append(list, pid)
		}
	}
	return list
}

// gone waits until no process of the stage is left, 5 seconds at most.
func (s *stage) gone() {
	s.t.Helper()
	end := time.Now().Add(5 * time.Second)
	for {
		left := s.processes()
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("5 s after the kill the processes %v are left", left)
		}
		time.Sleep(10 * time.Millisecond) // ends with the condition above
	}
}
