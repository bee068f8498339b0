package site

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// Sum is what one run of a process did, as `gleis run --json` prints it.
type Sum struct {
	Process          string `json:"process"`
	Read             int    `json:"read"`
	Created          int    `json:"created"`
	Updated          int    `json:"updated"`
	Deleted          int    `json:"deleted"`
	Unchanged        int    `json:"unchanged"`
	Skipped          int    `json:"skipped"`
	Held             int    `json:"held"`
	Failed           int    `json:"failed"`
	Partitions       int    `json:"partitions"`
	FailedPartitions int    `json:"failed_partitions"`
	Error            string `json:"error"`
}

// Run runs processes by the program, as a process of its own, and returns what
// each did. It is an error if one could not run or a record or mailbox failed.
// watch, unless nil, is called with the program's process id when it has started;
// the function it returns is called when it has ended.
func (s *Site) Run(ctx context.Context, watch func(pid int) (stop func()), processes ...string) ([]Sum, error) {
	cmd := exec.CommandContext(ctx, s.program, append([]string{"--dir", s.dir, "--json", "run"}, processes...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop := func() {}
	if watch != nil {
		stop = watch(cmd.Process.Pid)
	}
	err := cmd.Wait()
	stop()
	sums, bad := parse(&out)
	if err != nil {
		err = fmt.Errorf("gleis run %v: %w\n%s", processes, err, errs.Bytes())
	}
	return sums, errors.Join(err, bad)
}

func parse(out io.Reader) ([]Sum, error) {
	var sums []Sum
	for d := json.NewDecoder(out); ; {
		var s Sum
		err := d.Decode(&s)
		if errors.Is(err, io.EOF) {
			return sums, nil
		}
		if err == nil && (s.Error != "" || s.Failed > 0 || s.Held > 0 || s.FailedPartitions > 0) {
			err = fmt.Errorf("%s did not go through: %+v", s.Process, s)
		}
		if err != nil {
			return sums, err
		}
		sums = append(sums, s)
	}
}
