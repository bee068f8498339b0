package msgraph

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const realTable = "testdata/real-metadata.md"

// TestTableOfTheRealDocument holds the committed table of figures of Microsoft's own
// $metadata, with the document's revision, against the document. GLEIS_UPDATE=1 writes
// it anew.
func TestTableOfTheRealDocument(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("GLEIS_GRAPH_DATA")
	if dir == "" {
		t.Skip("SKIPPED: the figures of Microsoft's own $metadata are not compared; set GLEIS_GRAPH_DATA to the folder with graph-metadata-v1.0.xml")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "graph-metadata-v1.0.xml"))
	if err != nil {
		t.Fatal(err)
	}
	sources, err := os.ReadFile(filepath.Join(dir, "SOURCES.md"))
	if err != nil {
		t.Fatal(err)
	}
	got := describeDocument(t, raw, revisionOf(string(sources), "graph-metadata-v1.0.xml"))
	if os.Getenv("GLEIS_UPDATE") != "" {
		if err := os.WriteFile(realTable, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(realTable)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s is not what the document gives (GLEIS_UPDATE=1 writes it anew):\n%s", realTable, d)
	}
}

// revisionOf finds the commit that the list of sources gives for a file.
func revisionOf(sources, file string) string {
	for line := range strings.SplitSeq(sources, "\n") {
		if strings.Contains(line, file) {
			if rev := regexp.MustCompile(`\b[0-9a-f]{40}\b`).FindString(line); rev != "" {
				return rev
			}
		}
	}
	return "unknown"
}

// describeDocument renders what the connector takes from the document and what it leaves.
func describeDocument(t *testing.T, raw []byte, revision string) []byte {
	t.Helper()
	elements, depth := countElements(t, raw)
	sum := sha256.Sum256(raw)
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Microsoft's $metadata of Graph v1.0, and what the connector takes from it\n\nmicrosoftgraph/msgraph-metadata, revision %s, sha256 %s: %d bytes, %d elements, depth %d.\n\n", revision, hex.EncodeToString(sum[:]), len(raw), elements, depth)
	types, err := parseMetadata(bytes.NewReader(raw), vettedTypes())
	if err != nil {
		t.Fatal(err)
	}
	s, err := schemaOf(types)
	if err != nil {
		t.Fatal(err)
	}
	document := propertiesOf(t, raw)
	b.WriteString("| object | type | properties | fields | taken over | left out | added |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, v := range vettedObjects() {
		o := s.Object(v.object)
		names := map[string]bool{}
		for _, f := range o.Fields {
			names[f.Name] = true
		}
		var taken, left, added []string
		all := document.all(v.entity)
		for name := range all {
			if names[name] {
				taken = append(taken, name)
			} else {
				left = append(left, name)
			}
		}
		for name := range names {
			if !all[name] {
				added = append(added, name)
			}
		}
		for _, list := range [][]string{taken, left, added} {
			slices.Sort(list)
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %s | %s | %s |\n", v.object, v.entity, len(all), len(names), strings.Join(taken, " "), strings.Join(left, " "), strings.Join(added, " "))
	}
	return b.Bytes()
}

func countElements(t *testing.T, raw []byte) (n, deepest int) {
	t.Helper()
	d, depth := xml.NewDecoder(bytes.NewReader(raw)), 0
	for {
		tok, err := d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return n, deepest
		case err != nil:
			t.Fatal(err)
		}
		switch tok.(type) {
		case xml.StartElement:
			n, depth = n+1, depth+1
			deepest = max(deepest, depth)
		case xml.EndElement:
			depth--
		}
	}
}

// declared are the types of the document with base and properties, read without the connector's reader.
type declared map[string]struct {
	base  string
	props map[string]bool
}

// all returns the properties and navigations of a type and of those it is made of.
func (d declared) all(name string) map[string]bool {
	t, ok := d[name]
	if !ok {
		return map[string]bool{}
	}
	out := d.all(t.base)
	maps.Copy(out, t.props)
	return out
}

func propertiesOf(t *testing.T, raw []byte) declared {
	t.Helper()
	type named struct {
		Name string `xml:"Name,attr"`
	}
	var doc struct {
		Schemas []struct {
			Entities []struct {
				Name  string  `xml:"Name,attr"`
				Base  string  `xml:"BaseType,attr"`
				Props []named `xml:"Property"`
				Navs  []named `xml:"NavigationProperty"`
			} `xml:"EntityType"`
		} `xml:"DataServices>Schema"`
	}
	if err := xml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	out := declared{}
	for _, e := range doc.Schemas[0].Entities {
		x := out[e.Name]
		x.base, x.props = e.Base[strings.LastIndexByte(e.Base, '.')+1:], map[string]bool{}
		for _, p := range slices.Concat(e.Props, e.Navs) {
			x.props[p.Name] = true
		}
		out[e.Name] = x
	}
	return out
}
