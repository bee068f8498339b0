package csdl

import (
	"strings"
	"testing"
)

func load(t *testing.T) *Model {
	t.Helper()
	m, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEveryNamedTypeIsDeclared(t *testing.T) {
	t.Parallel()
	m := load(t)
	check := func(where string, p Property) {
		if !primitives[p.Type] && m.Type(p.Type) == nil {
			t.Errorf("%s: no type %s", where, p.Type)
		}
	}
	for _, x := range m.Types {
		for _, p := range x.Properties {
			check(x.Name+"/"+p.Name, p)
			if target := m.Type(p.Type); p.Navigation && (target == nil || target.Kind != Entity) {
				t.Errorf("%s/%s leads to no entity", x.Name, p.Name)
			}
		}
		if x.Kind == Enum && len(x.Members) == 0 {
			t.Errorf("%s has no members", x.Name)
		}
	}
	for _, op := range m.Operations {
		check(op.Name, op.Binding)
		for _, p := range op.Parameters {
			check(op.Name+"("+p.Name, p)
		}
		if op.Result != nil {
			check(op.Name, *op.Result)
		}
	}
	for _, e := range m.Entries {
		check(e.Name, Property{Type: e.Type})
	}
	for _, a := range m.Annotations {
		owner, name, _ := strings.Cut(a.Target, "/")
		if x := m.Type(owner); x == nil || x.Property(name) == nil {
			t.Errorf("an annotation of %s, which is not declared", a.Target)
		}
		for _, c := range a.Can {
			if capabilities[c.Word][0] == "" {
				t.Errorf("%s: unknown word %s", a.Target, c.Word)
			}
		}
	}
}

func TestPathsAreFollowed(t *testing.T) {
	t.Parallel()
	m := load(t)
	for path, want := range map[string]string{
		"subject":                       "Edm.String",
		"START/datetime":                "Edm.String",
		"changeKey":                     "Edm.String",
		"attendees":                     "Collection(graph.attendee)",
		"attendees/*/emailAddress/name": "Edm.String",
		"categories/*":                  "Edm.String",
		"attendees/$count":              "Edm.Int64",
		"importance":                    "graph.importance",
		"calendar/owner/address":        "Edm.String",
		"attendees/*/microsoft.graph.attendee/status/time": "Edm.DateTimeOffset",
		"nonsense":              "?nonsense",
		"start/nonsense":        "?nonsense",
		"subject/x":             "?x",
		"attendees/status":      "?status",
		"subject/*":             "?*",
		"subject/$count":        "?$count",
		"microsoft.graph.x/y":   "?microsoft.graph.x",
		"attendees/$count/more": "?more",
		"":                      "?",
	} {
		p, missing, _ := m.Find(m.Type("event"), path)
		got := "?" + missing
		if p.Name != "" {
			got = p.EdmType()
		}
		if got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	if x := m.Type("microsoft.graph.USER"); x == nil || !x.Is("directoryObject") || x.Is("outlookItem") || len(x.All()) < 60 || x.All()[0].Name != "id" {
		t.Errorf("%+v", x)
	}
}

func TestWrongNotationIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"nonsense x", "entity a : b", "entity a\n  b", "entity a\n  b c d", "action x", "action event f(a)", "set x"} {
		if _, err := parse(text); err == nil {
			t.Errorf("%q accepted", text)
		}
	}
}

func TestResourcePathsLeadToTypes(t *testing.T) {
	t.Parallel()
	m := load(t)
	for path, want := range map[string]string{
		"users":                                   "[user]",
		"users/{user}/events":                     "[event]",
		"me/calendar":                             "calendar",
		"users/{u}/calendars/{c}/calendarView":    "[event]",
		"users/{u}/events/delta":                  "[event]",
		"users/{u}/events/microsoft.graph.delta":  "[event]",
		"users/{u}/events/{e}/accept":             "",
		"users/{u}/events/{e}/start":              "dateTimeTimeZone",
		"groups/{g}/members/microsoft.graph.user": "[user]",
		"places/microsoft.graph.room":             "[room]",
		"contacts/{c}":                            "orgContact",
		"users/{u}/photo/$value":                  "",
		"nonsense":                                "?nonsense",
		"users/{u}/nonsense":                      "?nonsense",
		"users/delta/{x}/accept":                  "?accept",
		"users/{u}/{x}":                           "?{x}",
		"users/{u}/events/accept":                 "?accept",
		"users/{u}/microsoft.graph.event":         "?microsoft.graph.event",
	} {
		at, missing := m.Walk(strings.Split(path, "/"))
		got := "?" + missing
		if missing == "" {
			got = ""
			if at.Type != nil {
				got = at.Type.Name
			}
			if at.Collection {
				got = "[" + got + "]"
			}
		}
		if got != want {
			t.Errorf("%s leads to %s, want %s", path, got, want)
		}
	}
}
