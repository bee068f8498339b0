package graphsim

import (
	"encoding/json"
	"fmt"
)

func (l *taskList) state(a *archive) {
	a.field("number", &l.num)
	a.field("name", &l.name)
	choice(a, "wellKnown", &l.wellKnown, wellKnownNames[:])
	a.field("version", &l.version)
	a.field("hidden", &l.hidden)
	a.field("gone", &l.gone)
	pointer(a, "extras", &l.extras)
	a.field("feed", &l.feed)
}

func (t *task) state(a *archive) {
	a.field("number", &t.num)
	a.field("list", &t.list)
	a.field("version", &t.version)
	a.field("created", &t.created)
	a.field("modified", &t.modified)
	a.field("bodyModified", &t.bodyModified)
	a.field("title", &t.title)
	a.field("body", &t.body)
	a.field("bodyIsHtml", &t.bodyIsHTML)
	choice(a, "status", &t.status, taskStatusNames[:])
	choice(a, "importance", &t.importance, importanceNames[:])
	a.field("categories", &t.categories)
	a.instant("due", &t.due)
	a.instant("start", &t.start)
	a.instant("completed", &t.completed)
	a.instant("reminder", &t.reminder)
	a.field("reminderOn", &t.reminderOn)
	sharedPointer(a, "rule", &t.rule)
	objects(a, "links", &t.links)
	objects(a, "steps", &t.steps)
	pointer(a, "extras", &t.extras)
}

func (i *checklistItem) state(a *archive) {
	a.field("id", &i.id)
	a.field("name", &i.name)
	a.field("created", &i.created)
	a.field("checked", &i.checked)
}

func (l *linkedResource) state(a *archive) {
	a.field("id", &l.id)
	a.field("webUrl", &l.webURL)
	a.field("application", &l.application)
	a.field("displayName", &l.displayName)
	a.field("foreignId", &l.foreign)
}

func (f *contactFolder) state(a *archive) {
	a.field("number", &f.num)
	a.field("parent", &f.parent)
	a.field("name", &f.name)
	a.field("version", &f.version)
	pointer(a, "extras", &f.extras)
	a.field("feed", &f.feed)
}

func (k *contact) state(a *archive) {
	a.field("number", &k.num)
	a.field("folder", &k.folder)
	a.field("moves", &k.moves)
	a.field("version", &k.version)
	a.field("created", &k.created)
	a.field("modified", &k.modified)
	k.card.state(a)
	pointer(a, "extras", &k.extras)
}

// state writes a card as an object of its properties.
func (c *card) state(a *archive) {
	fields := map[string]json.RawMessage{}
	for i, raw := range c.all() {
		fields[contactFields[i].name] = json.RawMessage(raw)
	}
	a.field("properties", &fields)
	if !a.loading {
		return
	}
	set := map[int]string{}
	for name, raw := range fields {
		i := contactIndex(name)
		if i < 0 {
			a.failed("properties", fmt.Errorf("contacts have no %q", name))
			return
		}
		set[i] = string(raw)
	}
	*c = newCard(set)
}
