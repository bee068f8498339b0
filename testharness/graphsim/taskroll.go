package graphsim

import "net/http"

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
	if p["extensions"] != nil {
		return nil, errInternalTodo() // extensions are written below the task
	}
	delete(p, "checklistitems") // they are written below the task
	next := *t
	if err := c.applyTask(&next, p); err != nil {
		return nil, err
	}
	_, setsRule := p["recurrence"]
	if t.rule == nil || setsRule || t.due == noInstant || !c.s.rollTask(c.box, l, t, next) {
		*t = next
	}
	c.s.touchTask(l, t)
	return c.taskReply(http.StatusOK, t), nil
}

// rollTask carries out a change of a recurring task that ends one of its dates; false: the change does not, or there is no further date.
func (s *Server) rollTask(m *mailbox, l *taskList, t *task, changed task) bool {
	completes := changed.status == statusCompleted && t.status != statusCompleted
	if !completes && changed.due == t.due {
		return false
	}
	from := t.rule.dayNear(t.due)
	day, ok := t.rule.after(from)
	if !ok {
		return false
	}
	single := changed
	single.rule = nil
	if completes {
		single.due = t.due
	}
	next := changed
	next.status, next.completed, next.due = t.status, t.completed, day*daySeconds
	if completes {
		next.status, next.completed = 0, noInstant
		next.shift(t, day-from)
	}
	*t = next
	s.addTask(m, l, &single)
	return true
}

// shift moves the other dates of a rolled task by days; the start is re-based to midnight UTC like the due date, the reminder keeps its time
// of day. That the reminder moves and the steps are open again is what the apps show; it is unconfirmed for the interface.
func (t *task) shift(before *task, days int64) {
	if before.start != noInstant {
		t.start = (before.rule.dayNear(before.start) + days) * daySeconds
	}
	if before.reminder != noInstant {
		t.reminder = before.reminder + days*daySeconds
	}
	t.reminderOn = t.reminder != noInstant
	t.steps = nil
	for _, i := range before.steps {
		i.checked = 0
		t.steps = append(t.steps, i)
	}
}

// dayNear is the day whose midnight in the rule's zone is nearest to an instant: tasks store days as midnights, of that zone or of UTC.
func (r *recurrence) dayNear(instant int64) int64 {
	return floorDiv(wallOf(instant, r.zone.loc)+daySeconds/2, daySeconds)
}

// after is the first date of the rule after a day.
func (r *recurrence) after(day int64) (found int64, ok bool) {
	r.dates(int32(day)+1, farFuture, func(d int32) bool { found, ok = int64(d), true; return false })
	return found, ok
}

// anchor ties the due date of a task to its rule: without one it is the rule's first day at midnight UTC, else the midnight of its day in
// the rule's zone. A rule in UTC so moves a due date that is a midnight further east to the day before, as clients measured.
func (t *task) anchor() {
	if t.due == noInstant {
		t.due = int64(t.rule.start) * daySeconds
		return
	}
	loc := t.rule.zone.loc
	t.due = instantOf(floorDiv(wallOf(t.due, loc), daySeconds)*daySeconds, loc)
}
