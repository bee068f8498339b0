package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

const (
	scaleUsers   = 2000
	mostMemory   = 1500 // MB resident at most, of 10^6 bytes
	smallCompany = 25
	scaleRead    = 200 // mailboxes that are read whole
)

// scale drives part 9: the small company at once, and the big one with all its people and a few of its mailboxes.
func scale(ctx context.Context, p *proof) {
	startSmall(ctx, p)
	began := time.Now()
	big, err := start(ctx, p.program, "--users", strconv.Itoa(scaleUsers), "--events", "500", "--contacts", "500")
	if err != nil {
		p.call("2,000 users: prepare", "", func() (string, error) { return "", err })
		return
	}
	defer big.stop()
	app, err := big.app()
	if err != nil {
		p.call("2,000 users: prepare", "", func() (string, error) { return "", err })
		return
	}
	ready := time.Since(began)
	q := *p
	q.app = app
	var ids []string
	p.call("2,000 users: all of them, 999 a page, with PageIterator", "2000 users", func() (string, error) {
		err := eachUser(ctx, &q, &users.UsersRequestBuilderGetQueryParameters{Top: ptr[int32](999), Select: []string{"id", "mail"}}, func(u models.Userable) { ids = append(ids, str(u.GetId())) })
		return fmt.Sprintf("%d users", len(ids)), err
	})
	p.measured("made in " + ready.Round(time.Second).String())
	p.call("2,000 users: the contacts of one mailbox, counted", "about 500", func() (string, error) {
		n, err := app.Users().ByUserId(p.people[0]).Contacts().Count().Get(ctx, nil)
		if err != nil {
			return "", err
		}
		return choose(*n > 400 && *n < 600, "about 500", fmt.Sprint(*n)), nil
	})
	p.call("2,000 users: the events of a year of one mailbox, by delta with PageIterator", "hundreds of rows", func() (string, error) {
		page, err := app.Users().ByUserId(p.people[0]).CalendarView().Delta().GetAsDeltaGetResponse(ctx, &users.ItemCalendarViewDeltaRequestBuilderGetRequestConfiguration{
			Headers:         headers("Prefer", "odata.maxpagesize=200"),
			QueryParameters: &users.ItemCalendarViewDeltaRequestBuilderGetQueryParameters{StartDateTime: ptr(p.at(-180)), EndDateTime: ptr(p.at(180))},
		})
		if err != nil {
			return "", err
		}
		n, _, _, err := round[models.Eventable](ctx, &q, page, users.CreateItemCalendarViewDeltaGetResponseFromDiscriminatorValue)
		return choose(n > 200, "hundreds of rows", fmt.Sprint(n)), err
	})
	p.call("2,000 users: the last one's calendar", "events", func() (string, error) {
		if len(ids) == 0 {
			return "no users", nil
		}
		for _, id := range []string{ids[len(ids)-1], ids[len(ids)-2], ids[len(ids)-3]} { // guests have no mailbox
			if list, err := app.Users().ByUserId(id).Events().Get(ctx, nil); err == nil && len(list.GetValue()) > 0 {
				return "events", nil
			}
		}
		return "none", nil
	})
	p.call("2,000 users: all contacts of 200 mailboxes by delta with PageIterator", "about 500 each", func() (string, error) {
		return manyContacts(ctx, &q, ids)
	})
	memory(p, big.cmd.Process.Pid)
}

// memory is the last call: what the reading before it needed is in the peak.
func memory(p *proof, pid int) {
	var mb int
	p.call("2,000 users: memory of the command at its peak", "under 1.5 GB", func() (string, error) {
		var err error
		mb, err = peak(pid)
		if err != nil {
			return "", err
		}
		return choose(mb < mostMemory, "under 1.5 GB", fmt.Sprintf("%d MB", mb)), nil
	})
	p.measured(fmt.Sprintf("%d MB", mb))
}

// startSmall starts a company of the usual size.
func startSmall(ctx context.Context, p *proof) {
	var took time.Duration
	p.call("25 users: from the start of the command to the first answer", "in less than a second", func() (string, error) {
		began := time.Now()
		s, err := start(ctx, p.program, "--users", strconv.Itoa(smallCompany))
		if err != nil {
			return "", err
		}
		defer s.stop()
		if _, err := get(ctx, p, s.client(), s.Graph+"/v1.0/$metadata"); err != nil {
			return "", err
		}
		took = time.Since(began)
		return choose(took < time.Second, "in less than a second", took.String()), nil
	})
	p.measured(took.Round(10 * time.Millisecond).String())
}

// manyContacts reads the contacts of the first users as a client that keeps up with a company does.
func manyContacts(ctx context.Context, p *proof, ids []string) (string, error) {
	for i, id := range ids[:min(len(ids), scaleRead)] {
		page, err := p.app.Users().ByUserId(id).Contacts().Delta().GetAsDeltaGetResponse(ctx, nil)
		if err != nil {
			return "", err
		}
		n, _, _, err := round[models.Contactable](ctx, p, page, users.CreateItemContactsDeltaGetResponseFromDiscriminatorValue)
		if err != nil {
			return "", err
		}
		if n < 400 || n > 600 {
			return fmt.Sprintf("%d in mailbox %d", n, i), nil
		}
	}
	return "about 500 each", nil
}

// peak is the most memory that a process had resident, in MB of 10^6 bytes, as Linux tells it.
func peak(pid int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("the peak of memory is measured on Linux only: %w", err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("no VmHWM of process %d", pid)
	}
	kb, err := strconv.Atoi(string(m[1]))
	return kb * 1024 / 1_000_000, err
}
