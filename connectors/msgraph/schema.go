package msgraph

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/rest"
)

// Schema implements sdk.Conn: the vetted subset of $metadata, read once in the life of the connection.
func (c *Conn) Schema(ctx context.Context) (*sdk.Schema, error) {
	c.mu.Lock()
	s := c.schema
	c.mu.Unlock()
	if s != nil {
		return s, nil
	}
	var types csdl
	_, err := c.graph.send(ctx, directory, rest.Request{
		Method: http.MethodGet, Link: root + "/$metadata", Header: http.Header{"Accept": {"application/xml"}},
		Sink: func(b *rest.BodyReader) (err error) {
			if types, err = parseMetadata(b, vettedTypes()); err != nil && sdk.KindOf(err) == sdk.Internal {
				err = &sdk.Error{Kind: sdk.Unavailable, Code: "metadata", Err: err}
			}
			return err
		},
	})
	if err != nil {
		return nil, located(err, "read schema", "", "")
	}
	if s, err = schemaOf(types); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.schema = s
	c.mu.Unlock()
	return s, nil
}

// schemaOf makes the schema of what the document says about the vetted fields.
func schemaOf(types csdl) (*sdk.Schema, error) {
	s := &sdk.Schema{}
	for _, v := range vettedObjects() {
		if types[v.entity] == nil {
			return nil, sdk.Errorf(sdk.Unavailable, "metadata", "$metadata has no type %q", v.entity)
		}
		o := sdk.Object{
			Name: v.object, Title: v.title, Key: []string{"id"}, Changed: "lastModifiedDateTime", Idempotency: sdk.ByIntent,
			Allow: sdk.Allow{Read: true, Create: true, Update: true, Delete: true, ByKey: true, ByChange: true, Partitioned: true},
		}
		for _, name := range v.fields {
			kind, ok := types.property(v.entity, name)
			if !ok {
				continue
			}
			f := types.field(name, kind, 0)
			f.ReadOnly = slices.Contains(v.readOnly, name)
			f.CreateOnly = slices.Contains(v.createOnly, name)
			f.Required = slices.Contains(v.required, name)
			o.Fields = append(o.Fields, f)
		}
		o.Fields = append(o.Fields, virtual(v.object)...)
		s.Objects = append(s.Objects, o)
	}
	return s, s.Validate()
}

// primitives are the types of OData CSDL that Graph uses.
var primitives = map[string]sdk.Type{
	"Edm.String": sdk.TypeText, "Edm.Boolean": sdk.TypeBool, "Edm.DateTimeOffset": sdk.TypeInstant, "Edm.Date": sdk.TypeDate, "Edm.TimeOfDay": sdk.TypeTime, "Edm.Duration": sdk.TypeDuration,
	"Edm.Int16": sdk.TypeInt, "Edm.Int32": sdk.TypeInt, "Edm.Int64": sdk.TypeInt, "Edm.Byte": sdk.TypeInt, "Edm.Single": sdk.TypeFloat, "Edm.Double": sdk.TypeFloat, "Edm.Decimal": sdk.TypeDecimal,
	"Edm.Guid": sdk.TypeUUID, "Edm.Binary": sdk.TypeBytes,
}

// maxTypeDepth bounds the nesting of complex types; a type that contains itself ends as JSON.
const maxTypeDepth = 6

func (c csdl) field(name, kind string, depth int) sdk.Field {
	f := sdk.Field{Name: name, Type: sdk.TypeJSON}
	if in, ok := strings.CutPrefix(kind, "Collection("); ok {
		item := c.field("", strings.TrimSuffix(in, ")"), depth)
		f.Type, f.Item = sdk.TypeList, &item
		return f
	}
	if t, ok := primitives[kind]; ok {
		f.Type = t
		return f
	}
	t := c[local(kind)]
	switch {
	case t == nil || depth >= maxTypeDepth:
	case len(t.members) > 0:
		f.Type = sdk.TypeEnum
		for _, m := range t.members {
			f.Choices = append(f.Choices, sdk.Choice{Value: m, Title: sdk.Text{EN: m}})
		}
	default:
		f.Type = sdk.TypeObject
		for _, p := range c.properties(local(kind)) {
			f.Fields = append(f.Fields, c.field(p.name, p.kind, depth+1))
		}
		if local(kind) == "dateTimeTimeZone" {
			for i := range f.Fields {
				if f.Fields[i].Name == "dateTime" {
					f.Fields[i].Type, f.Fields[i].Zone = sdk.TypeLocalTime, "timeZone"
				}
			}
		}
	}
	return f
}
