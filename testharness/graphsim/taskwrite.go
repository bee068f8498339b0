package graphsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// taskPatch is a decoded task: members by lower-case name, applied in an order in which derived values come out right.
type taskPatch map[string]json.RawMessage

// readOnlyTask are the properties that To Do ignores in requests; isReminderOn follows reminderDateTime.
var readOnlyTask = nameSet("id createdDateTime lastModifiedDateTime bodyLastModifiedDateTime hasAttachments isReminderOn completedDateTime checklistItems attachments")

var writableTask = nameSet("title body status importance categories dueDateTime startDateTime reminderDateTime recurrence linkedResources")

func decodeTask(body []byte) (taskPatch, *apiError) {
	members, err := decodeObject(body)
	if err != nil {
		return nil, err
	}
	for name := range members {
		if !readOnlyTask[name] && !writableTask[name] {
			return nil, fail(http.StatusBadRequest, "BadRequest", "The property '%s' does not exist on type 'microsoft.graph.todoTask'. Make sure to only use property names that are defined by the type.", name)
		}
	}
	return members, nil
}

func createTask(c *call) (*reply, error) {
	l, err := c.taskListOfPath()
	if err != nil {
		return nil, err
	}
	p, err := decodeTask(c.body)
	if err != nil {
		return nil, err
	}
	t := &task{list: l.num, importance: 1, due: noInstant, start: noInstant, completed: noInstant, reminder: noInstant}
	if err := c.applyTask(t, p); err != nil {
		return nil, err
	}
	if t.title.plain() == "" {
		return nil, fail(http.StatusBadRequest, "invalidRequest", "The task title is required.")
	}
	if t.rule != nil && t.due == noInstant {
		t.due = int64(t.rule.start) * daySeconds
	}
	c.s.addTask(c.box, l, t)
	return c.taskReply(http.StatusCreated, t), nil
}

func (s *Server) addTask(m *mailbox, l *taskList, t *task) {
	t.num = m.nextNum()
	t.list = l.num
	t.created = s.stamp()
	m.tasks.add(t)
	s.touchTask(l, t)
}

func (s *Server) touchTask(l *taskList, t *task) {
	t.version, t.modified = s.tenant.nextVersion(), s.stamp()
	l.feed.add(change{num: t.num, date: noDate})
}

// updateTask changes a task. Completing a recurring task rolls it to its next date and leaves a completed copy; moving the due date of one
// splits it: the series goes on and a new open task has the date (both measured by clients of consumer mailboxes).
func updateTask(c *call) (*reply, error) {
	l, t, err := c.taskOfPath()
	if err != nil {
		return nil, err
	}
	if err := taskIfMatch(c, t.version); err != nil {
		return nil, err
	}
	p, err := decodeTask(c.body)
	if err != nil {
		return nil, err
	}
	before := *t
	next := *t
	if err := c.applyTask(&next, p); err != nil {
		return nil, err
	}
	_, setsRule := p["recurrence"]
	if next.rule != nil && next.due == noInstant {
		next.due = int64(next.rule.start) * daySeconds
	}
	*t = next
	switch {
	case before.rule != nil && !setsRule && t.status == statusCompleted && before.status != statusCompleted:
		if date, ok := nextDue(t.rule, before.due); ok {
			done := next
			done.rule, done.due = nil, before.due
			t.status, t.completed, t.due, t.reminderOn = before.status, noInstant, date, t.reminder != noInstant
			c.s.addTask(c.box, l, &done)
		}
	case before.rule != nil && !setsRule && t.due != before.due && before.due != noInstant:
		if date, ok := nextDue(t.rule, before.due); ok {
			single := next
			single.rule = nil
			t.due = date
			c.s.addTask(c.box, l, &single)
		}
	}
	c.s.touchTask(l, t)
	return c.taskReply(http.StatusOK, t), nil
}

// nextDue is the date of a rule after a due date, at midnight UTC, to which To Do re-bases.
func nextDue(rule *recurrence, due int64) (int64, bool) {
	day := int32(floorDiv(wallOf(due, rule.zone.loc)+daySeconds/2, daySeconds))
	var found int32
	ok := false
	rule.dates(day+1, farFuture, func(d int32) bool { found, ok = d, true; return false })
	return int64(found) * daySeconds, ok
}

// taskIfMatch guards a change of a task: a stale ETag is 412, one that is none, or *, is a server error as measured.
func taskIfMatch(c *call, version uint64) *apiError {
	want := strings.TrimSpace(c.header.Get("If-Match"))
	switch {
	case want == "" || want == etagOf(version):
		return nil
	case !strings.HasPrefix(want, `W/"`) || !strings.HasSuffix(want, `"`) || len(want) < 5:
		return fail(http.StatusInternalServerError, "generalException", "An internal server error occurred.")
	default:
		return fail(http.StatusPreconditionFailed, "ErrorIrresolvableConflict", "A precondition provided in the request (such as an if-match header) does not match the resource's current state.")
	}
}

// applyTask sets members in a fixed order: start may set due, completing turns the reminder off.
func (c *call) applyTask(t *task, p taskPatch) *apiError {
	for _, f := range []struct {
		name string
		set  func(json.RawMessage) *apiError
	}{
		{"title", func(r json.RawMessage) *apiError { return decodeText(r, &t.title) }},
		{"body", func(r json.RawMessage) *apiError { return c.decodeTaskBody(r, t) }},
		{"importance", func(r json.RawMessage) *apiError { return decodeEnum(r, importanceNames[:], &t.importance) }},
		{"categories", func(r json.RawMessage) (err *apiError) { t.categories, err = decodeTexts("categories", r); return err }},
		{"recurrence", func(r json.RawMessage) *apiError { return c.decodeTaskRule(r, t) }},
		{"startdatetime", func(r json.RawMessage) *apiError { return c.decodeTaskStart(r, t, p) }},
		{"duedatetime", func(r json.RawMessage) *apiError { return c.s.decodeTaskDate(r, &t.due, true) }},
		{"reminderdatetime", func(r json.RawMessage) *apiError {
			err := c.s.decodeTaskDate(r, &t.reminder, false)
			t.reminderOn = t.reminder != noInstant
			return err
		}},
		{"status", func(r json.RawMessage) *apiError { return c.decodeStatus(r, t) }},
		{"linkedresources", func(r json.RawMessage) (err *apiError) { t.links, err = c.decodeLinks(r); return err }},
	} {
		if raw, ok := p[f.name]; ok {
			if err := f.set(raw); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *call) decodeTaskBody(raw json.RawMessage, t *task) *apiError {
	var body struct{ ContentType, Content string }
	if json.Unmarshal(raw, &body) != nil {
		return errDeserialize("Cannot read the value of 'body'.")
	}
	t.body, t.bodyIsHTML = quote(body.Content), strings.EqualFold(body.ContentType, "html")
	t.bodyModified = c.s.stamp()
	return nil
}

func (c *call) decodeTaskRule(raw json.RawMessage, t *task) (err *apiError) {
	t.rule = nil
	if !isNull(raw) {
		utc, _ := c.s.zones.get("UTC")
		t.rule, err = c.s.parseRecurrence(raw, utc)
	}
	return err
}

// decodeTaskStart sets start; setting only start sets due to the same day.
func (c *call) decodeTaskStart(raw json.RawMessage, t *task, p taskPatch) *apiError {
	err := c.s.decodeTaskDate(raw, &t.start, true)
	if _, hasDue := p["duedatetime"]; !hasDue && t.due == noInstant {
		t.due = t.start
	}
	return err
}

// decodeTaskDate reads a dateTimeTimeZone or null. Of due and start dates the time of day is discarded: midnight in the zone sent counts.
func (s *Server) decodeTaskDate(raw json.RawMessage, into *int64, dateOnly bool) *apiError {
	if isNull(raw) {
		*into = noInstant
		return nil
	}
	at, z, err := s.decodeMoment("dateTime", raw)
	if err != nil {
		return err
	}
	if dateOnly {
		at = instantOf(floorDiv(wallOf(at, z.loc), daySeconds)*daySeconds, z.loc)
	}
	*into = at
	return nil
}

func (c *call) decodeStatus(raw json.RawMessage, t *task) *apiError {
	if err := decodeEnum(raw, taskStatusNames[:], &t.status); err != nil {
		return err
	}
	if t.status == statusCompleted {
		t.completed = floorDiv(c.s.now().Unix(), daySeconds) * daySeconds
		t.reminderOn = false
	} else {
		t.completed = noInstant
	}
	return nil
}

func (c *call) decodeLinks(raw json.RawMessage) ([]linkedResource, *apiError) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil, errDeserialize("Cannot read the value of 'linkedResources'.")
	}
	var out []linkedResource
	for _, item := range list {
		l, err := c.decodeLink(item, linkedResource{id: c.s.requestID()})
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

func (c *call) decodeLink(raw []byte, l linkedResource) (linkedResource, *apiError) {
	members, err := decodeObject(raw)
	if err != nil {
		return l, err
	}
	for name, value := range members {
		into := map[string]*text{"weburl": &l.webURL, "applicationname": &l.application, "displayname": &l.displayName, "externalid": &l.foreign}[name]
		if into == nil {
			if name == "id" {
				continue
			}
			return l, errDeserialize("The property '%s' does not exist on type 'microsoft.graph.linkedResource'.", name)
		}
		if err := decodeText(value, into); err != nil {
			return l, err
		}
	}
	return l, nil
}

func (c *call) linkContext() string {
	return c.context("todo/lists('" + c.vars["list"] + "')/tasks('" + c.vars["task"] + "')/linkedResources")
}

func listLinks(c *call) (*reply, error) {
	_, t, err := c.taskOfPath()
	if err != nil {
		return nil, err
	}
	name := "todo/lists('" + c.vars["list"] + "')/tasks('" + c.vars["task"] + "')/linkedResources"
	return listPage(c, name, t.links, 100, mostPage, func(b []byte, l linkedResource) []byte { return l.append(b, "") }), nil
}

func createLink(c *call) (*reply, error) {
	list, t, err := c.taskOfPath()
	if err != nil {
		return nil, err
	}
	l, err := c.decodeLink(c.body, linkedResource{id: c.s.requestID()})
	if err != nil {
		return nil, err
	}
	t.links = append(slices.Clone(t.links), l)
	c.s.touchTask(list, t)
	return &reply{status: http.StatusCreated, body: l.append(nil, c.linkContext())}, nil
}

// linkOfPath gives the handlers of one linked resource its place in its task.
func (c *call) linkOfPath() (*taskList, *task, int, *apiError) {
	list, t, err := c.taskOfPath()
	if err != nil {
		return nil, nil, 0, err
	}
	i := slices.IndexFunc(t.links, func(l linkedResource) bool { return l.id == c.vars["link"] })
	if i < 0 {
		return nil, nil, 0, errItemNotFound()
	}
	return list, t, i, nil
}

func getLink(c *call) (*reply, error) {
	_, t, i, err := c.linkOfPath()
	if err != nil {
		return nil, err
	}
	return &reply{status: 200, body: t.links[i].append(nil, c.linkContext())}, nil
}

func updateLink(c *call) (*reply, error) {
	list, t, i, err := c.linkOfPath()
	if err != nil {
		return nil, err
	}
	l, err := c.decodeLink(c.body, t.links[i])
	if err != nil {
		return nil, err
	}
	t.links = slices.Clone(t.links)
	t.links[i] = l
	c.s.touchTask(list, t)
	return &reply{status: 200, body: l.append(nil, c.linkContext())}, nil
}

func deleteLink(c *call) (*reply, error) {
	list, t, i, err := c.linkOfPath()
	if err != nil {
		return nil, err
	}
	t.links = slices.Delete(slices.Clone(t.links), i, i+1)
	c.s.touchTask(list, t)
	return &reply{status: http.StatusNoContent}, nil
}
