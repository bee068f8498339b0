package graphsim

import (
	"net/http"
	"slices"
	"strings"
)

// taskList is a list of Microsoft To Do.
type taskList struct {
	num       uint64
	name      text
	wellKnown byte
	version   uint64
	hidden    bool  // GET /lists leaves it out
	gone      int64 // of a deleted list: the second until which it still answers
	extras    *extras
	feed      feed
}

func (l *taskList) number() uint64 { return l.num }

func (m *mailbox) taskList(num uint64) *taskList { return itemOf(m.lists, num) }

func (m *mailbox) taskListID(l *taskList) itemID {
	return itemID{class: classTaskList, box: m.key, num: l.num, date: noDate}
}

// taskListOfPath finds the list that a call's path names.
func (c *call) taskListOfPath() (*taskList, *apiError) {
	id, err := parseID(c.vars["list"], classTaskList)
	if err != nil {
		return nil, err
	}
	if l := c.box.taskList(id.num); l != nil && id.box == c.box.key {
		return l, nil
	}
	return nil, errItemNotFound()
}

// taskListOrGhost is taskListOfPath for calls to its tasks: some also reach a list that was deleted a short while ago.
func (c *call) taskListOrGhost() (*taskList, *apiError) {
	l, err := c.taskListOfPath()
	if err == nil || err.status != http.StatusNotFound {
		return l, err
	}
	id, _ := parseID(c.vars["list"], classTaskList) // parsed before
	for _, g := range c.box.ghosts {
		if g.num == id.num && id.box == c.box.key && c.s.now().Unix() < g.gone {
			return g, nil
		}
	}
	return nil, err
}

// todoShape is how To Do shows things: always whole.
func (c *call) todoShape() shape {
	sh := c.shape()
	sh.sel, sh.extension = nil, todoExtension
	return sh
}

func (c *call) appendTaskList(b []byte, l *taskList, lead string) []byte {
	w := writer{b: append(append(b, '{'), lead...)}
	w.member("@odata.etag")
	w.b = append(appendChangeKey(append(w.b, `"W/\"`...), l.version), `\""`...)
	w.text("displayName", l.name)
	w.bool("isOwner", true)
	w.bool("isShared", false)
	w.word("wellknownListName", wellKnownNames[l.wellKnown])
	w.member("id")
	w.b = append(c.box.taskListID(l).append(append(w.b, '"'), c.prefer.immutable), '"')
	sh := c.todoShape()
	sh.writeExtras(&w, "todo/lists", c.box.taskListID(l), l.extras)
	return append(w.b, '}')
}

func listTaskLists(c *call) (*reply, error) {
	lists := slices.DeleteFunc(slices.Clone(c.box.lists), func(l *taskList) bool { return l.hidden })
	return listPage(c, "todo/lists", lists, func(b []byte, l *taskList) []byte { return c.appendTaskList(b, l, "") }), nil
}

func (c *call) taskListReply(status int, l *taskList) *reply {
	rep := &reply{status: status, body: c.appendTaskList(nil, l, c.context("todo/lists"))}
	rep.set("ETag", etagOf(l.version))
	return rep
}

func getTaskList(c *call) (*reply, error) {
	l, err := c.taskListOfPath()
	if err != nil {
		return nil, err
	}
	return c.taskListReply(http.StatusOK, l), nil
}

func createTaskList(c *call) (*reply, error) {
	l := &taskList{}
	if err := decodeTaskList(c.body, l); err != nil {
		return nil, err
	}
	l.num = c.box.nextNum()
	c.box.lists = append(c.box.lists, l)
	c.touchTaskList(l)
	c.showExtensions(l.extras)
	return c.taskListReply(http.StatusCreated, l), nil
}

func (c *call) touchTaskList(l *taskList) {
	l.version = c.s.tenant.nextVersion()
	c.box.listFeed.add(change{num: l.num, date: noDate})
}

// readOnlyTaskList are the properties that To Do ignores in requests.
var readOnlyTaskList = nameSet("id isOwner isShared wellknownListName tasks")

// decodeTaskList sets a list's properties from a body, which must name it.
func decodeTaskList(body []byte, l *taskList) *apiError {
	members, err := decodeObject(body)
	if err != nil {
		return err
	}
	for name, raw := range members {
		switch {
		case name == "displayname":
			err = decodeText(raw, &l.name)
		case name == "extensions" && l.num != 0:
			err = errInternalTodo() // extensions are written below the list
		case name == "extensions":
			var open []openExtension
			open, err = decodeExtensions(raw, todoExtension)
			l.extras = l.extras.withOpen(open)
		case !readOnlyTaskList[name]:
			err = errUnknownProperty(name, "todoTaskList")
		}
		if err != nil {
			return err
		}
	}
	if strings.TrimSpace(l.name.plain()) == "" {
		return fail(http.StatusBadRequest, "invalidRequest", "Invalid request")
	}
	return nil
}

// updateTaskList renames a list; If-Match does not guard it, as clients measured. The well-known lists keep their names; how To Do refuses
// to rename or delete them is unconfirmed.
func updateTaskList(c *call) (*reply, error) {
	l, err := c.taskListOfPath()
	if err != nil {
		return nil, err
	}
	if l.wellKnown != 0 {
		return nil, fail(http.StatusBadRequest, "invalidRequest", "The well-known list cannot be changed.")
	}
	next := taskList{num: l.num, name: l.name}
	if err := decodeTaskList(c.body, &next); err != nil {
		return nil, err
	}
	l.name = next.name
	c.touchTaskList(l)
	return c.taskListReply(http.StatusOK, l), nil
}

func deleteTaskList(c *call) (*reply, error) {
	l, err := c.taskListOfPath()
	if err != nil {
		return nil, err
	}
	if l.wellKnown != 0 {
		return nil, fail(http.StatusBadRequest, "invalidRequest", "The well-known list cannot be deleted.")
	}
	m := c.box
	m.tasks.items = slices.DeleteFunc(m.tasks.items, func(t *task) bool {
		if t.list == l.num {
			m.detach(t.num)
		}
		return t.list == l.num
	})
	m.lists = slices.DeleteFunc(m.lists, func(x *taskList) bool { return x == l })
	m.listFeed.add(change{num: l.num, date: noDate})
	if life := c.s.cfg.GhostLists; life > 0 {
		l.gone = c.s.now().Add(life).Unix()
		m.ghosts = slices.DeleteFunc(m.ghosts, func(g *taskList) bool { return c.s.now().Unix() >= g.gone })
		m.ghosts = append(m.ghosts, l)
	}
	return &reply{status: http.StatusNoContent}, nil
}

// taskListCarrier finds the list of a path.
func taskListCarrier(c *call) (*carrier, *apiError) {
	l, err := c.taskListOfPath()
	if err != nil {
		return nil, err
	}
	put := func(open []openExtension) *apiError {
		l.extras = l.extras.withOpen(open)
		c.touchTaskList(l)
		return nil
	}
	return &carrier{prefix: todoExtension, context: "todo/lists('" + c.vars["list"] + "')", open: l.extras.openList(), put: put}, nil
}

// taskCarrier finds the task of a path.
func taskCarrier(c *call) (*carrier, *apiError) {
	l, t, err := c.taskOfPath()
	if err != nil {
		return nil, err
	}
	put := func(open []openExtension) *apiError {
		t.extras = t.extras.withOpen(open)
		c.s.touchTask(l, t)
		return nil
	}
	return &carrier{
		prefix: todoExtension, context: "todo/lists('" + c.vars["list"] + "')/tasks('" + c.vars["task"] + "')", open: t.extras.openList(), put: put,
	}, nil
}
