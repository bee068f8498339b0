package graphsim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// contactFolder holds contacts. The first of a mailbox is the default folder, which listings leave out.
type contactFolder struct {
	num     uint64
	parent  uint64 // zero: the root
	name    text
	version uint64
	extras  *extras
	feed    feed
}

func (f *contactFolder) number() uint64 { return f.num }

func (m *mailbox) folder(num uint64) *contactFolder { return itemOf(m.folders, num) }

// folderID is the id of a folder by its number; zero is the root.
func (m *mailbox) folderID(num uint64) itemID {
	return itemID{class: classContactFolder, box: m.key, num: num, date: noDate}
}

// folderNamed resolves the key of a folder in a path: an id, or the well-known name of the default folder.
func (c *call) folderNamed(key string) (*contactFolder, *apiError) {
	if strings.EqualFold(key, "contacts") {
		return c.box.folders[0], nil
	}
	id, err := parseID(key, classContactFolder)
	if err != nil {
		return nil, err
	}
	if f := c.box.folder(id.num); f != nil && id.box == c.box.key {
		return f, nil
	}
	return nil, errItemNotFound()
}

// folderVariables are the variables of a path that name folders, the outer ones first.
var folderVariables = []string{"above2", "above", "folder"}

// folder is the folder that a call's path names: without a key the default one. Each folder on the way must lie in the one before it.
func (c *call) folder() (*contactFolder, *apiError) { return c.folderOf(folderVariables) }

func (c *call) folderOf(variables []string) (*contactFolder, *apiError) {
	at := c.box.folders[0]
	for i, name := range variables {
		key, ok := c.vars[name]
		if !ok {
			continue
		}
		f, err := c.folderNamed(key)
		if err != nil {
			return nil, err
		}
		if i > 0 && c.vars[variables[i-1]] != "" && f.parent != at.num {
			return nil, errItemNotFound()
		}
		at = f
	}
	return at, nil
}

// parentFolder is the number of the folder whose children a call's path names.
func (c *call) parentFolder() (uint64, *apiError) {
	if c.vars["above"] == "" {
		return 0, nil
	}
	f, err := c.folderOf(folderVariables[:2])
	if err != nil {
		return 0, err
	}
	return f.num, nil
}

func (c *call) appendFolder(b []byte, f *contactFolder, lead string) []byte {
	sh := c.shape()
	w := writer{b: append(append(b, '{'), lead...), sel: sh.sel}
	w.member("id")
	w.b = append(c.box.folderID(f.num).append(append(w.b, '"'), c.prefer.immutable), '"')
	if w.key("parentFolderId") {
		w.b = append(c.box.folderID(f.parent).append(append(w.b, '"'), c.prefer.immutable), '"')
	}
	w.text("displayName", f.name)
	sh.writeExtras(&w, "contactFolders", c.box.folderID(f.num), f.extras)
	return append(w.b, '}')
}

func (f *contactFolder) get(path string) value {
	if path == "displayname" {
		return textValue(f.name)
	}
	return f.extras.get(path)
}

// listFolders leaves out the default folder, as v1.0 does (microsoft-graph-docs issue 6273).
func listFolders(c *call) (*reply, error) {
	parent, err := c.parentFolder()
	if err != nil {
		return nil, err
	}
	var list []*contactFolder
	for _, f := range c.box.folders[1:] {
		if f.parent == parent && c.query.Filter.Holds(f.get) {
			list = append(list, f)
		}
	}
	odata.Sort(list, c.query.OrderBy, func(f *contactFolder) getter { return f.get })
	return listPage(c, "contactFolders", list, func(b []byte, f *contactFolder) []byte { return c.appendFolder(b, f, "") }), nil
}

func (c *call) folderReply(status int, f *contactFolder) *reply {
	return &reply{status: status, body: c.appendFolder(nil, f, c.context("contactFolders"))}
}

func getFolder(c *call) (*reply, error) {
	f, err := c.folder()
	if err != nil {
		return nil, err
	}
	return c.folderReply(http.StatusOK, f), nil
}

// decodeFolder sets a folder's properties from a body.
func (c *call) decodeFolder(f *contactFolder) *apiError {
	members, err := decodeObject(c.body)
	if err != nil {
		return err
	}
	var set *extras
	for name, raw := range members {
		switch {
		case name == "displayname":
			err = decodeText(raw, &f.name)
		case name == "parentfolderid" && f.num != 0:
			err = c.decodeParent(raw, f)
		case extrasNames[name] && name != "extensions":
			set, err = set.decoded(name, raw)
		case !declares("contactFolder", name):
			err = errNoMember(name, "ContactFolder")
		}
		if err != nil {
			return err
		}
	}
	f.extras = f.extras.merged(set)
	name := f.name.plain()
	if strings.TrimSpace(name) == "" {
		return errValidation("")
	}
	if slices.ContainsFunc(c.box.folders, func(x *contactFolder) bool {
		return x.num != f.num && x.parent == f.parent && strings.EqualFold(x.name.plain(), name)
	}) {
		return errFolderExists()
	}
	return nil
}

// decodeParent moves a folder into another one, or to the root (microsoft-graph-docs, page "contactfolder-update").
func (c *call) decodeParent(raw []byte, f *contactFolder) *apiError {
	var key text
	if err := decodeText(raw, &key); err != nil {
		return err
	}
	if f.num == c.box.folders[0].num {
		return fail(http.StatusBadRequest, "ErrorMoveDistinguishedFolder", "Distinguished folders cannot be moved.")
	}
	if id, err := parseID(key.plain(), classContactFolder); err == nil && id.num == 0 && id.box == c.box.key {
		f.parent = 0
		return nil
	}
	to, err := c.folderNamed(key.plain())
	if err != nil {
		return err
	}
	for x := to; x != nil; x = c.box.folder(x.parent) {
		if x.num == f.num {
			return fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. A folder cannot be moved into itself.")
		}
	}
	f.parent = to.num
	return nil
}

func createFolder(c *call) (*reply, error) {
	parent, err := c.parentFolder()
	if err != nil {
		return nil, err
	}
	f := &contactFolder{parent: parent}
	if err := c.decodeFolder(f); err != nil {
		return nil, err
	}
	f.num = c.box.nextNum()
	c.box.folders = append(c.box.folders, f)
	c.touchFolder(f)
	return c.folderReply(http.StatusCreated, f), nil
}

// touchFolder gives a folder a new version. Rounds leave out the default folder, as listings do.
func (c *call) touchFolder(f *contactFolder) {
	f.version = c.s.tenant.nextVersion()
	if f.num != c.box.folders[0].num {
		c.box.folderFeed.add(change{num: f.num, date: noDate})
	}
}

func updateFolder(c *call) (*reply, error) {
	f, err := c.folder()
	if err != nil {
		return nil, err
	}
	next := contactFolder{num: f.num, parent: f.parent, name: f.name, extras: f.extras}
	if err := c.decodeFolder(&next); err != nil {
		return nil, err
	}
	f.parent, f.name, f.extras = next.parent, next.name, next.extras
	c.touchFolder(f)
	return c.folderReply(http.StatusOK, f), nil
}

// deleteFolder removes a folder with what it holds.
func deleteFolder(c *call) (*reply, error) {
	f, err := c.folder()
	if err != nil {
		return nil, err
	}
	if f == c.box.folders[0] {
		return nil, errDistinguished()
	}
	c.box.removeFolder(f)
	return &reply{status: http.StatusNoContent}, nil
}

func (m *mailbox) removeFolder(f *contactFolder) {
	for _, child := range slices.Clone(m.folders) {
		if child.parent == f.num {
			m.removeFolder(child)
		}
	}
	m.contacts.items = slices.DeleteFunc(m.contacts.items, func(k *contact) bool { return k.folder == f.num })
	m.folders = slices.DeleteFunc(m.folders, func(x *contactFolder) bool { return x == f })
	m.folderFeed.add(change{num: f.num, date: noDate})
}
