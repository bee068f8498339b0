package graphsim

func (l *taskList) state(a *archive) {
	a.field("number", &l.num)
	a.field("name", &l.name)
	a.field("wellKnown", &l.wellKnown)
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
	a.field("status", &t.status)
	a.field("importance", &t.importance)
	a.field("categories", &t.categories)
	a.field("due", &t.due)
	a.field("start", &t.start)
	a.field("completed", &t.completed)
	a.field("reminder", &t.reminder)
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

// state writes a card as a list of its properties.
func (c *card) state(a *archive) {
	var fields []cardField
	for i, raw := range c.all() {
		fields = append(fields, cardField{uint8(i), raw})
	}
	objects(a, "properties", &fields)
	if a.loading {
		for _, f := range fields {
			*c = c.with(int(f.field), f.raw)
		}
	}
}

func (f *cardField) state(a *archive) {
	a.field("field", &f.field)
	a.field("json", &f.raw)
}
