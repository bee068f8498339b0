package odata

import (
	"strings"
	"testing"
)

func sampleGetter(path string) Value {
	switch path {
	case "name":
		return String("Müller")
	case "age":
		return Number(40)
	case "active":
		return Bool(true)
	case "changed":
		t, _ := ParseStamp("2026-11-22T10:00:00Z")
		return Stamp(t)
	case "start/datetime":
		return String("2026-11-22T10:00:00.0000000")
	case "flags":
		return String("a,b,c")
	case "guid":
		return Value{Kind: KindGUID, S: "6F3C0B52-7A8B-4F5E-9A1C-0123456789AB"}
	case "addresses":
		return List([]Getter{func(path string) Value {
			if path == "tags" {
				return Strings([]string{"home", "work"})
			}
			return String("work")
		}})
	case "tags":
		return Strings([]string{"Kunde", "Projekt"})
	default:
		return Value{}
	}
}

func TestFilterHolds(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]bool{
		"name eq 'müller'":                                   true,
		"name ne 'müller'":                                   false,
		"name eq 'O''Brien'":                                 false,
		"startswith(name,'Mü')":                              true,
		"endswith(name,'er') and age gt 39":                  true,
		"contains(name,'x') or age le 40":                    true,
		"not (age lt 41)":                                    false,
		"not startswith(name,'M') or active":                 true,
		"startswith(name,'M') eq false":                      false,
		"active eq true and missing eq null":                 true,
		"missing ne null":                                    false,
		"name in ('a','Müller')":                             true,
		"tags/any(t:t eq 'kunde')":                           true,
		"tags/all(t:t eq 'kunde')":                           false,
		"tags/any()":                                         true,
		"tags/$count ge 2":                                   true,
		"changed ge 2026-11-22T10:00:00Z":                    true,
		"changed gt 2026-11-22T11:00:00+01:00":               false,
		"start/dateTime ge '2026-11-22T00:00'":               true,
		"start/dateTime lt 2026-11-22T10:00:00Z":             false,
		"40 lt age":                                          false,
		"39 lt age":                                          true,
		"not active eq true":                                 false,
		"not (tags/any(t:startswith(t,'P')))":                false,
		"tags/any(t:t eq 'kunde' and name eq 'Müller')":      true,
		"tags/any(n:name eq 'Müller')":                       true,
		"addresses/any(a:a/tags/any(t:t eq a/kind))":         true,
		"addresses/any(a:a/tags/any(t:t eq name))":           false,
		"addresses/all(a:a/tags/$count eq 2)":                true,
		"flags has 'b,c'":                                    true,
		"flags has graph.flag'd'":                            false,
		"importance eq microsoft.graph.importance'high'":     false,
		"guid eq 6f3c0b52-7a8b-4f5e-9a1c-0123456789ab":       true,
		"guid ne guid'6f3c0b52-7a8b-4f5e-9a1c-0123456789ab'": false,
		"changed ge 2026-11-22":                              true,
		"changed lt 2026-11-22T10:00:01.5Z":                  true,
		"$it/age eq 40":                                      true,
		"age eq 'x'":                                         false,
		"age ne 'x'":                                         true,
		"startswith(name,'M') eq startswith(name,'M')":       true,
		"(startswith(name,'X')) ne true":                     true,
		"missing gt 3":                                       false,
		"true":                                               true,
		"tags/all(t:t ne 'x')":                               true,
		"name eq null":                                       false,
		"age eq 1 or age eq 2 or name eq 'Muller'":           false,
		"age eq 40 and (name eq 'a' or name eq 'Müller')":    true,
	} {
		n, err := ParseFilter(filter)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		if got := n.Holds(sampleGetter); got != want {
			t.Errorf("%s is %v", filter, got)
		}
	}
}

func TestFilterRefusesNonsense(t *testing.T) {
	t.Parallel()
	for _, filter := range []string{"", "name", "name eq", "name eq 'x", "name like 'x'", "tags/all()", "age", "3", "name eq", "in (1)", "name in ()", "name in (name)", "startswith(name)", "startswith(name,3)", "name eq 'a' and 3", "not 3", "a//b eq 1", "changed ge 2026-11-22T10:00:00", "changed ge 2026-13-22", "x eq duration'PT1H'", "x eq guid'1'", "name eq #", "startswith(name,'a',)", "tags/any(t)", "tags/any(a/b:true)", "tags/any(t:3)", "startswith(name,'a') eq 'a'", "(name eq 'x'", "name eq 'x')", "eq 'x'", "foo(name,'x')", "tags/any(t t eq 'x')", "not"} {
		if n, err := ParseFilter(filter); err == nil && filter != "name" && filter != "age" { // a property alone is a condition
			t.Errorf("%q accepted: %+v", filter, n)
		}
	}
}

func TestFilterFailuresSpeakAsODataDoes(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]string{
		"subject eq 'x":                      "There is an unterminated string literal at position 13 in 'subject eq 'x'.",
		"subject e 'x'":                      "Syntax error at position 8 in 'subject e 'x''.",
		"subject eq":                         "Expression expected at position 10 in 'subject eq'.",
		"(subject eq 'x'":                    "')' or operator expected at position 15 in '(subject eq 'x''.",
		"subject = 'x'":                      "Syntax error: character '=' is not valid at position 8 in 'subject = 'x''.",
		"created ge 2026-11-22T10:00:00":     "The DateTimeOffset text '2026-11-22T10:00:00' should be in format 'yyyy-mm-ddThh:mm:ss('.'s+)?(zzzzzz)?' and each field value is within valid range.",
		"startswith(subject,'x') eq 'true'":  "A binary operator with incompatible types was detected. Found operand types 'Edm.Boolean' and 'Edm.String' for operator kind 'Equal'.",
		"not 'x'":                            "A unary operator with an incompatible type was detected. Found operand type 'Edm.String' for operator kind 'Not'.",
		strings.Repeat("(", 300):             "Recursion depth exceeded allowed limit.",
		strings.Repeat("not ", 300) + "true": "Recursion depth exceeded allowed limit.",
		"'x'":                                "The $filter expression must evaluate to a single boolean value.",
	} {
		if _, err := ParseFilter(filter); err == nil || err.Error() != want {
			t.Errorf("%.40s: %v, want %s", filter, err, want)
		}
	}
}

func TestLeavesNamePropertiesFromTheRow(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]string{
		"Subject eq 'x' and not contains(Body/Content,'y')": "eq subject|not |contains body/content",
		"a/any(x:x/B/any(y:y eq 1) or x/c eq z)":            "eq a/*/b/*|eq a/*/c|eq z",
		"a/any() or isRead":                                 "any a/*|eq isread",
		"members/$count gt 3":                               "gt members/$count",
		"year(created) eq 2026":                             "year created",
		"'x' eq name":                                       "eq name",
		"a/any(x:cast(x/Value, Edm.Int32) gt 3)":            "gt a/*/value/edm.int32",
	} {
		n, err := ParseFilter(filter)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		var got []string
		for leaf := range n.Leaves() {
			got = append(got, leaf.Op+" "+leaf.Path)
		}
		if s := strings.Join(got, "|"); s != want {
			t.Errorf("%s has %s, want %s", filter, s, want)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{"name eq 'x' and (age gt 1 or not active)", "tags/any(t:t eq 'a')", "cast(a,Edm.Int32) eq 1", "a in (1,2,'x')", "startswith(a,'b') eq false", "((((", "a/$count eq 1", "\x91\x8d\x8d/AnY("} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseFilter(s)
		if err != nil {
			return
		}
		n.Holds(sampleGetter)
		for leaf := range n.Leaves() {
			if leaf.Op == "" {
				t.Error("a leaf without operator")
			}
		}
	})
}
