package measure

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// Child is a process that does one side of a comparison whenever it is asked to.
// A process of its own has its own collector and heap, so that neither side pays
// for the other. It ends with this one.
type Child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// Start runs program with args, which must call Answer. Its standard error is
// this process's.
func Start(ctx context.Context, program string, args ...string) (*Child, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 10 * time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &Child{cmd: cmd, in: in, out: bufio.NewReader(out)}, nil
}

// PID is the process's id.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Ask has the child do its work once and reads its answer, one JSON value, into v.
func (c *Child) Ask(v any) error {
	if _, err := io.WriteString(c.in, "\n"); err != nil {
		return fmt.Errorf("%v: %w", c.cmd.Args[1:], err)
	}
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("%v ended before it answered: %w", c.cmd.Args[1:], err)
	}
	return json.Unmarshal(line, v)
}

// Close ends the child and waits for it.
func (c *Child) Close() error {
	c.in.Close()
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("%v: %w", c.cmd.Args[1:], err)
	}
	return nil
}

// Answer is the child's side of Ask: it does the work once for each line of in
// and writes the result to out, until in ends.
func Answer(in io.Reader, out io.Writer, work func() (any, error)) error {
	lines, enc := bufio.NewScanner(in), json.NewEncoder(out)
	for lines.Scan() {
		v, err := work()
		if err != nil {
			return err
		}
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	return lines.Err()
}
