package graphsim

// contactDelta answers a round of a folder's contacts. The mailbox form refuses every option, the folder form takes $select.
func contactDelta(c *call) (*reply, error) {
	f, err := c.folder()
	if err != nil {
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
			ok = page.add(ch.num, noDate, c.removedRow(itemID{class: classContact, num: ch.num, moves: ch.moves}))
		}
		if !ok {
			break
		}
	}
	return page.reply(c, "Collection(contact)", &f.feed, false), nil
}

func (c *call) removedRow(id itemID) func(b []byte) []byte {
	id.box, id.date = c.box.key, noDate
	return func(b []byte) []byte {
		b = append(b, `{"@removed":{"reason":"deleted"},"id":"`...)
		b = id.append(b, c.prefer.immutable)
		return append(b, `"}`...)
	}
}

// folderDelta answers a round of the contact folders.
func folderDelta(c *call) (*reply, error) {
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
			ok = page.add(ch.num, noDate, c.removedRow(c.box.folderID(ch.num)))
		}
		if !ok {
			break
		}
	}
	return page.reply(c, "Collection(contactFolder)", f, false), nil
}
