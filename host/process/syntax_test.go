package process_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/host/process"
)

// TestSyntaxErrorsNameTheirLine: the line marked with «» is the one that is named.
func TestSyntaxErrorsNameTheirLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines []string
		say   string
	}{
		"a bare reference": {[]string{"connections:", "  a: {connector: m, settings: «{client_secret: ${env:X}}}", "processes:", "  p: 1"}, `quote it: "${env:X}"`},
		"a bare reference in the middle": {
			[]string{"connections:", "  a: {connector: m, settings: {", "      note: '${env:fine}',  # ${env:comment}", "«      client_secret: ${file:a/b} }}"}, `quote it: "${file:a/b}"`,
		},
		"a bare reference in a list":  {[]string{"connections:", "  a:", "    connector: m", "    settings:", "      user_list: «[a, ${env:B}]"}, `quote it: "${env:B}"`},
		"on the first line":           {[]string{"connections: «{a: ${env:X}}"}, `quote it: "${env:X}"`},
		"too far in":                  {[]string{"connections:", "  a:", "    connector: m", "    settings:", "      a: b", "     «  c: d", "      e: f"}, "mapping values"},
		"too little in":               {[]string{"connections:", "  a:", "    connector: m", "    settings:", "      x: 1", "      y: 2", "      z: 3", "     «c: d", "      e: f"}, "indentation"},
		"after braces, too far in":    {[]string{"connections:", "  a:", "    connector: m", "    settings: {a: b}", "     «c: d", "    e: f"}, "indentation"},
		"after braces, too little in": {[]string{"connections:", "  a:", "    connector: m", "    settings: {a: b}", "   «c: d", "    e: f"}, "indentation"},
		"a list and a key":            {[]string{"connections:", "  a:", "    - x", "    «c: x", "  b:", "    c: d"}, "expected '-'"},
		"text after a quote":          {[]string{"connections:", "  a:", "    filter: «\"a\" and b", "    c: x", "  b:", "    c: d"}, "quotes"},
		"one brace too many":          {[]string{"connections:", "  a:", "  # comment", "", "   b: {a: }«}", "   c: d"}, "expected key"},
		"a brace not closed":          {[]string{"connections:", "  a:", "    connector: m", "    settings: «{a: b", "processes:", "  e: f"}, "noticed in line 6"},
		"a quote not closed":          {[]string{"connections:", "  a:", "    connector: m", "    settings: {a: «\"b}", "processes:", "  e: f"}, "end of stream"},
		"a tab":                       {[]string{"connections:", "  a:", "    connector: m", "«\tsettings: {a: b}"}, "a tab"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, line := strings.Join(c.lines, "\n")+"\n", 0
			for i, l := range c.lines {
				if strings.Contains(l, "«") {
					line = i + 1
				}
			}
			_, err := process.Parse("gleis.yaml", []byte(strings.ReplaceAll(text, "«", "")), nil)
			var ps process.Problems
			if !errors.As(err, &ps) || len(ps) != 1 {
				t.Fatal(err)
			}
			if ps[0].Pos.Line != line || !strings.Contains(err.Error(), c.say) {
				t.Errorf("%v, want line %d and %q", err, line, c.say)
			}
			far := fmt.Sprintf("# %s\n", strings.Repeat("x", 100))
			_, err = process.Parse("gleis.yaml", []byte(strings.Repeat(far, 500)+strings.ReplaceAll(text, "«", "")), nil)
			if !errors.As(err, &ps) || ps[0].Pos.Line != line+500 {
				t.Errorf("further down: %v", err)
			}
		})
	}
}
