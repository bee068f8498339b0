package graphsim

import (
	"net/http"
	"slices"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// get answers the paths that messages are filtered and sorted by.
func (g *message) get(m *mailbox) getter {
	return func(path string) value {
		switch path {
		case "subject":
			return odata.String(g.subject.plain())
		case "receiveddatetime":
			return odata.Stamp(wholeSecond(g.received))
		case "sentdatetime":
			return odata.Stamp(wholeSecond(g.sent))
		case "createddatetime":
			return odata.Stamp(wholeSecond(g.created))
		case "lastmodifieddatetime":
			return odata.Stamp(wholeSecond(g.modified))
		case "isread":
			return odata.Bool(g.read)
		case "isdraft":
			return odata.Bool(g.draft)
		case "isreadreceiptrequested":
			return odata.Bool(g.readReceipt)
		case "isdeliveryreceiptrequested":
			return odata.Bool(g.receipt)
		case "hasattachments":
			return odata.Bool(m.hasAttachments(attachKey{g.num, noDate}))
		case "importance":
			return odata.String(importanceNames[g.importance])
		case "inferenceclassification":
			return odata.String(inferenceNames[g.inference])
		case "internetmessageid":
			return odata.String(g.mid.plain())
		case "conversationid":
			return odata.String(text(m.appendConversationID(nil, g)).plain())
		case "parentfolderid":
			return odata.String(m.mailFolderID(m.post().folder(g.folder)).text(false))
		case "bodypreview":
			return odata.String(g.preview.plain())
		case "flag/flagstatus":
			if g.flag == nil {
				return odata.String(flagNames[0])
			}
			return odata.String(flagNames[g.flag.status])
		case "from/emailaddress/address":
			return odata.String(g.from.address.plain())
		case "from/emailaddress/name":
			return odata.String(g.from.name.plain())
		case "sender/emailaddress/address":
			return odata.String(g.sender.address.plain())
		case "sender/emailaddress/name":
			return odata.String(g.sender.name.plain())
		case "categories":
			return odata.Strings(plainTexts(g.categories))
		case "singlevalueextendedproperties", "multivalueextendedproperties", "extensions":
			return g.extras.get(path)
		default:
			return value{}
		}
	}
}

// wholeSecond is a stamp as messages show it, without a fraction.
func wholeSecond(stamp int64) int64 { return floorDiv(stamp, ticksPerSecond) * ticksPerSecond }

// messageOfPath finds the message that a call's path names. Below a folder, only its own messages are found.
func (c *call) messageOfPath() (*message, *apiError) {
	id, err := parseID(c.vars["message"], classMessage)
	if err != nil {
		return nil, err
	}
	g, ok := c.box.post().messages.get(id.num)
	if !ok || id.box != c.box.key || id.moves != g.moves && id.moves != anyMoves {
		return nil, errItemNotFound()
	}
	if c.vars["mailfolder"] != "" {
		f, err := c.mailFolder()
		if err != nil {
			return nil, err
		}
		if g.folder != f.num {
			return nil, errItemNotFound()
		}
	}
	return g, nil
}

// messagesOfPath are the messages of the folder that the path names, or of the whole mailbox, newest first.
func (c *call) messagesOfPath() ([]*message, *apiError) {
	in := func(g *message) bool { return g.folder != folderRecoverable }
	if c.vars["mailfolder"] != "" {
		f, err := c.mailFolder()
		if err != nil {
			return nil, err
		}
		in = func(g *message) bool { return g.folder == f.num }
	}
	var out []*message
	for _, g := range c.box.post().messages.items {
		if in(g) {
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, newestFirst)
	return out, nil
}

func newestFirst(a, b *message) int {
	switch {
	case a.received > b.received:
		return -1
	case a.received < b.received:
		return 1
	default:
		return int(min(max(int64(b.num)-int64(a.num), -1), 1))
	}
}

func listMessages(c *call) (*reply, error) {
	items, err := c.messagesOfPath()
	if err != nil {
		return nil, err
	}
	if c.query.Has("search") {
		items, err = c.searchMessages(items)
		if err != nil {
			return nil, err
		}
	}
	if c.query.Filter != nil {
		items = slices.DeleteFunc(items, func(g *message) bool { return !c.query.Filter.Holds(g.get(c.box)) })
	}
	odata.Sort(items, c.query.OrderBy, func(g *message) getter { return g.get(c.box) })
	sh := c.mailShape()
	return listPage(c, c.messagesPath(), items, func(b []byte, g *message) []byte { return sh.appendMessage(b, g, "") }), nil
}

// messagesPath is the collection in contexts.
func (c *call) messagesPath() string {
	switch {
	case c.vars["child"] != "":
		return "mailFolders('" + c.vars["mailfolder"] + "')/childFolders('" + c.vars["child"] + "')/messages"
	case c.vars["mailfolder"] != "":
		return "mailFolders('" + c.vars["mailfolder"] + "')/messages"
	default:
		return "messages"
	}
}

func (c *call) messageReply(status int, g *message) *reply {
	sh := c.mailShape()
	rep := c.entity(status, sh.appendMessage(nil, g, c.context(c.messagesPath())))
	rep.set("ETag", etagOf(g.version))
	if status == http.StatusCreated {
		rep.set("Location", c.origin+"/v1.0/users('"+c.user.id+"')/messages('"+c.box.messageID(g).text(c.prefer.immutable)+"')")
	}
	return rep
}

func getMessage(c *call) (*reply, error) {
	g, err := c.messageOfPath()
	if err != nil {
		return nil, err
	}
	return c.messageReply(http.StatusOK, g), nil
}
