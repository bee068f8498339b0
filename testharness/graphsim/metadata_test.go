package graphsim

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/csdl"
)

// edmx is as much of a CSDL document as the comparison needs.
type edmx struct {
	Schemas []struct {
		Namespace string `xml:"Namespace,attr"`
		Enums     []struct {
			Name    string `xml:"Name,attr"`
			Flags   string `xml:"IsFlags,attr"`
			Members []struct {
				Name  string `xml:"Name,attr"`
				Value string `xml:"Value,attr"`
			} `xml:"Member"`
		} `xml:"EnumType"`
		Entities    []edmxType      `xml:"EntityType"`
		Complex     []edmxType      `xml:"ComplexType"`
		Actions     []edmxOperation `xml:"Action"`
		Functions   []edmxOperation `xml:"Function"`
		Sets        []edmxNamed     `xml:"EntityContainer>EntitySet"`
		Singletons  []edmxNamed     `xml:"EntityContainer>Singleton"`
		Annotations []struct {
			Target string `xml:"Target,attr"`
			Terms  []struct {
				Term   string `xml:"Term,attr"`
				Values []struct {
					Property string `xml:"Property,attr"`
					Bool     string `xml:"Bool,attr"`
				} `xml:"Record>PropertyValue"`
			} `xml:"Annotation"`
		} `xml:"Annotations"`
	} `xml:"DataServices>Schema"`
}

type edmxNamed struct {
	Name       string `xml:"Name,attr"`
	Type       string `xml:"Type,attr"`
	EntityType string `xml:"EntityType,attr"`
	Nullable   string `xml:"Nullable,attr"`
	Contains   string `xml:"ContainsTarget,attr"`
}

type edmxType struct {
	Name   string      `xml:"Name,attr"`
	Base   string      `xml:"BaseType,attr"`
	Open   string      `xml:"OpenType,attr"`
	Void   string      `xml:"Abstract,attr"`
	Stream string      `xml:"HasStream,attr"`
	Keys   []edmxNamed `xml:"Key>PropertyRef"`
	Props  []edmxNamed `xml:"Property"`
	Navs   []edmxNamed `xml:"NavigationProperty"`
}

type edmxOperation struct {
	Name       string      `xml:"Name,attr"`
	Parameters []edmxNamed `xml:"Parameter"`
	Result     edmxNamed   `xml:"ReturnType"`
}

func (op edmxOperation) fact() string {
	b := "operation " + op.Name + " of " + op.Parameters[0].Type
	for _, p := range op.Parameters[1:] {
		b += ", " + p.Name + " " + p.Type + " nullable " + p.Nullable
	}
	return b + " gives " + op.Result.Type
}

// facts flattens a document to one line per statement.
func (d edmx) facts() map[string]bool {
	out := map[string]bool{}
	for _, s := range d.Schemas {
		for _, a := range s.Annotations { // the real document keeps them in the last schema
			for _, t := range a.Terms {
				for _, v := range t.Values {
					out["annotation "+a.Target+" "+t.Term+" "+v.Property+" "+v.Bool] = true
				}
			}
		}
		if s.Namespace != "microsoft.graph" {
			continue
		}
		for _, e := range s.Enums {
			for _, m := range e.Members {
				out["enum "+e.Name+" flags "+e.Flags+" "+m.Name+"="+m.Value] = true
			}
		}
		for _, t := range slices.Concat(s.Entities, s.Complex) {
			out["type "+t.Name+" base "+t.Base+" open "+t.Open+" abstract "+t.Void+" stream "+t.Stream] = true
			for _, k := range t.Keys {
				out["key "+t.Name+"."+k.Name] = true
			}
			for _, p := range t.Props {
				out["property "+t.Name+"."+p.Name+" "+p.Type+" nullable "+p.Nullable] = true
			}
			for _, n := range t.Navs {
				out["navigation "+t.Name+"."+n.Name+" "+n.Type+" nullable "+n.Nullable+" contained "+n.Contains] = true
			}
		}
		for _, op := range slices.Concat(s.Actions, s.Functions) {
			if len(op.Parameters) > 0 {
				out[op.fact()] = true
			}
		}
		for _, e := range slices.Concat(s.Sets, s.Singletons) {
			out["entry "+e.Name+" "+e.Type+e.EntityType] = true
		}
	}
	return out
}

func parseEdmx(t *testing.T, raw []byte) edmx {
	t.Helper()
	var d edmx
	if err := xml.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestMetadataIsServedToEverybody(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 1, Small: true})
	d := parseEdmx(t, []byte(r.s.metadataFor(t)))
	if n := len(d.facts()); n < 900 || d.Schemas[0].Namespace != "microsoft.graph" {
		t.Errorf("%d facts", n)
	}
	own := newRig(t, Config{Users: 1, Small: true, Metadata: []byte("<edmx:Edmx/>")})
	if got := own.s.metadataFor(t); got != "<edmx:Edmx/>" {
		t.Errorf("served %s", got)
	}
}

func TestMetadataIsAPartOfTheRealOne(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(graphData(t), "graph-metadata-v1.0.xml"))
	if err != nil {
		t.Fatal(err)
	}
	known := parseEdmx(t, raw).facts()
	m, err := csdl.Load()
	if err != nil {
		t.Fatal(err)
	}
	for f := range parseEdmx(t, m.Document()).facts() {
		if !known[f] {
			t.Errorf("not in the real document: %s", f)
		}
	}
}

// TestEveryRouteIsDeclared follows each served path through the model.
func TestEveryRouteIsDeclared(t *testing.T) {
	t.Parallel()
	m, err := csdl.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range routes() {
		if row.pattern[0] == '$' || row.area == areaOpen {
			continue // the service's own, and upload addresses, which clients take as they are
		}
		if _, missing := m.Walk(strings.Split(row.pattern, "/")); missing != "" {
			t.Errorf("%s %s: internal/csdl/model.txt does not declare %s", row.method, row.pattern, missing)
		}
	}
}

// TestEveryDeclaredOperationIsServed finds a route for each action and function of the model.
func TestEveryDeclaredOperationIsServed(t *testing.T) {
	t.Parallel()
	m, err := csdl.Load()
	if err != nil {
		t.Fatal(err)
	}
	signature := func(op csdl.Operation) string { return op.Binding.EdmType() + "/" + op.Name }
	served := map[string]bool{}
	for _, row := range routes() {
		row.segments = strings.Split(row.pattern, "/")
		row.describe(m)
		if op := row.target.Operation; op.Name != "" && op.Function == (row.method == "GET") {
			served[signature(op)] = true
		}
	}
	for _, op := range m.Operations {
		if !served[signature(op)] {
			t.Errorf("no route serves %s", signature(op))
		}
	}
}
