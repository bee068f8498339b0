package store_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/host/link"
	"github.com/gleis-dev/gleis/host/run"
	"github.com/gleis-dev/gleis/host/store"
)

// childVariable makes the test program play a host process: its value is the
// part to play and the data folder.
const childVariable = "GLEIS_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	role, dir, ok := strings.Cut(os.Getenv(childVariable), " ")
	if !ok {
		if slow {
			if err := flag.Set("rapid.checks", "10"); err != nil {
				panic(err)
			}
		}
		os.Exit(m.Run())
	}
	if err := play(context.Background(), role, dir); err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
}

func play(ctx context.Context, role, dir string) error {
	limit := 0
	if role == "quota" {
		dir, limit = cutQuota(dir)
	}
	db, err := store.Open(ctx, dir, store.Options{Sealer: ringFor(dir), Now: noon, Owner: "gleis run"})
	if err != nil {
		return err
	}
	fmt.Println("open", os.Getpid())
	switch role {
	case "hold":
		_, err := bufio.NewReader(os.Stdin).ReadString('\n') // until the parent ends it
		return err
	case "commit":
		return commitForEver(ctx, db)
	case "quota":
		if err := limitFiles(limit); err != nil {
			return err
		}
		return commitUntilRefused(ctx, db)
	}
	return db.Close()
}

// child starts the test program in a role and returns its output.
func child(t *testing.T, role, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	return start(t, exec.CommandContext(t.Context(), os.Args[0]), role, dir)
}

func start(t *testing.T, cmd *exec.Cmd, role, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd.Env = append(os.Environ(), childVariable+"="+role+" "+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd, bufio.NewScanner(out)
}

// step is the commit with number n of a chain in which every table tells n.
func step(n int) run.Commit {
	key := strconv.Itoa(n)
	return run.Commit{
		Part: part, Run: 1,
		Links:    []link.Link{{ID: id(key), TargetKey: key, Base: []byte(strings.Repeat("b", 1500))}, {ID: id("same"), TargetKey: key}},
		Hold:     []run.Hold{{ID: id(key), State: run.HoldHeld}},
		Park:     []run.Parked{{Part: part, Key: key}},
		Journal:  []run.Entry{{SourceKey: key, Action: "create"}},
		Position: &run.Position{Cursor: []byte(key), Round: int64(n)},
		Seen:     []string{"same"},
	}
}

func last(ctx context.Context, db *store.DB) (int, error) {
	p, err := db.Position(ctx, part)
	return int(p.Round), err
}

func commitForEver(ctx context.Context, db *store.DB) error {
	n, err := last(ctx, db)
	for ; err == nil; n++ {
		if err = db.Commit(ctx, step(n+1)); err == nil {
			fmt.Println("done", n+1)
		}
	}
	return err
}

// commitUntilRefused ends well when a commit was refused with a clear fault and
// the store still reads what it had.
func commitUntilRefused(ctx context.Context, db *store.DB) error {
	n, err := last(ctx, db)
	if err != nil {
		return err
	}
	for {
		err := db.Commit(ctx, step(n+1))
		if err != nil {
			var e *store.Error
			if !errors.As(err, &e) || e.Fault != store.Full && e.Fault != store.Failed || !strings.HasSuffix(e.File, store.File) {
				return fmt.Errorf("not a clear fault: %w", err)
			}
			fmt.Println("refused", e.Fault)
			m, err := last(ctx, db)
			if err != nil || m != n {
				return fmt.Errorf("after the refusal at %d: %d, %w", n, m, err)
			}
			return nil
		}
		n++
		fmt.Println("done", n)
	}
}

// checkChain fails unless every table ends at the same step, and returns it.
func checkChain(t *testing.T, dir string, atLeast int) int {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, dir, store.Options{Sealer: ringFor(dir), Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var sound string
	if err := store.Writer(db).QueryRow(`PRAGMA integrity_check`).Scan(&sound); err != nil || sound != "ok" {
		t.Fatal(sound, err)
	}
	p, err := db.Position(ctx, part)
	if err != nil {
		t.Fatal(err)
	}
	n := int(p.Round)
	if n < atLeast {
		t.Fatalf("step %d was acknowledged, the store ends at %d", atLeast, n)
	}
	if n == 0 {
		return 0
	}
	if string(p.Cursor) != strconv.Itoa(n) {
		t.Errorf("round %d, cursor %q", n, p.Cursor)
	}
	links, err := db.Select(ctx, run.Selection{Part: part})
	if err != nil {
		t.Fatal(err)
	}
	same := links[len(links)-1]
	if len(links) != n+1 || same.TargetKey != strconv.Itoa(n) || same.Round != int64(n) {
		t.Errorf("step %d: %d links, the last %+v", n, len(links), same.ID)
	}
	holds, err := db.Holds(ctx, part.Process)
	if err != nil || len(holds) != n {
		t.Errorf("step %d: %d holds, %v", n, len(holds), err)
	}
	parked, err := db.Parked(ctx, part, false)
	if err != nil || len(parked) != n {
		t.Errorf("step %d: %d parked, %v", n, len(parked), err)
	}
	journal, err := db.Journal(ctx, part.Process, "", n+10)
	if err != nil || len(journal) != n {
		t.Errorf("step %d: %d lines, %v", n, len(journal), err)
	}
	return n
}
