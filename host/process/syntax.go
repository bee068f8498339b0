package process

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The YAML library names the line where the section around a mistake begins, and
// counts it from 0 for the mistakes that its parser finds, from 1 for those of its
// scanner. So the line of a parser's mistake is looked for here.

// Mistakes that the parser finds, not the scanner.
var (
	blockMistakes = []string{"did not find expected key", "did not find expected '-' indicator", "did not find expected node content", "did not find expected <document start>"}
	flowMistakes  = []string{"did not find expected ',' or '}'", "did not find expected ',' or ']'"}
)

var lineRE = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// yamlError parts an error of the library into the line that it names, 0 if none,
// and the mistake.
func yamlError(err error) (line int, mistake string) {
	m := lineRE.FindStringSubmatch(err.Error())
	if m == nil {
		return 0, err.Error()
	}
	line, err = strconv.Atoi(m[1])
	if err != nil {
		line = 0
	}
	return line, m[2]
}

// syntax reports what the YAML library refused.
func (r *reader) syntax(text []byte, err error) {
	named, mistake := yamlError(err)
	if mistake == "EOF" {
		r.problems.add(Pos{File: r.file, Line: 1, Column: 1}, nil, "write connections: and processes:", "the file is empty")
		return
	}
	lines := strings.Split(string(text), "\n")
	first, last := max(named, 1), max(named, 1) // the lines that the mistake is in
	if inFlow, inBlock := slices.Contains(flowMistakes, mistake), slices.Contains(blockMistakes, mistake); inFlow || inBlock {
		first = min(named+1, len(lines))
		last = max(first, mistakeLine(text, mistake))
		if inBlock {
			first = last
		}
	}
	if pos, ok := tabAt(lines, first, last); ok {
		pos.File = r.file
		r.problems.add(pos, nil, "indent with blanks", "a tab indents this line")
		return
	}
	if first < last || slices.Contains(flowMistakes, mistake) {
		r.flow(lines, first, last, mistake)
		return
	}
	r.problems.add(Pos{File: r.file, Line: first, Column: 1}, nil, "check the indentation, colons and quotes on this line and the one before", "this is not YAML: %s", mistake)
}

// flow reports a mistake between braces or brackets that begin on the line first
// and were noticed on the line last.
func (r *reader) flow(lines []string, first, last int, mistake string) {
	for n := first; n <= last; n++ {
		at, ref := bareReference(lines[n-1])
		if at >= 0 {
			pos := Pos{File: r.file, Line: n, Column: len([]rune(lines[n-1][:at])) + 1}
			r.problems.add(pos, nil, fmt.Sprintf("quote it: %q", ref), "this is not YAML: %s stands between braces or brackets without quotes", ref)
			return
		}
	}
	hint := "check commas, colons, quotes and the closing brace or bracket on this line"
	if first < last {
		hint = fmt.Sprintf("close the brace or bracket that is opened here; it was noticed in line %d", last)
	}
	r.problems.add(Pos{File: r.file, Line: first, Column: 1}, nil, hint, "this is not YAML: %s", mistake)
}

// tabAt returns the first tab in the indentation of the lines around a mistake.
func tabAt(lines []string, first, last int) (Pos, bool) {
	for i := max(0, first-2); i < min(len(lines), last+1); i++ {
		indent := lines[i][:len(lines[i])-len(strings.TrimLeft(lines[i], " \t"))]
		if t := strings.IndexByte(indent, '\t'); t >= 0 {
			return Pos{Line: i + 1, Column: t + 1}, true
		}
	}
	return Pos{}, false
}

// bareReference finds a reference outside quotes, which YAML takes for a brace.
// at is -1 if there is none.
func bareReference(line string) (at int, ref string) {
	var quote byte
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote == '"' && c == '\\':
			i++
		case quote != 0:
		case (c == '"' || c == '\'') && i > 0 && strings.IndexByte(" {[,:", line[i-1]) >= 0:
			quote = c
		case c == '#' && i > 0 && line[i-1] == ' ':
			return -1, ""
		case strings.HasPrefix(line[i:], "${env:"), strings.HasPrefix(line[i:], "${file:"):
			body, _, _ := strings.Cut(line[i:], "}")
			return i, body + "}"
		}
	}
	return -1, ""
}

// fewLines bounds how far before the place where the parser gave up the mistake is
// looked for.
const fewLines = 20

// mistakeLine returns the line of a parser's mistake: the first one with which the
// text cannot be parsed any more, as far as the parser had to read.
func mistakeLine(text []byte, mistake string) int {
	slow := &counter{r: bytes.NewReader(text)}
	if err := yaml.NewDecoder(slow).Decode(new(yaml.Node)); err == nil {
		return 1
	}
	read := bytes.TrimRight(text[:slow.n], " \t\r\n")
	line := bytes.Count(read, []byte("\n")) + 1
	if slices.Contains(flowMistakes, mistake) {
		return line // every shorter text lacks the end of the braces
	}
	for range fewLines {
		end := bytes.LastIndexByte(read, '\n')
		if end < 0 {
			break
		}
		err := yaml.NewDecoder(bytes.NewReader(read[:end+1])).Decode(new(yaml.Node))
		if err == nil {
			break
		}
		if _, m := yamlError(err); m != mistake {
			break
		}
		read = bytes.TrimRight(read[:end], " \t\r\n")
		line = bytes.Count(read, []byte("\n")) + 1
	}
	return line
}

// counter hands out single bytes and counts them, so that the count says how far a
// parser has come.
type counter struct {
	r io.Reader
	n int
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p[:min(1, len(p))])
	c.n += n
	return n, err
}
