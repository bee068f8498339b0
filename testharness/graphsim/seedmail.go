package graphsim

import (
	"fmt"
	"math/rand/v2"
)

// messages fills a mailbox with mail of the last weeks, the newest a few hours old: most of it in the inbox, from colleagues and from people
// outside, some of it read, answered, flagged or put away, and drafts. It draws from numbers of its own, so that mail changes nothing else
// about a tenant.
func (d *seeder) messages(m *mailbox) {
	n := d.s.cfg.MessagesPerUser
	if n <= 0 {
		return
	}
	rnd := rand.New(rand.NewPCG(d.s.cfg.Seed, m.key))
	post := m.post()
	now := ticksOf(d.s.now())
	var last *message
	for i := range n {
		age := int64(n-i)*5*3600 - int64(rnd.IntN(4*3600))
		g := d.message(rnd, m, now-age*ticksPerSecond)
		folder := post.folder(folderInbox)
		switch i % 10 {
		case 2, 6:
			d.fromOwner(g, m)
			folder = post.folder(folderSent)
		case 4:
			folder = post.folder(folderArchive)
		case 7:
			if last != nil {
				g.subject = quote(answerPrefixes[answerSender] + bareSubject(last.subject.plain()))
				g.conversation, g.thread = last.conversation, answerThread(last.thread, g.received)
			}
		case 8:
			g.flag = &followup{status: 2, start: noInstant, due: noInstant, completed: noInstant}
			g.categories = []text{d.quote(pick(rnd, categoryNames))}
		case 9:
			d.fromOwner(g, m)
			g.draft, folder = true, post.folder(folderDrafts)
		}
		var files []*attachment
		if i%10 == 1 {
			files = []*attachment{{name: d.quote("angebot.txt"), contentType: d.quote("text/plain"), modified: g.received, content: []byte("Angebot Nr. " + itoa(1000+i) + "\r\n")}}
		}
		d.s.addMessage(m, folder, g, files)
		g.created, g.modified = g.received, g.received
		if folder.num == folderInbox {
			g.headers = d.s.transportHeaders(g)
			last = g
		}
	}
}

// message is one from a colleague or, one in three times, from outside.
func (d *seeder) message(rnd *rand.Rand, m *mailbox, at int64) *message {
	body := d.bodies[rnd.IntN(len(d.bodies))]
	g := &message{
		subject: d.quote(pick(rnd, topics)), body: body.html, preview: body.preview, received: at, sent: at - ticksPerSecond, importance: 1,
		to: []person{*m.self}, read: rnd.IntN(3) > 0, inference: byte(rnd.IntN(6) / 5),
	}
	if rnd.IntN(3) == 0 {
		o := pick(rnd, outsiders)
		g.from = person{d.quote(o.name), d.quote(o.mail)}
		g.mid = quote(fmt.Sprintf("<%08x.%d@%s>", rnd.Uint32(), at/ticksPerSecond, companies[0].domain))
	} else {
		u := pick(rnd, d.s.tenant.users)
		g.from = person{d.quote(u.name), d.quote(u.smtp())}
	}
	g.sender = g.from
	return g
}

// fromOwner turns a message round.
func (d *seeder) fromOwner(g *message, m *mailbox) {
	g.to = []person{g.from}
	g.from, g.sender, g.read = *m.self, *m.self, true
}
