package graphsim

import (
	"net/http"
	"slices"
	"strings"
)

// contact is a person in a mailbox's address book.
type contact struct {
	num, folder       uint64
	version           uint64
	moves             uint32 // how often it changed its folder
	created, modified int64
	card              card
	extras            *extras
}

func (k *contact) number() uint64 { return k.num }

// raw is the JSON of a property; "" when it is not set.
func (k *contact) raw(field int) string { return k.card.get(field) }

// set sets a property, or removes it when raw is "".
func (k *contact) set(field int, raw string) { k.card = k.card.with(field, raw) }

func (c *call) contactOfPath() (*contact, *apiError) {
	id, err := parseID(c.vars["contact"], classContact)
	if err != nil {
		return nil, err
	}
	k, ok := c.box.contacts.get(id.num)
	if !ok || id.box != c.box.key || id.moves != k.moves && id.moves != anyMoves {
		return nil, errItemNotFound()
	}
	if c.vars["folder"] != "" {
		f, err := c.folder()
		if err != nil {
			return nil, err
		}
		if k.folder != f.num {
			return nil, errItemNotFound()
		}
	}
	return k, nil
}

func (m *mailbox) contactID(k *contact) itemID {
	return itemID{class: classContact, box: m.key, num: k.num, moves: k.moves, date: noDate}
}

// appendContact writes a contact with its selected members.
func (c *call) appendContact(b []byte, k *contact, lead string, sh *shape) []byte {
	w := writer{b: append(append(b, '{'), lead...), sel: sh.sel}
	if sh.typed {
		w.member("@odata.type")
		w.b = append(w.b, `"#microsoft.graph.contact"`...)
	}
	w.member("@odata.etag")
	w.b = append(appendChangeKey(append(w.b, `"W/\"`...), k.version), `\""`...)
	w.member("id")
	w.b = append(c.box.contactID(k).append(append(w.b, '"'), sh.immutable), '"')
	if w.key("createdDateTime") {
		w.b = appendStamp(w.b, k.created)
	}
	if w.key("lastModifiedDateTime") {
		w.b = appendStamp(w.b, k.modified)
	}
	if w.key("changeKey") {
		w.b = append(appendChangeKey(append(w.b, '"'), k.version), '"')
	}
	if w.key("parentFolderId") {
		w.b = append(c.box.folderID(k.folder).append(append(w.b, '"'), sh.immutable), '"')
	}
	left := k.card
	for i, f := range contactFields {
		raw := f.kind.empty()
		if left != "" && int(left[0]) == i {
			_, raw, left = left.cut()
		}
		w.raw(f.name, raw)
	}
	if sh.sel == nil || slices.ContainsFunc(mailSlots, func(name string) bool { return sh.sel[strings.ToLower(name)] }) {
		list := k.addresses()
		for i, name := range mailSlots {
			if i < len(list) {
				w.raw(name, rawJSON(list[i]))
			} else {
				w.null(name)
			}
		}
	}
	sh.writeExtras(&w, "contacts", c.box.contactID(k), k.extras)
	return append(w.b, '}')
}

// applyContact sets the members of a request on a contact. Lists are replaced as a whole.
func applyContact(k *contact, body []byte) *apiError {
	members, err := decodeObject(body)
	if err != nil {
		return err
	}
	var set *extras
	slots := nameSet(strings.Join(mailSlots, " "))
	for name, raw := range members {
		i := contactIndex(name)
		switch {
		case i >= 0:
			v, err := contactFields[i].normal(raw)
			if err != nil {
				return err
			}
			k.set(i, v)
		case extrasNames[name]:
			if set, err = set.decoded(name, raw); err != nil {
				return err
			}
		case slots[name]:
		case !declares("contact", name):
			return errNoMember(name, "Contact")
		}
	}
	if err := k.setSlots(members); err != nil {
		return err
	}
	if k.num != 0 && len(set.openList()) > 0 {
		return errInternal()
	}
	k.extras = k.extras.merged(set)
	k.fillNames()
	return nil
}

// fillNames builds displayName and fileAs from the names where they are not set.
func (k *contact) fillNames() {
	given, sur := text(k.raw(contactIndex("givenName"))).plain(), text(k.raw(contactIndex("surname"))).plain()
	full := strings.TrimSpace(given + " " + sur)
	if full == "" {
		full = text(k.raw(contactIndex("companyName"))).plain()
	}
	if i := contactIndex("displayName"); k.raw(i) == "" && full != "" {
		k.set(i, string(quote(full)))
	}
	if i := contactIndex("fileAs"); k.raw(i) == "" && given != "" && sur != "" {
		k.set(i, string(quote(sur+", "+given)))
	}
}

// change is what the feed of its folder logs when a contact changes or goes away.
func (k *contact) change() change { return change{num: k.num, moves: k.moves, date: noDate} }

func (s *Server) addContact(m *mailbox, f *contactFolder, k *contact) {
	k.num, k.folder = m.nextNum(), f.num
	k.created = s.stamp()
	m.contacts.add(k)
	s.touchContact(m, k, true)
}

// touchContact gives a contact a new version. A change of extended properties or extensions alone is not tracked by delta rounds
// (microsoft-graph-docs, page "contact-delta").
func (s *Server) touchContact(m *mailbox, k *contact, tracked bool) {
	k.version, k.modified = s.tenant.nextVersion(), s.stamp()
	if tracked {
		m.folder(k.folder).feed.add(k.change())
	}
}

func (c *call) contactReply(status int, k *contact) *reply {
	sh := c.shape()
	rep := c.entity(status, c.appendContact(nil, k, c.context("contacts"), &sh))
	rep.set("ETag", etagOf(k.version))
	return rep
}

func getContact(c *call) (*reply, error) {
	k, err := c.contactOfPath()
	if err != nil {
		return nil, err
	}
	return c.contactReply(http.StatusOK, k), nil
}

func createContact(c *call) (*reply, error) {
	f, err := c.folder()
	if err != nil {
		return nil, err
	}
	k := &contact{}
	if err := applyContact(k, c.body); err != nil {
		return nil, err
	}
	c.s.addContact(c.box, f, k)
	c.showExtensions(k.extras)
	return c.contactReply(http.StatusCreated, k), nil
}

func updateContact(c *call) (*reply, error) {
	k, err := c.contactOfPath()
	if err != nil {
		return nil, err
	}
	if err := c.ifMatch(k.version); err != nil {
		return nil, err
	}
	next := *k
	if err := applyContact(&next, c.body); err != nil {
		return nil, err
	}
	tracked := next.extras == k.extras || next.card != k.card
	*k = next
	c.s.touchContact(c.box, k, tracked)
	return c.contactReply(http.StatusOK, k), nil
}

func deleteContact(c *call) (*reply, error) {
	k, err := c.contactOfPath()
	if err != nil {
		return nil, err
	}
	if err := c.ifMatch(k.version); err != nil {
		return nil, err
	}
	c.box.contacts.remove(k.num)
	c.box.folder(k.folder).feed.add(k.change())
	return &reply{status: http.StatusNoContent}, nil
}
