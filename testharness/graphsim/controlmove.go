package graphsim

// HideTaskList makes GET /todo/lists leave a list out, as some accounts see it, while lists/delta goes on reporting it; hidden false ends it.
func (ctl *Control) HideTaskList(user, list string, hidden bool) error {
	return ctl.withTaskList(user, list, func(_ *mailbox, l *taskList) error {
		l.hidden = hidden
		return nil
	})
}

// MoveTask moves a task to another list, as the apps can: it goes away in its list and has a new id, which is returned, in the other.
func (ctl *Control) MoveTask(user, task, toList string) (newID string, err error) {
	err = ctl.withTaskList(user, toList, func(m *mailbox, to *taskList) error {
		id, failure := parseID(task, classTask)
		if failure != nil {
			return failure
		}
		t, ok := m.tasks.get(id.num)
		if !ok || id.box != m.key {
			return errItemNotFound()
		}
		m.tasks.remove(t.num)
		m.taskList(t.list).feed.add(change{num: t.num, date: noDate})
		moved, created := *t, t.created
		ctl.s.addTask(m, to, &moved)
		moved.created = created
		m.attach(attachKey{moved.num, noDate}, m.attached[attachKey{t.num, noDate}]...)
		m.detach(t.num)
		newID = m.taskID(&moved).text(false)
		return nil
	})
	return newID, err
}

// MoveContact moves a contact to another folder, given by its id, as Outlook can: it has a new id there, which is returned.
func (ctl *Control) MoveContact(user, contact, toFolder string) (newID string, err error) {
	err = ctl.withBox(user, func(m *mailbox) error {
		c := &call{s: ctl.s, box: m, vars: map[string]string{"contact": contact}}
		k, failure := c.contactOfPath()
		if failure != nil {
			return failure
		}
		to, failure := c.folderNamed(toFolder)
		if failure != nil {
			return failure
		}
		m.folder(k.folder).feed.add(k.change())
		k.folder = to.num
		k.moves++
		ctl.s.touchContact(m, k, true)
		newID = m.contactID(k).text(false)
		return nil
	})
	return newID, err
}

func (ctl *Control) withTaskList(user, list string, do func(*mailbox, *taskList) error) error {
	return ctl.withBox(user, func(m *mailbox) error {
		id, failure := parseID(list, classTaskList)
		if failure != nil {
			return failure
		}
		l := m.taskList(id.num)
		if l == nil || id.box != m.key {
			return errItemNotFound()
		}
		return do(m, l)
	})
}
