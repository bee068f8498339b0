package graphsim

import (
	"slices"
	"strings"
)

// mailStore is what a mailbox holds of mail. It is made when mail is first asked for, so that a mailbox nobody mails costs nothing. The
// default folders have fixed numbers; so looking at them changes nothing that a seed decides.
type mailStore struct {
	folders  []*mailFolder // in the order of their numbers
	messages shelf[*message]
	feed     feed   // changes of folders
	nums     uint64 // the last folder's number
}

// mailFolder holds messages and folders.
type mailFolder struct {
	num, parent uint64
	name        text
	known       string // well-known name, lower-case, or ""
	hidden      bool
	extras      *extras
	feed        feed
}

func (f *mailFolder) number() uint64 { return f.num }

// Numbers of default folders, which are places in defaultFolders counted from one.
const (
	folderRoot uint64 = iota + 1
	folderInbox
	folderDrafts
	folderSent
	folderDeleted
	folderJunk
	folderOutbox
	folderArchive
	folderRecoverable
)

// defaultFolders are the folders that every mailbox has, with their names in German, and where they lie (microsoft-graph-docs, resource
// "mailFolder"). Those without a parent are not below the root and not listed.
var defaultFolders = [...]struct {
	known, name string
	parent      uint64
	hidden      bool
}{
	{"msgfolderroot", "Oberste Ebene des Informationsspeichers", 0, false},
	{"inbox", "Posteingang", folderRoot, false},
	{"drafts", "Entwürfe", folderRoot, false},
	{"sentitems", "Gesendete Elemente", folderRoot, false},
	{"deleteditems", "Gelöschte Elemente", folderRoot, false},
	{"junkemail", "Junk-E-Mail", folderRoot, false},
	{"outbox", "Postausgang", folderRoot, false},
	{"archive", "Archiv", folderRoot, false},
	{"recoverableitemsdeletions", "Deletions", 0, false},
	{"conversationhistory", "Aufgezeichnete Unterhaltungen", folderRoot, false},
	{"clutter", "Clutter", folderRoot, true},
	{"searchfolders", "Suchordner", 0, false},
	{"scheduled", "Geplant", 0, false},
	{"syncissues", "Synchronisierungsprobleme", folderRoot, true},
	{"conflicts", "Konflikte", 14, true},
	{"localfailures", "Lokale Fehler", 14, true},
	{"serverfailures", "Serverfehler", 14, true},
}

// post is the mailbox's mail, made at first use. Readers may race to make it: all make the same and one wins.
func (m *mailbox) post() *mailStore {
	if p := m.mail.Load(); p != nil {
		return p
	}
	p := &mailStore{}
	for i, d := range defaultFolders {
		p.folders = append(p.folders, &mailFolder{num: uint64(i + 1), parent: d.parent, name: quote(d.name), known: d.known, hidden: d.hidden})
	}
	p.nums = uint64(len(p.folders))
	m.mail.CompareAndSwap(nil, p)
	return m.mail.Load()
}

func (p *mailStore) folder(num uint64) *mailFolder {
	i, ok := slices.BinarySearchFunc(p.folders, num, func(f *mailFolder, num uint64) int {
		if f.num < num {
			return -1
		}
		return int(min(f.num-num, 1))
	})
	if !ok {
		return nil
	}
	return p.folders[i]
}

// children are the folders directly below one.
func (p *mailStore) children(of uint64, hidden bool) []*mailFolder {
	var out []*mailFolder
	for _, f := range p.folders {
		if f.parent == of && (hidden || !f.hidden) {
			out = append(out, f)
		}
	}
	return out
}

// below tells whether a folder is another one or lies anywhere below it.
func (p *mailStore) below(f *mailFolder, of uint64) bool {
	for ; f != nil; f = p.folder(f.parent) {
		if f.num == of {
			return true
		}
	}
	return false
}

// mailCount are the items of a folder.
type mailCount struct{ total, unread int }

// counts are the items of all folders.
func (p *mailStore) counts() map[uint64]mailCount {
	out := map[uint64]mailCount{}
	for _, g := range p.messages.items {
		n := out[g.folder]
		n.total++
		if !g.read {
			n.unread++
		}
		out[g.folder] = n
	}
	return out
}

func (m *mailbox) mailFolderID(f *mailFolder) itemID {
	return itemID{class: classMailFolder, box: m.key, num: f.num, date: noDate}
}

// findMailFolder resolves an id or a well-known name.
func (m *mailbox) findMailFolder(key string) (*mailFolder, *apiError) {
	p := m.post()
	for _, f := range p.folders {
		if f.known != "" && strings.EqualFold(f.known, key) {
			return f, nil
		}
	}
	id, err := parseID(key, classMailFolder)
	if err != nil {
		return nil, err
	}
	f := p.folder(id.num)
	if f == nil || id.box != m.key {
		return nil, errItemNotFound()
	}
	return f, nil
}

// mailFolder is the folder that a call's path names; of nested folders each must lie in the one before.
func (c *call) mailFolder() (*mailFolder, *apiError) {
	keys := append(slices.Clone(c.outer), c.vars["mailfolder"])
	if child := c.vars["child"]; child != "" {
		keys = append(keys, child)
	}
	var at *mailFolder
	for _, key := range keys {
		f, err := c.box.findMailFolder(key)
		if err != nil {
			return nil, err
		}
		if at != nil && f.parent != at.num {
			return nil, errItemNotFound()
		}
		at = f
	}
	return at, nil
}

// foldMailFolders shortens a path through nested mail folders, mailFolders/a/childFolders/b/childFolders/c/…, to its last two folders,
// which is what the table of routes has. outer are the keys of those before.
func foldMailFolders(segments []string) (short, outer []string) {
	const first = 2 // after users and their key
	if len(segments) <= first || !strings.EqualFold(segments[first], "mailFolders") {
		return segments, nil
	}
	for len(segments) > first+5 && strings.EqualFold(segments[first+2], "childFolders") && strings.EqualFold(segments[first+4], "childFolders") {
		outer = append(outer, segments[first+1])
		segments = slices.Concat(segments[:first+1], segments[first+3:])
	}
	return segments, outer
}
