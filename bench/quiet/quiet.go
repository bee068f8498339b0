// Package quiet counts the requests that a run makes in which nothing has
// changed: events, tasks and contacts of 200 mailboxes, the second time on a day.
package quiet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/bench/measure"
	"github.com/gleis-dev/gleis/bench/site"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

const mailboxes = 200

// Run lets the program carry a company over and then run once more. Counting is
// exact: rounds would all be alike.
func Run(ctx context.Context, _ string, _ int) (figures []measure.Figure, err error) {
	dir, err := os.MkdirTemp("", "gleis-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program, err := site.Build(ctx, dir)
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		day := today()
		c, err := secondRun(ctx, program, dir)
		if err != nil {
			return nil, err
		}
		if day == today() {
			return report(c), nil
		}
		if try > 0 {
			return nil, errors.New("the day changed twice")
		}
	}
}

func today() string { return time.Now().UTC().Format(time.DateOnly) }

// secondRun returns what the second run of a new site asked for.
func secondRun(ctx context.Context, program, dir string) (c count, err error) {
	home, err := os.MkdirTemp(dir, "site-")
	if err != nil {
		return c, err
	}
	s, err := site.Open(ctx, site.Plan{
		Program: program, Dir: home, Company: graphsim.Config{Seed: 7, Users: mailboxes + 3, Small: true}, Users: withMailbox, Months: 3,
	})
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if len(s.Users) != mailboxes {
		return c, fmt.Errorf("the company has %d mailboxes, not %d", len(s.Users), mailboxes)
	}
	steps := []string{"event", "task", "contact"}
	first, err := s.Run(ctx, nil, steps...)
	if err != nil {
		return c, err
	}
	for _, sum := range first {
		if sum.Created == 0 || sum.Partitions != mailboxes {
			return c, fmt.Errorf("the first run did not carry everything over: %+v", sum)
		}
	}
	s.Control.ResetRequests()
	second, err := s.Run(ctx, nil, steps...)
	if err != nil {
		return c, err
	}
	for _, sum := range second {
		if sum.Created+sum.Updated+sum.Deleted > 0 {
			return c, fmt.Errorf("the second run wrote something: %+v", sum)
		}
	}
	return newCount(s.Control.Requests())
}

// withMailbox picks the users that a company carries over: enabled, with a mailbox.
func withMailbox(all []graphsim.User) []graphsim.User {
	var list []graphsim.User
	for _, u := range all {
		if u.Mailbox && u.Enabled && !u.Guest {
			list = append(list, u)
		}
	}
	return list
}

// count is what a run asked for.
type count struct {
	perMailbox map[[2]string]int // by mailbox and step
	inMailbox  int               // requests to mailboxes
	directory  int               // to find the users
	schema     int               // $metadata, once for each start of the connector
	tokens     int
	http       int // requests on the wire; one that carries a batch of others counts once, and tokens count
}

func newCount(log []graphsim.Request) (count, error) {
	c := count{perMailbox: map[[2]string]int{}}
	for _, r := range log {
		if !r.InBatch {
			c.http++
		}
		switch part := partOf(r.Class); part {
		case "":
			return c, fmt.Errorf("no part of the run asks for %s (%s)", r.Class, r.Path)
		case "batch":
		case "directory":
			c.directory++
		case "schema":
			c.schema++
		case "token":
			c.tokens++
		default:
			c.perMailbox[[2]string{r.Mailbox, part}]++
			c.inMailbox++
		}
	}
	return c, nil
}

// partOf says what a class of requests belongs to: a step, or what all steps share.
func partOf(class string) string {
	_, path, _ := strings.Cut(class, " ")
	in, isMailbox := strings.CutPrefix(path, "/users/{user}/")
	switch {
	case class == graphsim.ClassToken:
		return "token"
	case path == "/$batch":
		return "batch"
	case path == "/$metadata":
		return "schema"
	case path == "/users", path == "/users/{user}":
		return "directory"
	case isMailbox && strings.HasPrefix(in, "todo/"):
		return "task"
	case isMailbox && strings.HasPrefix(in, "contact"):
		return "contact"
	case isMailbox && (strings.HasPrefix(in, "calendar") || strings.HasPrefix(in, "events")):
		return "event"
	}
	return ""
}

func report(c count) []measure.Figure {
	most := 0
	for _, n := range c.perMailbox {
		most = max(most, n)
	}
	return []measure.Figure{
		{What: "quiet run: mailboxes", Value: mailboxes},
		{What: "quiet run: requests to mailboxes, three steps", Value: float64(c.inMailbox)},
		{What: "quiet run: requests on the wire, batches of 20 counted once", Value: float64(c.http)},
		{What: "quiet run: tokens", Value: float64(c.tokens)},
		{What: "quiet run: requests for the user list", Value: float64(c.directory)},
		{What: "quiet run: requests for the schema", Value: float64(c.schema)},
		{Name: "quiet-requests", What: "quiet run: most requests for a mailbox and step", Value: float64(most), Bound: measure.AtMost, Want: 1},
	}
}
