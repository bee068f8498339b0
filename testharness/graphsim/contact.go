package graphsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// contact is a person in a mailbox's address book. props holds the set properties by their index in contactFields, sorted.
type contact struct {
	num, folder       uint64
	version           uint64
	created, modified int64
	props             []contactProp
	extras            *extras
}

type contactProp struct {
	field uint8
	raw   string // JSON
}

func (k *contact) number() uint64 { return k.num }

func (k *contact) raw(field int) string {
	i, ok := slices.BinarySearchFunc(k.props, uint8(field), func(p contactProp, f uint8) int { return int(p.field) - int(f) })
	if !ok {
		return ""
	}
	return k.props[i].raw
}

// with is the properties with one set, or removed when raw is "". The old slice stays as it is.
func (k *contact) set(field int, raw string) {
	i, ok := slices.BinarySearchFunc(k.props, uint8(field), func(p contactProp, f uint8) int { return int(p.field) - int(f) })
	props := slices.Clone(k.props)
	switch {
	case ok && raw == "":
		props = slices.Delete(props, i, i+1)
	case ok:
		props[i].raw = raw
	case raw != "":
		props = slices.Insert(props, i, contactProp{uint8(field), raw})
	}
	k.props = props
}

// contactFolder holds contacts. The first of a mailbox is the default folder, which listings leave out.
type contactFolder struct {
	num     uint64
	name    text
	version uint64
	feed    feed
}

func (f *contactFolder) number() uint64 { return f.num }

func (m *mailbox) folder(num uint64) *contactFolder {
	for _, f := range m.folders {
		if f.num == num {
			return f
		}
	}
	return nil
}

func (m *mailbox) folderID(f *contactFolder) itemID {
	return itemID{class: classContactFolder, box: m.key, num: f.num, date: noDate}
}

// folder is the folder that a call's path names: the default one without a key or by its well-known name.
func (c *call) folder() (*contactFolder, *apiError) {
	key, ok := c.vars["folder"]
	if !ok || strings.EqualFold(key, "contacts") {
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

func (c *call) contactOfPath() (*contact, *apiError) {
	id, err := parseID(c.vars["contact"], classContact)
	if err != nil {
		return nil, err
	}
	k, ok := c.box.contacts.get(id.num)
	if !ok || id.box != c.box.key {
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
	return itemID{class: classContact, box: m.key, num: k.num, date: noDate}
}

var contactNames = nameSet(`id createdDateTime lastModifiedDateTime changeKey parentFolderId primaryEmailAddress secondaryEmailAddress
	tertiaryEmailAddress photo extensions singleValueExtendedProperties multiValueExtendedProperties
	categories birthday fileAs displayName givenName initials middleName nickName surname title yomiGivenName yomiSurname yomiCompanyName
	generation imAddresses jobTitle companyName department officeLocation profession businessHomePage assistantName manager homePhones
	mobilePhone businessPhones spouseName personalNotes children emailAddresses homeAddress businessAddress otherAddress`)

// contactPaths are the properties that $filter knows on contacts, with their operators.
var contactPaths = map[string]string{
	"displayname": "eq startswith", "givenname": "eq startswith", "surname": "eq startswith", "companyname": "eq startswith",
	"emailaddresses/*/address": "eq", "categories/*": "eq", "lastmodifieddatetime": "eq ne gt ge lt le", "createddatetime": "eq ne gt ge lt le",
	"singlevalueextendedproperties/*/id": "eq", "singlevalueextendedproperties/*/value": "eq ne contains startswith",
	"extensions/*/id": "eq",
}

var contactOrder = map[string]bool{"displayname": true, "givenname": true, "surname": true, "lastmodifieddatetime": true, "createddatetime": true}

func (c *call) checkContacts() *apiError {
	return c.checkExchange("Contact", contactNames, contactPaths, contactOrder)
}

func (k *contact) get(path string) value {
	switch path {
	case "lastmodifieddatetime":
		return stampValue(k.modified)
	case "createddatetime":
		return stampValue(k.created)
	}
	i := contactIndex(path)
	if i < 0 {
		return k.extras.get(path)
	}
	raw := k.raw(i)
	switch contactFields[i].kind {
	case textList:
		var list []string
		_ = json.Unmarshal([]byte(raw), &list) // "" and lists of strings
		return listOf(list)
	case mailList:
		v := value{Kind: odata.KindList}
		for _, a := range k.addresses() {
			v.List = append(v.List, func(path string) value {
				if path == "address" {
					return stringValue(a.Address)
				}
				return stringValue(a.Name)
			})
		}
		return v
	default:
		return textValue(text(raw))
	}
}

func (k *contact) addresses() []mailAddress {
	var list []mailAddress
	_ = json.Unmarshal([]byte(k.raw(contactIndex("emailAddresses"))), &list) // "" or what rawJSON wrote
	return list
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
		f := itemID{class: classContactFolder, box: c.box.key, num: k.folder, date: noDate}
		w.b = append(f.append(append(w.b, '"'), sh.immutable), '"')
	}
	next := 0
	for i, f := range contactFields {
		raw := f.kind.empty()
		if next < len(k.props) && int(k.props[next].field) == i {
			raw = k.props[next].raw
			next++
		}
		w.raw(f.name, raw)
	}
	if sh.sel == nil || w.sel["primaryemailaddress"] || w.sel["secondaryemailaddress"] || w.sel["tertiaryemailaddress"] {
		list := k.addresses()
		for i, name := range []string{"primaryEmailAddress", "secondaryEmailAddress", "tertiaryEmailAddress"} {
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
		case !contactNames[name] || strings.HasSuffix(name, "emailaddress"):
			return errDeserialize("The property '%s' does not exist on type 'Microsoft.OutlookServices.Contact'. Make sure to only use property names that are defined by the type.", name)
		}
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
		m.folder(k.folder).feed.add(change{num: k.num, date: noDate})
	}
}

func listContacts(c *call) (*reply, error) {
	f, err := c.folder()
	if err != nil {
		return nil, err
	}
	if err := c.checkContacts(); err != nil {
		return nil, err
	}
	items := c.box.contacts.items
	if c.query.Filter != nil || len(c.query.OrderBy) > 0 || len(c.box.folders) > 1 {
		items = nil
		for _, k := range c.box.contacts.items {
			if k.folder == f.num && c.query.Filter.Holds(k.get) {
				items = append(items, k)
			}
		}
		odata.Sort(items, c.query.OrderBy, func(k *contact) getter { return k.get })
	}
	sh := c.shape()
	return listPage(c, "contacts", items, defaultPage, mostPage, func(b []byte, k *contact) []byte { return c.appendContact(b, k, "", &sh) }), nil
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
	if err := c.checkContacts(); err != nil {
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
	tracked := next.extras == k.extras || !slices.Equal(next.props, k.props)
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
	c.box.folder(k.folder).feed.add(change{num: k.num, date: noDate})
	return &reply{status: http.StatusNoContent}, nil
}
