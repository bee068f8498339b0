package graphsim

import (
	"encoding/json"
	"net/http"
	"strings"
)

// taskPatch is a decoded task: members by lower-case name, applied in an order in which derived values come out right.
type taskPatch map[string]json.RawMessage

// readOnlyTask are the properties that To Do ignores in requests; isReminderOn follows reminderDateTime.
var readOnlyTask = nameSet("id createdDateTime lastModifiedDateTime bodyLastModifiedDateTime hasAttachments isReminderOn completedDateTime attachments")

var writableTask = nameSet(`title body status importance categories dueDateTime startDateTime reminderDateTime recurrence linkedResources
	checklistItems extensions`)

func decodeTask(body []byte) (taskPatch, *apiError) {
	members, err := decodeObject(body)
	if err != nil {
		return nil, err
	}
	for name := range members {
		if !readOnlyTask[name] && !writableTask[name] {
			return nil, errUnknownProperty(name, "todoTask")
		}
	}
	return members, nil
}

func createTask(c *call) (*reply, error) {
	l, err := c.taskListOrGhost()
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
	if l.gone != 0 {
		c.s.addTask(&mailbox{nums: c.box.nextNum() - 1}, l, t) // a deleted list answers as if it stored the task
		return c.taskReply(http.StatusCreated, t), nil
	}
	c.s.addTask(c.box, l, t)
	c.showExtensions(t.extras)
	if c.s.cfg.TaskExtensionsEchoed {
		defer func() { t.extras = nil }()
	}
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

// taskIfMatch guards a change of a task: a stale ETag is 412, one that is none, or *, is a server error as measured.
func taskIfMatch(c *call, version uint64) *apiError {
	want := strings.TrimSpace(c.header.Get("If-Match"))
	switch {
	case want == "" || want == etagOf(version):
		return nil
	case !strings.HasPrefix(want, `W/"`) || !strings.HasSuffix(want, `"`) || len(want) < 5:
		return errInternalTodo()
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
		{"linkedresources", func(r json.RawMessage) (err *apiError) { t.links, err = taskLinks().decodeAll(c, r); return err }},
		{"checklistitems", func(r json.RawMessage) (err *apiError) { t.steps, err = taskSteps().decodeAll(c, r); return err }},
		{"extensions", func(r json.RawMessage) *apiError {
			open, err := decodeExtensions(r, todoExtension)
			t.extras = t.extras.withOpen(open)
			return err
		}},
	} {
		if raw, ok := p[f.name]; ok {
			if err := f.set(raw); err != nil {
				return err
			}
		}
	}
	if _, ok := p["recurrence"]; ok && t.rule != nil {
		if t.due == noInstant && c.s.cfg.RecurrenceNeedsDue {
			return fail(http.StatusBadRequest, "invalidRequest", "dueDateTime is required for a recurring task.")
		}
		t.anchor()
	}
	return nil
}

func (c *call) decodeTaskBody(raw json.RawMessage, t *task) *apiError {
	var body struct{ ContentType, Content string }
	if json.Unmarshal(raw, &body) != nil {
		return errDeserialize("Cannot read the value of 'body'.")
	}
	kind := strings.ToLower(body.ContentType)
	if kind != "" && kind != "text" && kind != "html" {
		return errDeserialize("Requested value '%s' was not found.", body.ContentType)
	}
	t.body, t.bodyIsHTML = quote(body.Content), kind == "html"
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
