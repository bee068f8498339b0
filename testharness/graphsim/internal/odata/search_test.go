package odata

import (
	"strings"
	"testing"
)

func searchItem(term Term) bool {
	texts := map[string]string{"displayname": "Anna Müller-Lüdenscheidt", "mail": "anna@contoso.example", "subject": "Angebot für Anna", "": "Angebot für Anna"}
	return term.In(texts[term.Property])
}

func TestDirectorySearch(t *testing.T) {
	t.Parallel()
	for search, want := range map[string]bool{
		`"displayName:anna"`:                                    true,
		`"displayName:Müller"`:                                  true,
		`"displayName:otto" OR "mail:anna"`:                     true,
		`"displayName:otto" AND "mail:anna"`:                    false,
		`"displayName:anna" AND NOT "mail:otto"`:                true,
		`("mail:otto" OR "mail:anna") AND "displayName:anna"`:   true,
		`"mail:otto" OR ("mail:anna" AND "displayName:müller")`: true,
	} {
		s, err := ParseSearch(search)
		if err != nil {
			t.Errorf("%s: %v", search, err)
		} else if got := s.Matches(searchItem); got != want {
			t.Errorf("%s is %v", search, got)
		}
	}
	for _, search := range []string{"", "displayName:anna", `"a:b`, `"a:b" "c:d"`, `"a:b" and "c:d"`, `("a:b"`, `"a:b")`, `NOT`, strings.Repeat("(", 500)} {
		if s, err := ParseSearch(search); err == nil {
			t.Errorf("%s accepted: %v", search, s.Terms())
		}
	}
}

func TestMessageSearch(t *testing.T) {
	t.Parallel()
	for search, want := range map[string]bool{
		`"angebot"`:                         true,
		`angebot`:                           true,
		`"angebot anna"`:                    true,
		`"\"angebot anna\""`:                false,
		`"\"für anna\""`:                    true,
		`"ange"`:                            false,
		`"ange*"`:                           true,
		`"subject:angebot"`:                 true,
		`"subject:rechnung OR mail:anna"`:   true,
		`"subject:angebot NOT mail:anna"`:   false,
		`"subject:\"für anna\" mail:anna*"`: true,
		`"(subject:x OR subject:anna) für"`: true,
	} {
		s, err := ParseKQL(search)
		if err != nil {
			t.Errorf("%s: %v", search, err)
		} else if got := s.Matches(searchItem); got != want {
			t.Errorf("%s is %v", search, got)
		}
	}
	for _, search := range []string{"", `""`, "subject:x", `"x`, `"x" y`, `"subject:"`, `"(x"`} {
		if _, err := ParseKQL(search); err == nil {
			t.Errorf("%s accepted", search)
		}
	}
	s, err := ParseKQL(`"received>=2026-11-01 hasAttachments:true"`)
	if err != nil || len(s.Terms()) != 2 || s.Terms()[0] != (Term{Property: "received", Operator: ">=", Text: "2026-11-01"}) {
		t.Errorf("%v %v", s.Terms(), err)
	}
}

func TestWordsOfTheDirectorySearch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, find string
		want       bool
	}{
		{"hello world", "world hello", true},
		{"hello world", "helloworld", false},
		{"HelloWorld", "world", true},
		{"helloWORLD", "world", true},
		{"HELLOworld", "world", false},
		{"hello.world", "world", true},
		{"hello-world", "helloworld", true},
		{"hello123world", "123", true},
		{"Anna Müller-Lüdenscheidt", "lüd MÜLL", true},
		{"Anna Müller", "anna.müller", true},
		{"Anna", "nna", false},
		{"Li (李四)", "(李四", true},
		{"Anna", "", false},
		{"", "a", false},
		{"Anna", "-", false},
	} {
		if got := (Term{Text: tt.find}).Begins(tt.text); got != tt.want {
			t.Errorf("%q in %q is %v", tt.find, tt.text, got)
		}
	}
}

func TestAlternativesAreCounted(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]int{
		"a eq 1":                                1,
		"a eq 1 or b eq 2 or c eq 3":            3,
		"(a eq 1 or b eq 2) and c eq 3":         2,
		"a eq 1 or (b eq 2 or c eq 3)":          3,
		"not(a eq 1 or b eq 2)":                 2,
		"x/any(p:p eq 1 or p eq 2)":             2,
		"a in (1,2,3,4)":                        4,
		"a in (1,2,3,4) and (b eq 1 or c eq 2)": 4,
	} {
		n, err := ParseFilter(filter)
		if err != nil || n.Alternatives() != want {
			t.Errorf("%s: %v, want %d", filter, n.Alternatives(), want)
		}
	}
}
