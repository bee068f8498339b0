package msgraph

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/sdk"
)

func TestSchemaOfTheRealDocument(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("GLEIS_GRAPH_DATA")
	if dir == "" {
		t.Skip("SKIPPED: the schema is not tested against Microsoft's own $metadata; set GLEIS_GRAPH_DATA to the folder with graph-metadata-v1.0.xml")
	}
	f, err := os.Open(filepath.Join(dir, "graph-metadata-v1.0.xml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	types, err := parseMetadata(f, vettedTypes())
	if err != nil {
		t.Fatal(err)
	}
	for name := range vettedTypes() {
		if types[name] == nil {
			t.Errorf("the document has no type %s", name)
		}
	}
	s, err := schemaOf(types)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vettedObjects() {
		o := s.Object(v.object)
		for _, name := range slices.Concat(v.fields, v.readOnly, v.createOnly, v.required, []string{"user", "isDeleted"}) {
			if o.Field(name) == nil {
				t.Errorf("%s has no field %s", v.object, name)
			}
		}
		var json func(path string, fields []sdk.Field)
		json = func(path string, fields []sdk.Field) {
			for _, f := range fields {
				if f.Type == sdk.TypeJSON {
					t.Errorf("%s.%s has no type of its own", path, f.Name)
				}
				if f.Item != nil {
					json(path+"."+f.Name, []sdk.Field{*f.Item})
				}
				json(path+"."+f.Name, f.Fields)
			}
		}
		json(v.object, o.Fields)
	}
	checkSchema(t, s)
}

// checkSchema checks what the connector promises of its objects, whatever document they come from.
func checkSchema(t *testing.T, s *sdk.Schema) {
	t.Helper()
	for path, want := range map[string]sdk.Type{
		"event.id": sdk.TypeText, "event.start.dateTime": sdk.TypeLocalTime, "event.attendees": sdk.TypeList, "event.attendees.emailAddress.address": sdk.TypeText, "event.showAs": sdk.TypeEnum,
		"event.isAllDay": sdk.TypeBool, "event.recurrence.range.endDate": sdk.TypeDate, "event.lastModifiedDateTime": sdk.TypeInstant, "event.isExternalOrganizer": sdk.TypeBool, "task.status": sdk.TypeEnum,
		"task.dueDateTime.dateTime": sdk.TypeLocalTime, "contact.emailAddresses.address": sdk.TypeText, "contact.birthday": sdk.TypeInstant, "contact.homeAddress.city": sdk.TypeText,
	} {
		object, field, _ := strings.Cut(path, ".")
		f := s.Object(object).Field(field)
		if f == nil || f.Type != want {
			t.Errorf("%s: got %+v, want type %s", path, f, want)
		}
	}
	e := s.Object("event")
	if !e.Field("changeKey").ReadOnly || e.Field("subject").ReadOnly || !e.Field("start").Required || !e.Field("user").CreateOnly || e.Changed != "lastModifiedDateTime" || e.Key[0] != "id" {
		t.Errorf("%+v", e)
	}
	if c := s.Object("task").Field("status").Choices; len(c) != 5 || c[0].Value != "notStarted" {
		t.Errorf("task.status: %v", c)
	}
}

func document(inner string) string {
	return `<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices><Schema Namespace="microsoft.graph" Alias="graph" xmlns="http://docs.oasis-open.org/odata/ns/edm">` +
		inner + `</Schema></edmx:DataServices></edmx:Edmx>`
}

func TestBadMetadataIsRefusedWithItsPosition(t *testing.T) {
	t.Parallel()
	good := `<EntityType Name="event"><Property Name="subject" Type="Edm.String"/></EntityType>`
	for name, c := range map[string]struct {
		doc, want string
	}{
		"good":               {document(good), ""},
		"empty":              {"", "unexpected EOF"},
		"truncated":          {document(good)[:300], "unexpected EOF"},
		"no XML":             {`{"error":{}}`, "unexpected EOF"},
		"HTML":               {"<html><body><p>Sign in</body></html>", "ends nothing"},
		"entity expansion":   {`<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa">]>` + document("&a;"), "entity"},
		"external entity":    {`<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + document("&x;"), "entity"},
		"too deep":           {document(strings.Repeat("<a>", 100)), "levels"},
		"long attribute":     {document(`<EntityType Name="` + strings.Repeat("x", 70<<10) + `"/>`), "longer than"},
		"long text":          {document(strings.Repeat("x", 70<<10)), "longer than"},
		"long comment":       {document("<!--" + strings.Repeat("x", 70<<10) + "-->"), "longer than"},
		"doubled type":       {document(good + good), "twice"},
		"nameless property":  {document(`<EntityType Name="event"><Property Type="Edm.String"/></EntityType>`), "without name"},
		"crossed ends":       {document("<a><b></a></b>"), "ends nothing"},
		"another version":    {strings.Replace(document(good), `Version="4.0"`, `Version="2.0"`, 1), "version"},
		"UTF-16":             {"\xff\xfe<\x00a\x00/\x00>\x00", "$metadata"},
		"a million elements": {document(strings.Repeat("<a/>", 1_000_001)), "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parseMetadata(strings.NewReader(c.doc), vettedTypes())
			if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "byte ")) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
		})
	}
	endless := io.MultiReader(strings.NewReader("<a>"), repeated("<b></b>"))
	if _, err := parseMetadata(endless, nil); err == nil {
		t.Error("a document without end is read to its end")
	}
	circle := csdl{"a": {base: "b"}, "b": {base: "a"}}
	if _, ok := circle.property("a", "x"); ok || len(circle.properties("a")) != 0 {
		t.Error("a circle of bases")
	}
	self := csdl{"a": {properties: []csdlProperty{{"a", "graph.a"}}}}
	if f := self.field("f", "graph.a", 0); fmt.Sprint(f.Type) != "object" {
		t.Error("a type within itself")
	}
}

// repeated is a text without end.
type repeated string

func (r repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r[i%len(r)]
	}
	return len(p) / len(r) * len(r), nil
}

func FuzzMetadata(f *testing.F) {
	f.Add(document(`<EntityType Name="event" BaseType="graph.event"><Key><PropertyRef Name="id"/></Key><Property Name="x" Type="Collection(graph.event)"/></EntityType>`))
	f.Fuzz(func(t *testing.T, doc string) {
		types, err := parseMetadata(strings.NewReader(doc), vettedTypes())
		if err == nil {
			_, _ = schemaOf(types)
		}
	})
}
