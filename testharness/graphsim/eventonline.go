package graphsim

import (
	"encoding/hex"
	"strings"
)

// An online meeting is a Teams meeting. Its link is made of the meeting's uid and so the same in all copies. Exchange writes the link into the
// body; a change of the body that leaves it out ends the online meeting (microsoft-graph-docs, page "event-update").
// A meeting that is online stays so when isOnlineMeeting is set to false: answered with true and the link, which is unconfirmed.

func (e *event) joinURL() string {
	return "https://teams.microsoft.com/l/meetup-join/19%3ameeting_" + hex.EncodeToString(e.uid[:]) + "%40thread.v2/0"
}

// goOnline puts the link into the body of an online meeting that lacks it.
func (e *event) goOnline() {
	if !e.online {
		return
	}
	html := e.body.plain()
	if strings.Contains(html, e.joinURL()) {
		return
	}
	link := `<div>________________________________________________________________________________<br><b>Microsoft Teams</b><br><a href="` +
		e.joinURL() + `">Join the meeting now</a></div>`
	if i := strings.LastIndex(html, "</body>"); i >= 0 {
		html = html[:i] + link + html[i:]
	} else {
		html += link
	}
	e.body, e.preview = quote(html), previewOf(html)
}

// keepOnline decides after a change of set properties whether the meeting is still, or newly, online.
func (e *event) keepOnline(set fields, was bool) {
	switch {
	case e.online && !was:
		e.goOnline()
	case was && set&fBody != 0:
		e.online = strings.Contains(e.body.plain(), e.joinURL())
	}
}

func (e *event) appendOnlineMeeting(b []byte) []byte {
	if !e.online {
		return append(b, "null"...)
	}
	return append(appendQuoted(append(b, `{"joinUrl":`...), e.joinURL()), '}')
}
