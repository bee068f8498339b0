package graphsim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// postState carries the mail, if there is any.
func (m *mailbox) postState(a *archive) {
	p := m.mail.Load()
	pointer(a, "mail", &p)
	if a.loading {
		m.mail.Store(p)
		a.after = append(a.after, p.whole)
	}
}

// whole tells what a document lacks that handlers rely on: the default folders, and a folder for each message.
func (p *mailStore) whole() error {
	if p == nil {
		return nil
	}
	for i := range defaultFolders {
		if p.folder(uint64(i+1)) == nil {
			return fmt.Errorf("a mailbox lacks the folder %q", defaultFolders[i].known)
		}
	}
	for _, g := range p.messages.items {
		if p.folder(g.folder) == nil {
			return fmt.Errorf("message %d is in no folder", g.num)
		}
	}
	return nil
}

func (p *mailStore) state(a *archive) {
	pointers(a, "folders", &p.folders)
	pointers(a, "messages", &p.messages.items)
	a.field("feed", &p.feed)
	a.field("numbers", &p.nums)
}

func (f *mailFolder) state(a *archive) {
	a.field("number", &f.num)
	a.field("parent", &f.parent)
	a.field("name", &f.name)
	a.field("wellKnown", &f.known)
	a.field("hidden", &f.hidden)
	pointer(a, "extras", &f.extras)
	a.field("feed", &f.feed)
}

func (g *message) state(a *archive) {
	a.field("number", &g.num)
	a.field("folder", &g.folder)
	a.field("moves", &g.moves)
	a.field("version", &g.version)
	a.field("created", &g.created)
	a.field("modified", &g.modified)
	a.field("received", &g.received)
	a.field("sent", &g.sent)
	a.field("subject", &g.subject)
	a.field("body", &g.body)
	a.field("preview", &g.preview)
	a.field("unique", &g.unique)
	a.field("from", &g.from)
	a.field("sender", &g.sender)
	objects(a, "to", &g.to)
	objects(a, "cc", &g.cc)
	objects(a, "bcc", &g.bcc)
	objects(a, "replyTo", &g.replyTo)
	a.field("categories", &g.categories)
	choice(a, "importance", &g.importance, importanceNames[:])
	choice(a, "inference", &g.inference, inferenceNames[:])
	a.field("draft", &g.draft)
	a.field("read", &g.read)
	a.field("receipt", &g.receipt)
	a.field("readReceipt", &g.readReceipt)
	pointer(a, "flag", &g.flag)
	a.field("messageId", &g.mid)
	a.field("conversation", &g.conversation)
	a.field("thread", &g.thread)
	a.field("headers", &g.headers)
	pointer(a, "extras", &g.extras)
}

func (f *followup) state(a *archive) {
	choice(a, "status", &f.status, flagNames[:])
	a.instant("start", &f.start)
	a.instant("due", &f.due)
	a.instant("completed", &f.completed)
}

func (a *attachment) state(ar *archive) {
	ar.field("number", &a.num)
	choice(ar, "kind", &a.kind, attachTypes[:])
	ar.field("name", &a.name)
	ar.field("contentType", &a.contentType)
	ar.field("contentId", &a.contentID)
	ar.field("location", &a.location)
	ar.field("inline", &a.inline)
	ar.field("modified", &a.modified)
	ar.field("content", &a.content)
	ar.field("item", &a.item)
}

func (k *attachKey) state(a *archive) {
	a.field("number", &k.num)
	a.field("date", &k.date)
}

func (u *upload) state(a *archive) {
	a.field("number", &u.num)
	a.field("of", &u.of)
	a.field("todo", &u.todo)
	a.field("what", &u.what)
	a.field("size", &u.size)
	a.field("expires", &u.expires)
	a.field("content", &u.content)
}

// attachedTo is an item's attachments as the state lists them.
type attachedTo struct {
	of   attachKey
	list []*attachment
}

func (t *attachedTo) state(a *archive) {
	a.field("of", &t.of)
	pointers(a, "list", &t.list)
}

// sideState carries attachments and upload sessions, which lie in maps.
func (m *mailbox) sideState(a *archive) {
	var attached []attachedTo
	for _, k := range slices.SortedFunc(maps.Keys(m.attached), func(a, b attachKey) int { return cmp.Or(cmp.Compare(a.num, b.num), cmp.Compare(a.date, b.date)) }) {
		attached = append(attached, attachedTo{k, m.attached[k]})
	}
	objects(a, "attached", &attached)
	var uploads []*upload
	for _, num := range slices.Sorted(maps.Keys(m.uploads)) {
		uploads = append(uploads, m.uploads[num])
	}
	pointers(a, "uploads", &uploads)
	if !a.loading {
		return
	}
	for _, t := range attached {
		if m.attached == nil {
			m.attached = map[attachKey][]*attachment{}
		}
		m.attached[t.of] = t.list
	}
	for _, u := range uploads {
		if m.uploads == nil {
			m.uploads = map[uint64]*upload{}
		}
		m.uploads[u.num] = u
	}
}
