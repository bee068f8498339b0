package graphsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// masterCategory is a category with its colour. Items may carry names that are in no master list.
type masterCategory struct {
	id    string
	name  text
	color int8 // preset0 is 0, none is -1
}

const noColor, mostColors = int8(-1), 25

func colorName(color int8) string {
	if color == noColor {
		return "none"
	}
	return "preset" + itoa(int(color))
}

// masterCategories is the owner's list. A mailbox whose list was never changed has the six that Outlook begins with; they are not stored.
func (m *mailbox) masterCategories() []masterCategory {
	if m.categories != nil {
		return m.categories
	}
	var out []masterCategory
	for _, c := range []struct {
		name  string
		color int8
	}{{"Rote Kategorie", 0}, {"Orange Kategorie", 1}, {"Gelbe Kategorie", 3}, {"Grüne Kategorie", 4}, {"Blaue Kategorie", 7}, {"Lila Kategorie", 8}} {
		out = append(out, masterCategory{id: m.categoryID(uint64(c.color)), name: quote(c.name), color: c.color})
	}
	return out
}

func (m *mailbox) categoryID(n uint64) string {
	return formatGUID(uidBytes(m.key, keyOf("category", strconv.FormatUint(n, 10))))
}

func (c *call) appendCategory(b []byte, cat masterCategory, lead string) []byte {
	w := writer{b: append(append(b, '{'), lead...), sel: c.query.selection()}
	w.word("id", cat.id)
	w.text("displayName", cat.name)
	w.word("color", colorName(cat.color))
	return append(w.b, '}')
}

const categoryCollection = "outlook/masterCategories"

func (c *call) categoryReply(status int, cat masterCategory) *reply {
	return c.entity(status, c.appendCategory(nil, cat, c.context(categoryCollection)))
}

func listCategories(c *call) (*reply, error) {
	return listPage(c, categoryCollection, c.box.masterCategories(), func(b []byte, cat masterCategory) []byte { return c.appendCategory(b, cat, "") }), nil
}

// categoryOfPath gives a copy of the list and the place of the category in it.
func (c *call) categoryOfPath() ([]masterCategory, int, *apiError) {
	list := slices.Clone(c.box.masterCategories())
	i := slices.IndexFunc(list, func(cat masterCategory) bool { return strings.EqualFold(cat.id, c.vars["category"]) })
	if i < 0 {
		return nil, 0, errItemNotFound()
	}
	return list, i, nil
}

func getCategory(c *call) (*reply, error) {
	list, i, err := c.categoryOfPath()
	if err != nil {
		return nil, err
	}
	return c.categoryReply(http.StatusOK, list[i]), nil
}

// decodeCategory sets a category's properties from a body. The name of one that exists cannot be changed: it is ignored.
func decodeCategory(body []byte, cat *masterCategory) *apiError {
	members, err := decodeObject(body)
	if err != nil {
		return err
	}
	for name, raw := range members {
		switch name {
		case "displayname":
			if cat.id == "" {
				err = decodeText(raw, &cat.name)
			}
		case "color":
			err = cat.decodeColor(raw)
		case "id":
		default:
			err = errNoMember(name, "OutlookCategory")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (cat *masterCategory) decodeColor(raw json.RawMessage) *apiError {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		for n := noColor; n < mostColors; n++ {
			if strings.EqualFold(s, colorName(n)) {
				cat.color = n
				return nil
			}
		}
	}
	return errDeserialize("Cannot convert the value of 'color' to the expected type 'Microsoft.OutlookServices.CategoryColor'.")
}

func createCategory(c *call) (*reply, error) {
	cat := masterCategory{color: noColor}
	if err := decodeCategory(c.body, &cat); err != nil {
		return nil, err
	}
	name := cat.name.plain()
	if strings.TrimSpace(name) == "" {
		return nil, errValidation("")
	}
	list := slices.Clone(c.box.masterCategories())
	if slices.ContainsFunc(list, func(other masterCategory) bool { return strings.EqualFold(other.name.plain(), name) }) {
		return nil, fail(http.StatusConflict, "CategoryNameExists", "A category with the specified name already exists.")
	}
	cat.id = c.box.categoryID(mostColors + c.box.nextNum())
	c.box.categories = append(list, cat)
	return c.categoryReply(http.StatusCreated, cat), nil
}

func updateCategory(c *call) (*reply, error) {
	list, i, err := c.categoryOfPath()
	if err != nil {
		return nil, err
	}
	if err := decodeCategory(c.body, &list[i]); err != nil {
		return nil, err
	}
	c.box.categories = list
	return c.categoryReply(http.StatusOK, list[i]), nil
}

func deleteCategory(c *call) (*reply, error) {
	list, i, err := c.categoryOfPath()
	if err != nil {
		return nil, err
	}
	c.box.categories = slices.Delete(list, i, i+1)
	return &reply{status: http.StatusNoContent}, nil
}
