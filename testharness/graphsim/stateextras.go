package graphsim

func (x *extras) state(a *archive) {
	objects(a, "single", &x.single)
	objects(a, "multi", &x.multi)
	objects(a, "open", &x.open)
	pointer(a, "photo", &x.photo)
}

func (p *photo) state(a *archive) {
	a.field("format", &p.format)
	a.field("width", &p.width)
	a.field("height", &p.height)
	a.field("version", &p.version)
	a.field("image", &p.image)
}

func (cat *masterCategory) state(a *archive) {
	a.field("id", &cat.id)
	a.field("name", &cat.name)
	a.field("color", &cat.color)
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
