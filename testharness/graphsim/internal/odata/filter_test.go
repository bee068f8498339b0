package odata

import "testing"

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
	case "tags":
		return Strings([]string{"Kunde", "Projekt"})
	default:
		return Value{}
	}
}

func TestFilterHolds(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]bool{
		"name eq 'müller'":                                true,
		"name ne 'müller'":                                false,
		"name eq 'O''Brien'":                              false,
		"startswith(name,'Mü')":                           true,
		"endswith(name,'er') and age gt 39":               true,
		"contains(name,'x') or age le 40":                 true,
		"not (age lt 41)":                                 false,
		"not startswith(name,'M') or active":              true,
		"startswith(name,'M') eq false":                   false,
		"active eq true and missing eq null":              true,
		"missing ne null":                                 false,
		"name in ('a','Müller')":                          true,
		"tags/any(t:t eq 'kunde')":                        true,
		"tags/all(t:t eq 'kunde')":                        false,
		"tags/any()":                                      true,
		"tags/$count ge 2":                                true,
		"changed ge 2026-11-22T10:00:00Z":                 true,
		"changed gt 2026-11-22T11:00:00+01:00":            false,
		"start/dateTime ge '2026-11-22T00:00'":            true,
		"start/dateTime lt 2026-11-22T10:00:00Z":          false,
		"age eq 1 or age eq 2 or name eq 'Muller'":        false,
		"age eq 40 and (name eq 'a' or name eq 'Müller')": true,
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
	for _, filter := range []string{"", "name", "name eq", "name eq 'x", "name like 'x'", "(name eq 'x'", "name eq 'x')", "eq 'x'", "foo(name,'x')", "name eq x", "tags/any(t t eq 'x')", "not"} {
		if n, err := ParseFilter(filter); err == nil && filter != "name" { // a property alone is a condition
			t.Errorf("%q accepted: %+v", filter, n)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{"name eq 'x' and (age gt 1 or not active)", "tags/any(t:t eq 'a')", "a in (1,2,'x')", "startswith(a,'b') eq false", "((((", "a/$count eq 1", "\x91\x8d\x8d/AnY("} {
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
