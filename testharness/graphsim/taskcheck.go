package graphsim

import "encoding/json"

// checklistItem is a step of a task. checked is the stamp at which it was ticked off, zero while it is open.
type checklistItem struct {
	id               string
	name             text
	created, checked int64
}

// taskSteps are the checklistItems of tasks. A PATCH without isChecked unticks the item, as clients measured.
func taskSteps() taskChild[checklistItem] {
	return taskChild[checklistItem]{
		name:    "checklistItems",
		list:    func(t *task) *[]checklistItem { return &t.steps },
		id:      func(i checklistItem) string { return i.id },
		decode:  (*call).decodeStep,
		append:  checklistItem.append,
		guarded: true,
	}
}

func (c *call) decodeStep(raw []byte, i checklistItem) (checklistItem, *apiError) {
	ticked, before := false, i.checked
	err := c.decodeChild(raw, "checklistItem", &i.id, func(name string, value json.RawMessage) (bool, *apiError) {
		switch name {
		case "displayname":
			return true, decodeText(value, &i.name)
		case "ischecked":
			return true, decodeBool(name, value, &ticked)
		default:
			return name == "createddatetime" || name == "checkeddatetime", nil
		}
	})
	if err == nil && i.name.plain() == "" {
		err = fail(400, "invalidRequest", "Invalid request") // an item without a name; the answer is unconfirmed
	}
	if i.created == 0 {
		i.created = c.s.stamp()
	}
	switch {
	case !ticked:
		i.checked = 0
	case before == 0:
		i.checked = c.s.stamp()
	}
	return i, err
}

func (i checklistItem) append(b []byte, lead string) []byte {
	w := writer{b: append(append(b, '{'), lead...)}
	w.text("displayName", i.name)
	w.member("createdDateTime")
	w.b = appendStamp(w.b, i.created)
	if i.checked != 0 {
		w.member("checkedDateTime")
		w.b = appendStamp(w.b, i.checked)
	}
	w.bool("isChecked", i.checked != 0)
	w.word("id", i.id)
	return append(w.b, '}')
}
