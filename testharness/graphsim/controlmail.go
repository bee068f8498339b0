package graphsim

import "net/http"

// SendMail sends a message as a user would; the message is Graph's JSON as Go values. Recipients of the tenant get it at once.
func (ctl *Control) SendMail(user string, message map[string]any) error {
	_, err := ctl.Do(http.MethodPost, userPath(user, "/sendMail"), map[string]any{"message": message})
	return err
}

// DeliverMail puts a message from outside into a user's inbox, where it arrives unread and now, and returns its id. It is Graph's
// JSON as Go values; a sender, recipients and an Internet message id that it lacks are made up.
func (ctl *Control) DeliverMail(user string, mail map[string]any) (id string, err error) {
	raw := rawJSON(mail)
	err = ctl.withBox(user, func(m *mailbox) error {
		p, failure := ctl.s.decodeMessage([]byte(raw), false)
		if failure != nil {
			return failure
		}
		g := &message{importance: 1}
		g.take(&p.msg, p.set)
		if g.from.address == "" {
			g.from = person{quote(outsiders[0].name), quote(outsiders[0].mail)}
		}
		if len(g.to) == 0 {
			g.to = []person{*m.self}
		}
		g.sender, g.sent = g.from, ctl.s.stamp()
		ctl.s.identify(m, g, m.nextNum())
		id = m.messageID(ctl.s.deliverTo(m, g, p.attached)).text(false)
		return nil
	})
	return id, err
}

// Message returns a message as Graph shows it.
func (ctl *Control) Message(user, id string) (map[string]any, error) {
	return ctl.Do(http.MethodGet, userPath(user, "/messages/"+id), nil)
}

// MarkRead marks a message as read or unread.
func (ctl *Control) MarkRead(user, id string, read bool) error {
	_, err := ctl.Do(http.MethodPatch, userPath(user, "/messages/"+id), map[string]any{"isRead": read})
	return err
}

// MoveMessage moves a message to the folder with an id or well-known name, where it gets a new id, which is returned.
func (ctl *Control) MoveMessage(user, id, folder string) (newID string, err error) {
	return idOf(ctl.Do(http.MethodPost, userPath(user, "/messages/"+id+"/move"), map[string]any{"destinationId": folder}))
}

// DeleteMessage moves a message to Deleted Items, or away from there.
func (ctl *Control) DeleteMessage(user, id string) error {
	_, err := ctl.Do(http.MethodDelete, userPath(user, "/messages/"+id), nil)
	return err
}
