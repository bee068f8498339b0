package run_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestDebugSeed(t *testing.T) {
	v := os.Getenv("SEED")
	if v == "" {
		t.Skip()
	}
	n, _ := strconv.Atoi(v)
	debugStore = true
	s, fail := history(uint64(n), careful, os.Getenv("HEAL") != "")
	fmt.Println(strings.Join(s.w.trace, "\n"))
	fmt.Println("FAIL:", fail)
	for id, l := range s.store.links {
		fmt.Printf("%s: %+v base %s\n", id.SourceKey, l, l.Base)
	}
}
