package testharness

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { Main(m, shelfConnector()) }

func shelfSubject(broken string) Subject {
	return Subject{Connector: shelfConnector(), Object: "thing", Batch: 10, New: func(context.Context, string) (*System, error) {
		return newShelf(25).system(broken), nil
	}}
}

// A connector that keeps all rules passes all of them, and none is left out but
// what needs a process over the transport that has none.
func TestSoundConnectorPasses(t *testing.T) {
	t.Parallel()
	left, err := Check(t.Context(), shelfSubject(""))
	if err != nil {
		t.Error(err)
	}
	if len(left) != 1 || left[0].Rule != "kill and restart" || left[0].Transport != "loop" {
		t.Error("left out:", left)
	}
}

// mutants names for each rule the ways in which the connector of this test breaks
// it.
func mutants() map[string][]string {
	return map[string][]string{
		"schema": {"schema grows", "schema without key", "schema names a field that is not there"},
		"read": {
			"no Start", "no Full", "Done in every batch", "ends without Done", "no key", "no object", "no stamp", "a failure in a listing",
			"answers a key twice", "says nothing of unknown keys", "invents what is asked for",
		},
		"resume":  {"a cursor one batch ahead", "hides the error of emit"},
		"cursors": {"a cursor that is too large", "a cursor is good once", "no cursor at the end", "no cursor at the end of changes", "forgets changes"},
		"write": {
			"a create without key", "a create with another stamp", "a create loses a field", "does not say whether it was done", "creates twice", "a dry run writes",
			"answers in another order", "answers too little",
		},
		"update":              {"an update with another key", "an update that does nothing", "an update makes a copy", "an update changes another record", "an update of nothing is done"},
		"delete":              {"a delete that does nothing", "a deletion is a suspicion", "a second delete is a defect", "a delete takes another along"},
		"find":                {"finds nothing", "finds it twice", "a lost answer is not done", "a lost answer is done"},
		"stamps":              {"a stamp that never changes", "another stamp each time", "a stale stamp is written over", "a stale stamp is a defect"},
		"only changed fields": {"an update that clears the rest", "null is left out"},
		"cancel":              {"works on when cancelled", "a cancelled read is a defect", "a cancelled read breaks the connection"},
		"kill and restart":    {"keeps a lock that a killed process does not give back"},
		"throttle":            {"throttled without the time to wait", "throttled as a defect", "throttled as if nothing were there", "waits although it is cancelled"},
		"secrets":             {"logs the secret", "logs the secret within base64", "throttled with the secret"},
		"quiet":               {"begins anew with other stamps", "invents records", "deletes what it does not list", "no cursor at the end of changes"},
	}
}

// Each rule catches what breaks it: a rule that nothing can break is no rule.
func TestEachRuleCatchesItsMutants(t *testing.T) {
	t.Parallel()
	all := mutants()
	for _, r := range rules() {
		if len(all[r.name]) == 0 {
			t.Errorf("no mutant breaks the rule %q", r.name)
		}
		for _, broken := range all[r.name] {
			t.Run(r.name+"/"+broken, func(t *testing.T) {
				t.Parallel()
				over := transports()[0]
				if r.name == "kill and restart" {
					over = transports()[1]
				}
				sub := shelfSubject(broken)
				reason, err := checkRule(t.Context(), &sub, over, r)
				var v *Violation
				if reason != "" || !errors.As(err, &v) || v.Rule != r.name || v.Transport != over.name {
					t.Fatalf("the rule was not broken: %q, %v", reason, err)
				}
				t.Log(err)
			})
		}
		delete(all, r.name)
	}
	if len(all) > 0 {
		t.Error("mutants of rules that there are not:", slices.Sorted(maps.Keys(all)))
	}
}

// A broken connector is named by Check with transport, rule and promise, over both
// transports, without a test.
func TestCheckNamesWhatIsBroken(t *testing.T) {
	t.Parallel()
	sub := shelfSubject("an update of nothing is done")
	sub.Leave = map[string]string{}
	for _, r := range rules() {
		if r.name != "update" {
			sub.Leave[r.name] = "is not what this test is about"
		}
	}
	left, err := Check(t.Context(), sub)
	if err == nil || len(left) != 2*(len(rules())-1) {
		t.Fatal(left, err)
	}
	for _, want := range []string{`loop, rule "update": `, `process, rule "update": `, "(the rule: an updated record"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
}

func TestSubjectThatCannotBeAskedIsRefused(t *testing.T) {
	t.Parallel()
	_, err := Check(t.Context(), Subject{Leave: map[string]string{"reed": "a slip", "read": ""}})
	for _, want := range []string{"Subject.Connector", "Subject.New", "Subject.Object", `"reed", which does not exist`, `no reason for leaving out the rule "read"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
}
