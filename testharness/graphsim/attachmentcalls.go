package graphsim

import (
	"net/http"
	"slices"
)

// bearer is the item that a call on attachments is about.
type bearer struct {
	key   attachKey // where its attachments hang
	path  string    // in contexts, below the user
	todo  bool
	touch func() // gives the item a new version and logs the change
}

// bearerOfPath finds the message, event or task that the path names. To change the attachments of an occurrence makes it an exception.
func (c *call) bearerOfPath(write bool) (bearer, *apiError) {
	switch {
	case c.vars["task"] != "":
		l, t, err := c.taskOfPath()
		if err != nil {
			return bearer{}, err
		}
		path := "todo/lists('" + c.vars["list"] + "')/tasks('" + c.vars["task"] + "')"
		return bearer{key: attachKey{t.num, noDate}, path: path, todo: true, touch: func() { c.s.touchTask(l, t) }}, nil
	case c.vars["event"] != "":
		return c.eventBearer(write)
	}
	g, err := c.messageOfPath()
	if err != nil {
		return bearer{}, err
	}
	return bearer{
		key: attachKey{g.num, noDate}, path: "messages('" + c.vars["message"] + "')",
		touch: func() { c.s.touchMessage(c.box, g, mailUpdated) },
	}, nil
}

// eventBearer is an event; an occurrence has its series' attachments until it gets its own.
func (c *call) eventBearer(write bool) (bearer, *apiError) {
	v, err := c.openEvent()
	if err != nil {
		return bearer{}, err
	}
	path := "events('" + c.vars["event"] + "')"
	if v.master == nil {
		touch := func() { c.s.touchEvent(c.box, v.event, change{num: v.num, moves: v.moves, date: noDate}) }
		return bearer{key: attachKey{v.event.num, noDate}, path: path, touch: touch}, nil
	}
	own := attachKey{v.master.num, v.date}
	if write {
		if v, err = c.s.updateOccurrence(c.box, v, &eventPatch{}); err != nil {
			return bearer{}, err
		}
		c.box.ownAttachments(own)
	}
	return bearer{key: c.box.attachKeyOf(v), path: path, touch: func() { c.s.touchOccurrence(c.box, v.master, v.date) }}, nil
}

// ownAttachments gives an exception the attachments of its series to change.
func (m *mailbox) ownAttachments(of attachKey) {
	if _, ok := m.attached[of]; ok {
		return
	}
	if m.attached == nil {
		m.attached = map[attachKey][]*attachment{}
	}
	m.attached[of] = slices.Clone(m.attached[attachKey{of.num, noDate}])
}

// attachKeyOf is where the attachments of an event, an exception or an occurrence hang.
func (m *mailbox) attachKeyOf(v view) attachKey {
	if v.master == nil {
		return attachKey{v.event.num, noDate}
	}
	if own := (attachKey{v.master.num, v.date}); v.shown == exceptionKind {
		if _, ok := m.attached[own]; ok {
			return own
		}
	}
	return attachKey{v.master.num, noDate}
}

func listAttachments(c *call) (*reply, error) {
	of, err := c.bearerOfPath(false)
	if err != nil {
		return nil, err
	}
	sh, err := c.shapeAttachments(c.query.Select, c.query.Expand, !of.todo)
	if err != nil {
		return nil, err
	}
	return listPage(c, of.path+"/attachments", c.box.attached[of.key], func(b []byte, a *attachment) []byte {
		return sh.append(b, c.box, a, "")
	}), nil
}

// attachmentOfPath finds the attachment that the path names and what bears it; write asks for the right to change that.
func (c *call) attachmentOfPath(write bool) (bearer, *attachment, *apiError) {
	of, err := c.bearerOfPath(write)
	if err != nil {
		return of, nil, err
	}
	id, err := parseID(c.vars["attachment"], classAttachment)
	if err != nil {
		return of, nil, err
	}
	list := c.box.attached[of.key]
	i := slices.IndexFunc(list, func(a *attachment) bool { return a.num == id.num })
	if i < 0 || id.box != c.box.key {
		return of, nil, errItemNotFound()
	}
	return of, list[i], nil
}

func getAttachment(c *call) (*reply, error) {
	of, a, err := c.attachmentOfPath(false)
	if err != nil {
		return nil, err
	}
	sh, err := c.shapeAttachments(c.query.Select, c.query.Expand, true)
	if err != nil {
		return nil, err
	}
	return c.entity(http.StatusOK, sh.append(nil, c.box, a, c.context(of.path+"/attachments"))), nil
}

// attachmentValue answers the bytes of a file, or an attached message as MIME. Links, events and contacts have no bytes here.
func attachmentValue(c *call) (*reply, error) {
	_, a, err := c.attachmentOfPath(false)
	if err != nil {
		return nil, err
	}
	if a.kind == itemAttachment {
		return c.attachedMIME(a)
	}
	if a.kind == referenceAttachment {
		return nil, errMethod()
	}
	rep := &reply{status: http.StatusOK, body: a.content}
	kind := a.contentType.plain()
	if kind == "" {
		kind = "application/octet-stream"
	}
	rep.set("Content-Type", kind)
	return rep, nil
}

// attachedMIME answers an attached message as MIME.
func (c *call) attachedMIME(a *attachment) (*reply, error) {
	if kind, _ := itemType(a.item); kind != "microsoft.graph.message" {
		return nil, errMethod()
	}
	p, err := c.s.decodeMessage(a.item, false)
	if err != nil {
		return nil, err
	}
	rep := &reply{status: http.StatusOK, body: c.s.mimeOf(&p.msg, p.attached)}
	rep.set("Content-Type", "text/plain")
	return rep, nil
}

func createAttachment(c *call) (*reply, error) {
	of, err := c.bearerOfPath(true)
	if err != nil {
		return nil, err
	}
	a, err := c.s.decodeAttachment(c.body, of.todo)
	if err != nil {
		return nil, err
	}
	a = c.addAttachment(of, a)
	sh := attachShape{content: !of.todo, immutable: c.prefer.immutable}
	rep := c.entity(http.StatusCreated, sh.append(nil, c.box, a, c.context(of.path+"/attachments")))
	rep.set("Location", c.origin+"/v1.0/users('"+c.user.id+"')/"+of.path+"/attachments('"+c.box.attachmentID(a).text(c.prefer.immutable)+"')")
	return rep, nil
}

// addAttachment hangs one more attachment on an item and returns it as stored.
func (c *call) addAttachment(of bearer, a *attachment) *attachment {
	c.box.attach(of.key, a)
	of.touch()
	list := c.box.attached[of.key]
	return list[len(list)-1]
}

func deleteAttachment(c *call) (*reply, error) {
	of, a, err := c.attachmentOfPath(true)
	if err != nil {
		return nil, err
	}
	c.box.attached[of.key] = slices.DeleteFunc(slices.Clone(c.box.attached[of.key]), func(x *attachment) bool { return x == a })
	of.touch()
	return &reply{status: http.StatusNoContent}, nil
}
