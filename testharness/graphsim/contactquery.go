package graphsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// contactSearch is $search; nil: not asked for. Its second page fails with the words of change tracking, as public reports have it.
func (c *call) contactSearch() (*odata.Search, *apiError) {
	if !c.query.Has("search") {
		return nil, nil
	}
	if c.query.Skip > 0 {
		return nil, c.refuse("Contacts", "orderby", "filter", "select", "expand", "search", "top")
	}
	search, err := odata.ParseKQL(c.query.Search)
	if err != nil {
		return nil, fail(http.StatusBadRequest, "BadRequest", "%s", err.Error())
	}
	return search, nil
}

// searched are the properties in which a search without one looks.
var searched = []string{"displayName", "givenName", "surname", "nickName", "companyName", "emailAddresses", "personalNotes"}

// found tells whether the contact has a term of a search.
func (k *contact) found(t odata.Term) bool {
	fields := searched
	if t.Property != "" {
		fields = []string{t.Property}
	}
	return slices.ContainsFunc(fields, func(name string) bool {
		i := contactIndex(name)
		return i >= 0 && t.In(strings.Trim(k.raw(i), "\""))
	})
}

func (k *contact) get(path string) value {
	switch path {
	case "lastmodifieddatetime":
		return odata.Stamp(k.modified)
	case "createddatetime":
		return odata.Stamp(k.created)
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
		return odata.Strings(list)
	case mailList:
		v := value{Kind: odata.KindList}
		for _, a := range k.addresses() {
			v.List = append(v.List, func(path string) value {
				if path == "address" {
					return odata.String(a.Address)
				}
				return odata.String(a.Name)
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

func listContacts(c *call) (*reply, error) {
	f, err := c.folder()
	if err != nil {
		return nil, err
	}
	search, err := c.contactSearch()
	if err != nil {
		return nil, err
	}
	items := c.box.contacts.items
	if search != nil || c.query.Filter != nil || len(c.query.OrderBy) > 0 || len(c.box.folders) > 1 {
		items = nil
		for _, k := range c.box.contacts.items {
			if k.folder == f.num && c.query.Filter.Holds(k.get) && search.Matches(k.found) {
				items = append(items, k)
			}
		}
		odata.Sort(items, c.query.OrderBy, func(k *contact) getter { return k.get })
	}
	sh := c.shape()
	return listPage(c, "contacts", items, func(b []byte, k *contact) []byte { return c.appendContact(b, k, "", &sh) }), nil
}
