package graphsim

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	diff "github.com/google/go-cmp/cmp"
)

// pitfall is one thing that users of Microsoft Graph have stumbled over in public, and how a client meets it in the simulator.
type pitfall struct {
	number int    // its row in the table, 1 to lastPitfall
	title  string // what happens
	source string // where it was reported: docs is microsoftgraph/microsoft-graph-docs, other short names see pitfallsHead
	// shown is "by default", the switch that shows it ("Config.X", "Control.X"), or "not: " and the reason.
	shown string
	test  func(*testing.T) // asserts that the pitfall is there; nil if it is not shown
}

const (
	lastPitfall   = 68
	pitfallsTable = "testdata/pitfalls.md"
	// stillOpen marks a row whose owner has not said yet how it is shown.
	stillOpen = "open"
)

const pitfallsHead = `# What users of Microsoft Graph stumble over, and how the simulator shows it

Each row that is shown has a test of its name under TestPitfalls. Reports: docs is microsoftgraph/microsoft-graph-docs, contrib is
microsoftgraph/microsoft-graph-docs-contrib, sdk-net, sdk-js and sdk-php are the client libraries of microsoftgraph (msgraph-sdk-dotnet,
msgraph-sdk-javascript, msgraph-sdk-php), explorer is microsoftgraph/microsoft-graph-explorer.

| no. | what happens | reported | shown |
| --- | --- | --- | --- |
`

// pitfalls are all rows in the order of their numbers.
func pitfalls() []pitfall {
	all := slices.Concat(eventPitfalls(), identityPitfalls(), directoryPitfalls(), todoPitfalls(), contactPitfalls(), mailPitfalls(), queryPitfalls(), servicePitfalls())
	slices.SortFunc(all, func(a, b pitfall) int { return cmp.Compare(a.number, b.number) })
	return all
}

func TestPitfalls(t *testing.T) {
	t.Parallel()
	for _, p := range pitfalls() {
		if p.test != nil {
			t.Run(fmt.Sprintf("%02d", p.number), func(t *testing.T) {
				t.Log(p.title) // the test itself says that it runs in parallel: many rows share one with others
				p.test(t)
			})
		}
	}
}

func TestEveryPitfallHasOneRowWithATestOrAReason(t *testing.T) {
	t.Parallel()
	var numbers, open []int
	for _, p := range pitfalls() {
		numbers = append(numbers, p.number)
		reason, not := strings.CutPrefix(p.shown, "not: ")
		switch {
		case p.title == "":
			t.Errorf("pitfall %d has no title", p.number)
		case p.shown == stillOpen:
			open = append(open, p.number)
		case not && (p.test != nil || reason == ""):
			t.Errorf("pitfall %d is not shown: it needs a reason and no test", p.number)
		case !not && p.test == nil:
			t.Errorf("pitfall %d is shown %s: it needs a test", p.number, p.shown)
		}
	}
	var want []int
	for n := range lastPitfall {
		want = append(want, n+1)
	}
	if d := diff.Diff(want, numbers); d != "" {
		t.Errorf("each number has one row:\n%s", d)
	}
	if len(open) > 0 {
		t.Logf("OPEN, NOT SHOWN AND NOT REFUSED YET: %v", open)
		return
	}
	checkPitfallsTable(t)
}

// checkPitfallsTable holds the committed table against the rows. GLEIS_UPDATE=1 writes it anew.
func checkPitfallsTable(t *testing.T) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(pitfallsHead)
	for _, p := range pitfalls() {
		fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", p.number, p.title, p.source, p.shown)
	}
	if os.Getenv("GLEIS_UPDATE") != "" {
		if err := os.MkdirAll(filepath.Dir(pitfallsTable), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(pitfallsTable, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(pitfallsTable)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff.Diff(string(committed), b.String()); d != "" {
		t.Errorf("%s is not what the rows say (GLEIS_UPDATE=1 writes it anew):\n%s", pitfallsTable, d)
	}
}
