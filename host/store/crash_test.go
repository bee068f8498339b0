package store_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// Invariant 10: a process that ends in the middle of a commit leaves all of it
// or nothing, and every commit that it was told of.
func TestKillLeavesNoHalfCommit(t *testing.T) {
	t.Parallel()
	rounds := 30
	if testing.Short() || slow {
		rounds = 6
	}
	dir := t.TempDir()
	luck := rand.New(rand.NewPCG(1, 2))
	end := 0
	for range rounds {
		cmd, out := child(t, "commit", dir)
		told, wait := end, 1+luck.IntN(12)
		for wait > 0 && out.Scan() {
			if n, ok := strings.CutPrefix(out.Text(), "done "); ok {
				told, _ = strconv.Atoi(n)
				wait--
			} else if strings.HasPrefix(out.Text(), "error") {
				t.Fatal(out.Text())
			}
		}
		for range luck.IntN(3000) { // some way into the next commit
			_ = strings.Repeat("x", 100)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for out.Scan() { // what it said before it ended
			if n, ok := strings.CutPrefix(out.Text(), "done "); ok {
				told, _ = strconv.Atoi(n)
			}
		}
		cmd.Wait()
		if end = checkChain(t, dir, told); t.Failed() {
			return
		}
	}
	t.Logf("%d kills, %d commits", rounds, end)
}
