package memory

import (
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
)

func TestPeakIsReadOfRunningProcesses(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc")
	}
	cmd := exec.Command("cat", "-u")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Its answer shows that it runs its own program by now.
	if _, err := io.WriteString(in, "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	child := cmd.Process.Pid
	if got := children(os.Getpid()); !slices.Contains(got, child) {
		t.Errorf("the children are %v, without %d", got, child)
	}
	if got := arguments(child); !slices.Equal(got, []string{"cat", "-u"}) {
		t.Errorf("its arguments are %q", got)
	}
	if kB := peak(child) / 1024; kB < 100 || kB > 100_000 {
		t.Errorf("its peak is %d kB", kB)
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := peak(child); got != 0 {
		t.Errorf("a process that is gone has %d", got)
	}
}
