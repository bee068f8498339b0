package graphsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

func (c *call) appendFolder(b []byte, f *contactFolder, lead string) []byte {
	w := writer{b: append(append(b, '{'), lead...)}
	w.member("id")
	w.b = append(c.box.folderID(f).append(append(w.b, '"'), c.prefer.immutable), '"')
	w.member("parentFolderId")
	root := itemID{class: classContactFolder, box: c.box.key, date: noDate}
	w.b = append(root.append(append(w.b, '"'), c.prefer.immutable), '"')
	w.text("displayName", f.name)
	return append(w.b, '}')
}

// listFolders leaves out the default folder, as v1.0 does (microsoft-graph-docs issue 6273).
func listFolders(c *call) (*reply, error) {
	return listPage(c, "contactFolders", c.box.folders[1:], defaultPage, mostPage, func(b []byte, f *contactFolder) []byte { return c.appendFolder(b, f, "") }), nil
}

func getFolder(c *call) (*reply, error) {
	f, err := c.folder()
	if err != nil {
		return nil, err
	}
	return &reply{status: 200, body: c.appendFolder(nil, f, c.context("contactFolders"))}, nil
}

func createFolder(c *call) (*reply, error) {
	members, err := decodeObject(c.body)
	if err != nil {
		return nil, err
	}
	var name string
	if json.Unmarshal(members["displayname"], &name) != nil || strings.TrimSpace(name) == "" {
		return nil, errValidation("")
	}
	if slices.ContainsFunc(c.box.folders, func(f *contactFolder) bool { return strings.EqualFold(f.name.plain(), name) }) {
		return nil, fail(http.StatusConflict, "ErrorFolderExists", "A folder with the specified name already exists.")
	}
	f := &contactFolder{num: c.box.nextNum(), name: quote(name), version: c.s.tenant.nextVersion()}
	c.box.folders = append(c.box.folders, f)
	c.box.folderFeed.add(change{num: f.num, date: noDate})
	return &reply{status: http.StatusCreated, body: c.appendFolder(nil, f, c.context("contactFolders"))}, nil
}

func deleteFolder(c *call) (*reply, error) {
	f, err := c.folder()
	if err != nil {
		return nil, err
	}
	if f == c.box.folders[0] {
		return nil, fail(http.StatusBadRequest, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")
	}
	c.box.contacts.items = slices.DeleteFunc(c.box.contacts.items, func(k *contact) bool { return k.folder == f.num })
	c.box.folders = slices.DeleteFunc(c.box.folders, func(x *contactFolder) bool { return x == f })
	c.box.folderFeed.add(change{num: f.num, date: noDate})
	return &reply{status: http.StatusNoContent}, nil
}

// contactDelta answers a round of a folder's contacts. The mailbox form refuses every option, the folder form takes $select.
func contactDelta(c *call) (*reply, error) {
	f, err := c.folder()
	if err != nil {
		return nil, err
	}
	options := []string{"orderby", "filter", "select", "expand", "search", "top"}
	if _, ok := c.vars["folder"]; ok {
		options = slices.DeleteFunc(options, func(o string) bool { return o == "select" })
	}
	if err := c.refuse("Contacts", options...); err != nil {
		return nil, err
	}
	pos, _, err := c.resume(deltaContacts, f.num, &f.feed)
	if err != nil {
		return nil, err
	}
	sh := c.shape()
	sh.typed, sh.expand = true, nil
	page := c.newPage(pos, c.deltaSize(deltaDefaultPage, mostPage))
	row := func(k *contact) bool {
		return page.add(k.num, noDate, func(b []byte) []byte { return c.appendContact(b, k, "", &sh) })
	}
	if pos.initial {
		for _, k := range c.box.contacts.from(pos.num) {
			if k.folder == f.num && !row(k) {
				break
			}
		}
		return page.reply(c, "Collection(contact)", &f.feed, false), nil
	}
	for _, ch := range touched(f.feed.since(pos.since)) {
		k, ok := c.box.contacts.get(ch.num)
		if ok && k.folder == f.num {
			ok = row(k)
		} else {
			ok = page.add(ch.num, noDate, c.removedRow(classContact, ch.num))
		}
		if !ok {
			break
		}
	}
	return page.reply(c, "Collection(contact)", &f.feed, false), nil
}

func (c *call) removedRow(of class, num uint64) func(b []byte) []byte {
	return func(b []byte) []byte {
		b = append(b, `{"@removed":{"reason":"deleted"},"id":"`...)
		b = itemID{class: of, box: c.box.key, num: num, date: noDate}.append(b, c.prefer.immutable)
		return append(b, `"}`...)
	}
}

// folderDelta answers a round of the contact folders.
func folderDelta(c *call) (*reply, error) {
	if err := c.refuse("ContactFolders", "orderby", "filter", "expand", "search", "top"); err != nil {
		return nil, err
	}
	f := &c.box.folderFeed
	pos, _, err := c.resume(deltaFolders, 0, f)
	if err != nil {
		return nil, err
	}
	page := c.newPage(pos, c.deltaSize(deltaDefaultPage, mostPage))
	row := func(f *contactFolder) bool {
		return page.add(f.num, noDate, func(b []byte) []byte { return c.appendFolder(b, f, "") })
	}
	if pos.initial {
		for _, folder := range c.box.folders[1:] {
			if folder.num >= pos.num && !row(folder) {
				break
			}
		}
		return page.reply(c, "Collection(contactFolder)", f, false), nil
	}
	for _, ch := range touched(f.since(pos.since)) {
		var ok bool
		if folder := c.box.folder(ch.num); folder != nil {
			ok = row(folder)
		} else {
			ok = page.add(ch.num, noDate, c.removedRow(classContactFolder, ch.num))
		}
		if !ok {
			break
		}
	}
	return page.reply(c, "Collection(contactFolder)", f, false), nil
}
