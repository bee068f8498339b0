package graphsim

func (x *extras) state(a *archive) {
	objects(a, "single", &x.single)
	objects(a, "multi", &x.multi)
	objects(a, "open", &x.open)
}

func (p *extendedProperty) state(a *archive) {
	a.field("id", &p.id)
	a.field("values", &p.values)
}

func (o *openExtension) state(a *archive) {
	a.field("name", &o.name)
	objects(a, "members", &o.members)
}

func (m *extensionMember) state(a *archive) {
	a.field("name", &m.name)
	a.field("json", &m.raw)
}
