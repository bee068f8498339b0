package graphsim

import "time"

// Mail is a message that an action would have sent to people.
type Mail struct {
	At      time.Time
	From    string // address of the mailbox
	To      []string
	Kind    string // "invitation", "update", "cancellation", "accepted", "tentativelyAccepted", "declined"
	Subject string
}

func (s *Server) mail(m *mailbox, kind string, subject text, to []attendee) {
	if len(to) == 0 {
		return
	}
	msg := Mail{At: s.now(), From: m.user.smtp(), Kind: kind, Subject: subject.plain()}
	for _, a := range to {
		msg.To = append(msg.To, a.address.plain())
	}
	s.tenant.outbox = append(s.tenant.outbox, msg)
}
