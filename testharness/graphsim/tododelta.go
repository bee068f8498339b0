package graphsim

import (
	"net/http"
	"slices"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// refuseTodo answers the options that To Do's delta does not know (measured by clients of consumer mailboxes).
func (c *call) refuseTodo() *apiError {
	switch {
	case c.query.Has("top"):
		return fail(http.StatusBadRequest, "BadRequest", "Skip token is not provided.")
	case c.query.Has("filter") || c.query.Has("orderby") || c.query.Has("search"):
		return fail(http.StatusBadRequest, "BadRequest", "Delta query is not supported by this resource.")
	case c.query.Has("select"):
		return invalidTodo("Invalid request")
	case slices.ContainsFunc(c.query.Expand, func(x odata.Expansion) bool { return x.Filter != nil }):
		return invalidTodo("Invalid request")
	default:
		c.query.Expand = nil // accepted and ignored
		return nil
	}
}

// taskDelta answers a round of a list's tasks. The delta link comes on an extra empty page after any rows.
func taskDelta(c *call) (*reply, error) {
	l, err := c.taskListOrGhost()
	if err != nil {
		return nil, err
	}
	pos, _, err := c.resume(deltaTasks, l.num, &l.feed)
	if err != nil {
		return nil, err
	}
	page := c.newPage(pos, c.deltaSize(50, mostPage))
	row := func(t *task) bool {
		return page.add(t.num, noDate, func(b []byte) []byte { return c.appendTask(b, t, "") })
	}
	if l.gone != 0 {
		return page.reply(c, "Collection(todoTask)", &l.feed, true), nil // silence, not removals
	}
	if pos.initial {
		for _, t := range c.box.tasks.from(pos.num) {
			if t.list == l.num && !row(t) {
				break
			}
		}
	} else {
		for _, ch := range touched(l.feed.since(pos.since)) {
			t, ok := c.box.tasks.get(ch.num)
			if ok && t.list == l.num {
				ok = row(t)
			} else {
				ok = page.add(ch.num, noDate, func(b []byte) []byte {
					b = append(b, `{"id":"`...)
					b = itemID{class: classTask, box: c.box.key, num: ch.num, date: noDate}.append(b, c.prefer.immutable)
					return append(b, `","@removed":{"reason":"deleted"},"isReminderOn":false,"hasAttachments":false}`...)
				})
			}
			if !ok {
				break
			}
		}
	}
	return page.reply(c, "Collection(todoTask)", &l.feed, true), nil
}

// taskListDelta answers a round of the lists.
func taskListDelta(c *call) (*reply, error) {
	f := &c.box.listFeed
	pos, _, err := c.resume(deltaLists, 0, f)
	if err != nil {
		return nil, err
	}
	page := c.newPage(pos, c.deltaSize(100, mostPage))
	row := func(l *taskList) bool {
		return page.add(l.num, noDate, func(b []byte) []byte { return c.appendTaskList(b, l, "") })
	}
	if pos.initial {
		for _, l := range c.box.lists {
			if l.num >= pos.num && !row(l) {
				break
			}
		}
	} else {
		for _, ch := range touched(f.since(pos.since)) {
			var ok bool
			if l := c.box.taskList(ch.num); l != nil {
				ok = row(l)
			} else {
				ok = page.add(ch.num, noDate, func(b []byte) []byte {
					b = append(b, `{"@removed":{"reason":"deleted"},"id":"`...)
					b = itemID{class: classTaskList, box: c.box.key, num: ch.num, date: noDate}.append(b, c.prefer.immutable)
					return append(b, `","isOwner":true,"isShared":false,"wellknownListName":"none"}`...)
				})
			}
			if !ok {
				break
			}
		}
	}
	return page.reply(c, "Collection(todoTaskList)", f, true), nil
}
