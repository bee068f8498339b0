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
