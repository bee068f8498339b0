package csdl

import (
	"fmt"
	"strings"
)

// capabilities are the terms and properties of the notation's words, in the order of the document.
var capabilities = map[string][2]string{
	"tracking":   {"ChangeTracking", "Supported"},
	"deletable":  {"DeleteRestrictions", "Deletable"},
	"expandable": {"ExpandRestrictions", "Expandable"},
	"insertable": {"InsertRestrictions", "Insertable"},
	"searchable": {"SearchRestrictions", "Searchable"},
	"updatable":  {"UpdateRestrictions", "Updatable"},
}

// primitives are the types of Edm that the model may use.
var primitives = map[string]bool{
	"String": true, "Boolean": true, "Int16": true, "Int32": true, "Int64": true, "DateTimeOffset": true, "Date": true, "TimeOfDay": true,
	"Duration": true, "Guid": true, "Binary": true, "Stream": true, "Double": true, "Single": true, "Decimal": true, "Byte": true,
}

// simpleType is the primitive type that a segment of a path casts to, as "Edm.Int32" does, or "".
func simpleType(segment string) string {
	if len(segment) > len("Edm.") && strings.EqualFold(segment[:len("Edm.")], "Edm.") {
		for name := range primitives {
			if strings.EqualFold(name, segment[len("Edm."):]) {
				return name
			}
		}
	}
	return ""
}

// EdmType is the type as documents and messages name it: "Edm.String", "Collection(graph.attendee)".
func (p Property) EdmType() string {
	name := "graph." + p.Type
	if primitives[p.Type] {
		name = "Edm." + p.Type
	}
	if p.Collection {
		return "Collection(" + name + ")"
	}
	return name
}

// Document writes the model in the form of Graph's $metadata: CSDL 4.0 in XML, one schema microsoft.graph with the alias graph.
func (m *Model) Document() []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
  <edmx:DataServices>
    <Schema Namespace="microsoft.graph" Alias="graph" xmlns="http://docs.oasis-open.org/odata/ns/edm">
`)
	for _, kind := range []Kind{Enum, Entity, Complex} {
		for _, t := range m.Types {
			if t.Kind == kind {
				t.write(&b)
			}
		}
	}
	for _, op := range m.Operations {
		op.write(&b)
	}
	b.WriteString("      <EntityContainer Name=\"GraphService\">\n")
	for _, e := range m.Entries {
		if e.Singleton {
			fmt.Fprintf(&b, "        <Singleton Name=%q Type=\"microsoft.graph.%s\" />\n", e.Name, e.Type)
		} else {
			fmt.Fprintf(&b, "        <EntitySet Name=%q EntityType=\"microsoft.graph.%s\" />\n", e.Name, e.Type)
		}
	}
	b.WriteString("      </EntityContainer>\n")
	for _, a := range m.Annotations {
		a.write(&b)
	}
	b.WriteString("    </Schema>\n  </edmx:DataServices>\n</edmx:Edmx>\n")
	return []byte(b.String())
}

func (t *Type) write(b *strings.Builder) {
	if t.Kind == Enum {
		fmt.Fprintf(b, "      <EnumType Name=%q%s>\n", t.Name, flag("IsFlags", t.Flags))
		for _, m := range t.Members {
			fmt.Fprintf(b, "        <Member Name=%q Value=%q />\n", m.Name, m.Value)
		}
		b.WriteString("      </EnumType>\n")
		return
	}
	element := "EntityType"
	if t.Kind == Complex {
		element = "ComplexType"
	}
	fmt.Fprintf(b, "      <%s Name=%q", element, t.Name)
	if t.Base != nil {
		fmt.Fprintf(b, " BaseType=\"graph.%s\"", t.Base.Name)
	}
	fmt.Fprintf(b, "%s%s%s>\n", flag("Abstract", t.Abstract), flag("OpenType", t.Open), flag("HasStream", t.Stream))
	if t.Key != "" {
		fmt.Fprintf(b, "        <Key>\n          <PropertyRef Name=%q />\n        </Key>\n", t.Key)
	}
	for _, p := range t.Properties {
		word := "Property"
		if p.Navigation {
			word = "NavigationProperty"
		}
		fmt.Fprintf(b, "        <%s Name=%q Type=%q%s%s />\n", word, p.Name, p.EdmType(), notNull(p.Required), flag("ContainsTarget", p.Contained))
	}
	fmt.Fprintf(b, "      </%s>\n", element)
}

func flag(name string, set bool) string {
	if set {
		return " " + name + `="true"`
	}
	return ""
}

func notNull(required bool) string {
	if required {
		return ` Nullable="false"`
	}
	return ""
}

func (op *Operation) write(b *strings.Builder) {
	word := "Action"
	if op.Function {
		word = "Function"
	}
	fmt.Fprintf(b, "      <%s Name=%q IsBound=\"true\">\n", word, op.Name)
	fmt.Fprintf(b, "        <Parameter Name=\"bindingParameter\" Type=%q />\n", op.Binding.EdmType())
	for _, p := range op.Parameters {
		fmt.Fprintf(b, "        <Parameter Name=%q Type=%q%s />\n", p.Name, p.EdmType(), notNull(p.Required))
	}
	if op.Result != nil {
		fmt.Fprintf(b, "        <ReturnType Type=%q%s />\n", op.Result.EdmType(), notNull(op.Result.Required))
	}
	fmt.Fprintf(b, "      </%s>\n", word)
}

func (a *Annotation) write(b *strings.Builder) {
	fmt.Fprintf(b, "      <Annotations Target=\"microsoft.graph.%s\">\n", a.Target)
	for _, c := range a.Can {
		term := capabilities[c.Word]
		fmt.Fprintf(b, `        <Annotation Term="Org.OData.Capabilities.V1.%s">
          <Record>
            <PropertyValue Property=%q Bool="%v" />
          </Record>
        </Annotation>
`, term[0], term[1], c.Yes)
	}
	b.WriteString("      </Annotations>\n")
}
