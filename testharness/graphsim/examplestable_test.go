package graphsim

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const examplesTable = "testdata/examples.md"

// passing is what differs from run to run in a path.
var passing = regexp.MustCompile(`/(users|events|tasks|lists|contacts|groups)/[^/?$]+|/messages/AA[^/?$]+|(skip|delta)token=[^&]+|(start|end)DateTime=[^&]+|^https?://[^/]+/v1\.0`)

// exampleRow is a row of the table of documentation pairs: the call, and what the
// simulator leaves out of the answer on purpose.
func exampleRow(method, path string, left []string) string {
	path = passing.ReplaceAllStringFunc(path, func(s string) string {
		switch {
		case strings.HasSuffix(s, "/delta"):
			return s
		case strings.HasPrefix(s, "/"):
			return s[:strings.IndexByte(s[1:], '/')+1] + "/{id}"
		case strings.HasPrefix(s, "http"):
			return ""
		}
		return s[:strings.IndexByte(s, '=')+1] + "…"
	})
	result := "same"
	if len(left) > 0 {
		slices.Sort(left)
		result = "different on purpose: " + reasons(slices.Compact(left))
	}
	return fmt.Sprintf("%s `%s` | %s", method, strings.ReplaceAll(path, "|", "\\|"), result)
}

// reasons names members with the reason why they are left out, those of one reason together.
func reasons(members []string) string {
	var order []string
	byReason := map[string][]string{}
	for _, m := range members {
		why := onPurpose[m]
		if byReason[why] == nil {
			order = append(order, why)
		}
		byReason[why] = append(byReason[why], m)
	}
	for i, why := range order {
		order[i] = strings.Join(byReason[why], ", ")
		if why != "" {
			order[i] += " (" + why + ")"
		}
	}
	return strings.Join(order, "; ")
}

// leftOut lists the members of want that got lacks on purpose.
func leftOut(want, got any) []string {
	var out []string
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		if g == nil {
			return nil
		}
		for k, v := range w {
			if _, ok := g[k]; !ok && onPurpose[k] != "" {
				out = append(out, k)
				continue
			}
			out = append(out, leftOut(v, g[k])...)
		}
	case []any:
		g, _ := got.([]any)
		for _, item := range w {
			out = append(out, leftOut(item, likest(item, g))...)
		}
	}
	return out
}

// checkExamplesTable holds the committed table of all pairs of the documentation,
// with its revision, against what was compared now. GLEIS_UPDATE=1 writes it anew.
func checkExamplesTable(t *testing.T, dir string, compared map[string]string) {
	t.Helper()
	sources, err := os.ReadFile(filepath.Join(dir, "SOURCES.md"))
	if err != nil {
		t.Fatal(err)
	}
	revision := "unknown"
	for line := range strings.SplitSeq(string(sources), "\n") {
		if strings.Contains(line, "graph-examples/") {
			if rev := regexp.MustCompile(`\b[0-9a-f]{40}\b`).FindString(line); rev != "" {
				revision = rev
			}
		}
	}
	requests, err := filepath.Glob(filepath.Join(dir, "graph-examples", "*.request.http"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Pairs of request and answer in the Graph documentation, and what the simulator makes of them\n\nmicrosoftgraph/microsoft-graph-docs, revision %s: %d pairs, %d compared.\n\n", revision, len(requests), len(compared))
	b.WriteString("| pair | call | answer |\n| --- | --- | --- |\n")
	for _, r := range requests {
		name := strings.TrimSuffix(filepath.Base(r), ".request.http")
		row, ok := compared[name[:3]]
		if !ok {
			t.Errorf("%s is not compared", name)
			continue
		}
		fmt.Fprintf(&b, "| %s | %s |\n", name, row)
	}
	checkTable(t, examplesTable, b.String())
}
