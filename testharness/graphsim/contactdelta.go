package graphsim

// contactDelta answers a round of a folder's contacts. The mailbox form refuses every option, the folder form takes $select, which holds for
// the later pages and rounds too (microsoft-graph-docs, page "delta-query-overview").
func contactDelta(c *call) (*reply, error) {
	f, err := c.folder()
	if err != nil {
		return nil, err
	}
	pos, err := c.resumeWith(deltaContacts, f.num, &f.feed, "select")
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
	log := f.feed.since(pos.since)
	had := movesOf(log)
	for _, ch := range touched(log) {
		k, here := c.box.contacts.get(ch.num)
		here = here && k.folder == f.num
		now := uint32(0)
		if here {
			if !row(k) {
				break
			}
			now = k.moves
		}
		removed := func(moves uint32) func([]byte) []byte {
			return c.removedRow(itemID{class: classContact, num: ch.num, moves: moves})
		}
		if !page.addGone(ch.num, had[ch.num], here, now, sh.immutable, removed) {
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
	pos, err := c.resumeWith(deltaFolders, 0, f, "select")
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
