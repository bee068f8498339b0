package quiet

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/testharness/graphsim"
)

func TestRequestsAreCountedByMailboxAndStep(t *testing.T) {
	t.Parallel()
	got, err := newCount([]graphsim.Request{
		{Class: graphsim.ClassToken},
		{Class: "GET /$metadata"},
		{Class: "POST /$batch"},
		{Class: "GET /users/{user}", InBatch: true},
		{Class: "GET /users/{user}/calendarView/delta", Mailbox: "ada", InBatch: true},
		{Class: "GET /users/{user}/calendarView/delta", Mailbox: "ada"},
		{Class: "GET /users/{user}/events/{event}", Mailbox: "bob"},
		{Class: "GET /users/{user}/todo/lists/{list}/tasks/delta", Mailbox: "ada"},
		{Class: "GET /users/{user}/contacts/delta", Mailbox: "ada"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := count{
		perMailbox: map[[2]string]int{{"ada", "event"}: 2, {"bob", "event"}: 1, {"ada", "task"}: 1, {"ada", "contact"}: 1},
		inMailbox:  5, directory: 1, schema: 1, tokens: 1, http: 7,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(count{})); diff != "" {
		t.Error(diff)
	}
}

func TestAnUnknownRequestIsNoneThatIsOverlooked(t *testing.T) {
	t.Parallel()
	if _, err := newCount([]graphsim.Request{{Class: "GET /users/{user}/messages", Mailbox: "ada"}}); err == nil {
		t.Error("a request for mail was overlooked")
	}
}
