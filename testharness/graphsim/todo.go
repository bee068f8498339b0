package graphsim

import (
	"net/http"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

var (
	taskStatusNames = [...]string{"notStarted", "inProgress", "completed", "waitingOnOthers", "deferred"}
	wellKnownNames  = [...]string{"none", "defaultList", "flaggedEmails"}
)

const statusCompleted byte = 2

// task is a to-do. Instants that are not set are noInstant.
type task struct {
	num, list                       uint64
	version                         uint64
	created, modified, bodyModified int64
	title, body                     text
	bodyIsHTML                      bool
	status, importance              byte
	categories                      []text
	due, start, completed, reminder int64
	reminderOn                      bool
	rule                            *recurrence
	links                           []linkedResource
	steps                           []checklistItem
	extras                          *extras
}

func (t *task) number() uint64 { return t.num }

func (m *mailbox) taskID(t *task) itemID {
	return itemID{class: classTask, box: m.key, num: t.num, date: noDate}
}

func (c *call) taskOfPath() (*taskList, *task, *apiError) {
	l, err := c.taskListOfPath()
	if err != nil {
		return nil, nil, err
	}
	id, err := parseID(c.vars["task"], classTask)
	if err != nil {
		return nil, nil, err
	}
	t, ok := c.box.tasks.get(id.num)
	if !ok || id.box != c.box.key || t.list != l.num {
		return nil, nil, errItemNotFound()
	}
	return l, t, nil
}

// invalidTodo is To Do's answer to options and paths it does not know.
func invalidTodo(format string, args ...any) *apiError {
	e := fail(http.StatusBadRequest, "invalidRequest", format, args...)
	e.inner = "RequestBroker--ParseUri"
	return e
}

// checkTodoExpand knows extensions with a filter on their id. What comes inline anyway may be named, and extensions without a filter are
// ignored.
func (c *call) checkTodoExpand() *apiError {
	var kept []odata.Expansion
	for _, x := range c.query.Expand {
		switch strings.ToLower(x.Name) {
		case "extensions":
			if err := normalizeIDs(x.Filter, todoExtension); err != nil {
				return err
			}
			if x.Filter != nil {
				kept = append(kept, x)
			}
		case "linkedresources", "checklistitems":
		default:
			return invalidTodo("Invalid request")
		}
	}
	c.query.Expand = kept
	return nil
}

func (t *task) get(path string) value {
	switch path {
	case "status":
		return odata.String(taskStatusNames[t.status])
	case "lastmodifieddatetime":
		return odata.Stamp(t.modified)
	case "createddatetime":
		return odata.Stamp(t.created)
	case "title":
		return odata.String(t.title.plain())
	case "categories":
		return odata.Strings(plainTexts(t.categories))
	case "duedatetime/datetime":
		if t.due == noInstant {
			return value{}
		}
		return odata.String(string(appendWall(nil, t.due)))
	case "importance":
		return odata.String(importanceNames[t.importance])
	default:
		return value{}
	}
}

func (c *call) appendTask(b []byte, t *task, lead string) []byte {
	sh := c.todoShape()
	w := writer{b: append(append(b, '{'), lead...)}
	w.member("@odata.etag")
	w.b = append(appendChangeKey(append(w.b, `"W/\"`...), t.version), `\""`...)
	w.word("importance", importanceNames[t.importance])
	w.bool("isReminderOn", t.reminderOn)
	w.word("status", taskStatusNames[t.status])
	w.text("title", t.title)
	w.member("createdDateTime")
	w.b = appendStamp(w.b, t.created)
	w.member("lastModifiedDateTime")
	w.b = appendStamp(w.b, t.modified)
	w.bool("hasAttachments", c.box.hasAttachments(attachKey{t.num, noDate}))
	w.member("categories")
	w.b = appendTexts(w.b, t.categories)
	w.member("id")
	w.b = append(c.box.taskID(t).append(append(w.b, '"'), c.prefer.immutable), '"')
	w.member("body")
	if t.bodyIsHTML {
		w.b = append(w.b, `{"content":`...)
		w.b = append(appendText(w.b, orEmpty(t.body)), `,"contentType":"html"}`...)
	} else {
		w.b = append(w.b, `{"content":`...)
		w.b = append(appendText(w.b, orEmpty(t.body)), `,"contentType":"text"}`...)
	}
	if t.bodyModified != 0 {
		w.member("bodyLastModifiedDateTime")
		w.b = appendStamp(w.b, t.bodyModified)
	}
	for _, d := range []struct {
		name string
		at   int64
	}{{"completedDateTime", t.completed}, {"dueDateTime", t.due}, {"reminderDateTime", t.reminder}, {"startDateTime", t.start}} {
		if d.at != noInstant {
			w.member(d.name)
			w.b = sh.appendMoment(w.b, d.at, false, nil)
		}
	}
	if t.rule != nil {
		w.member("recurrence")
		w.b = appendRecurrence(w.b, t.rule)
	}
	taskLinks().write(&w, t)
	taskSteps().write(&w, t)
	sh.writeExtras(&w, "todo/lists('"+c.vars["list"]+"')/tasks", c.box.taskID(t), t.extras)
	return append(w.b, '}')
}

func listTasks(c *call) (*reply, error) {
	l, err := c.taskListOrGhost()
	if err != nil {
		return nil, err
	}
	var items []*task
	for _, t := range c.box.tasks.items {
		if t.list == l.num && c.query.Filter.Holds(t.get) {
			items = append(items, t)
		}
	}
	odata.Sort(items, c.query.OrderBy, func(t *task) getter { return t.get })
	c.query.Count = false // ignored by To Do
	return listPage(c, "todo/lists('"+c.vars["list"]+"')/tasks", items, func(b []byte, t *task) []byte { return c.appendTask(b, t, "") }), nil
}

func (c *call) taskReply(status int, t *task) *reply {
	rep := &reply{status: status, body: c.appendTask(nil, t, c.context("todo/lists('"+c.vars["list"]+"')/tasks"))}
	rep.set("ETag", etagOf(t.version))
	return rep
}

func getTask(c *call) (*reply, error) {
	_, t, err := c.taskOfPath()
	if err != nil {
		return nil, err
	}
	return c.taskReply(http.StatusOK, t), nil
}

func deleteTask(c *call) (*reply, error) {
	l, t, err := c.taskOfPath()
	if err != nil {
		return nil, err
	}
	c.box.tasks.remove(t.num)
	c.box.detach(t.num)
	l.feed.add(change{num: t.num, date: noDate})
	return &reply{status: http.StatusNoContent}, nil
}
