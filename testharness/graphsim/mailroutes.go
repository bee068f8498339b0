package graphsim

import (
	"slices"
	"strings"
)

var (
	listMail  = permission{[]string{"Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite"}, []string{"Mail.ReadBasic.All", "Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite"}}
	readMail  = same("Mail.Read", "Mail.ReadWrite")
	writeMail = same("Mail.ReadWrite")
	sendMails = same("Mail.Send")
)

func mailRoutes() []route {
	row := func(method, pattern string, needs permission, h func(*call) (*reply, error)) route {
		return route{method: method, pattern: "users/{user}/" + pattern, area: areaExchange, needs: needs, handle: h}
	}
	out := []route{
		row("GET", "mailFolders", listMail, listMailFolders),
		row("POST", "mailFolders", writeMail, createMailFolder),
		row("GET", "mailFolders/delta", listMail, mailFolderDelta),
		row("POST", "sendMail", sendMails, sendMail),
		row("GET", "messages/delta", listMail, refuseMessageDelta),
	}
	for _, folder := range []string{"mailFolders/{mailfolder}", "mailFolders/{mailfolder}/childFolders/{child}"} {
		out = append(out,
			row("GET", folder, listMail, getMailFolder),
			row("PATCH", folder, writeMail, updateMailFolder),
			row("DELETE", folder, writeMail, deleteMailFolder),
			row("POST", folder+"/move", writeMail, moveMailFolder),
			row("POST", folder+"/copy", writeMail, copyMailFolder),
			row("POST", folder+"/permanentDelete", writeMail, permanentDeleteMailFolder),
			row("GET", folder+"/childFolders", listMail, listChildFolders),
			row("POST", folder+"/childFolders", writeMail, createMailFolder),
			row("GET", folder+"/messages/delta", listMail, messageDelta),
		)
	}
	for _, at := range []string{"messages", "mailFolders/{mailfolder}/messages", "mailFolders/{mailfolder}/childFolders/{child}/messages"} {
		one := at + "/{message}"
		out = append(out,
			row("GET", at, listMail, listMessages),
			row("POST", at, writeMail, createMessage),
			row("GET", one, listMail, getMessage),
			row("GET", one+"/$value", readMail, messageValue),
			row("PATCH", one, writeMail, updateMessage),
			row("DELETE", one, writeMail, deleteMessage),
			row("POST", one+"/move", writeMail, moveMessage),
			row("POST", one+"/copy", writeMail, copyMessage),
			row("POST", one+"/permanentDelete", writeMail, permanentDeleteMessage),
			row("POST", one+"/createReply", writeMail, createAnswer(answerSender)),
			row("POST", one+"/createReplyAll", writeMail, createAnswer(answerAll)),
			row("POST", one+"/createForward", writeMail, createAnswer(answerForward)),
			row("POST", one+"/reply", sendMails, sendAnswer(answerSender)),
			row("POST", one+"/replyAll", sendMails, sendAnswer(answerAll)),
			row("POST", one+"/forward", sendMails, sendAnswer(answerForward)),
			row("POST", one+"/send", sendMails, sendDraft),
		)
		out = append(out, extensionRows(areaExchange, "users/{user}/"+one, readMail, writeMail, messageCarrier)...)
	}
	for i := range out {
		name := out[i].pattern[strings.LastIndexByte(out[i].pattern, '/')+1:]
		if out[i].method == "POST" && slices.Contains(mimeTakers, name) {
			out[i].media = "text/plain"
		}
	}
	return out
}

// mimeTakers are the ends of the paths that take a message as MIME.
var mimeTakers = []string{"messages", "sendMail", "createReply", "createReplyAll", "createForward", "reply", "replyAll", "forward"}

// messageCarrier finds the message of a path for its extensions.
func messageCarrier(c *call) (*carrier, *apiError) {
	g, err := c.messageOfPath()
	if err != nil {
		return nil, err
	}
	put := func(open []openExtension) *apiError {
		g.extras = g.extras.withOpen(open)
		c.s.touchMessage(c.box, g, mailUpdated)
		return nil
	}
	return &carrier{prefix: exchangeExtension, context: "messages('" + c.vars["message"] + "')", open: g.extras.openList(), put: put}, nil
}
