package graphsim

import "time"

// Mail is a message that an action would have sent to people.
type Mail struct {
	At      time.Time
	From    string // address of the mailbox
	To      []string
	Kind    string // "message", or of a meeting "invitation", "update", "cancellation", "accepted", "tentativelyAccepted", "declined", "forward", "forwardNotification"
	Subject string
	Comment string // what the sender wrote with it
	ICalUID string // of the meeting; of one occurrence as Graph shows it
	// ProposedStart and ProposedEnd are the time that an attendee proposes instead, in UTC; zero: none.
	ProposedStart, ProposedEnd time.Time
	// MessageID is the Internet message id of a message, by which its copies are found; "" of the mail of meetings.
	MessageID string
}

// mailAbout begins a message about a meeting, or one occurrence of it.
func mailAbout(kind string, e *event, date int32) Mail {
	return Mail{Kind: kind, Subject: e.subject.plain(), ICalUID: text(appendUID(nil, e.uid, date)).plain()}
}

// mail records a message from a mailbox; people outside (m is nil) send theirs without the tenant.
func (s *Server) mail(m *mailbox, msg Mail, to []attendee) {
	if len(to) == 0 || m == nil {
		return
	}
	msg.At, msg.From = s.now(), m.user.smtp()
	for _, a := range to {
		msg.To = append(msg.To, a.address.plain())
	}
	s.tenant.outbox = append(s.tenant.outbox, msg)
}
