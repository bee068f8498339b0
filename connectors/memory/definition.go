package memory

import (
	"fmt"
	"slices"

	"github.com/gleis-dev/gleis/sdk"
)

// Object is a record type of a System. Its JSON form, in the setting "objects",
// has the names of the fields in lower case:
//
//	[{"name": "person", "key": ["id"], "idempotency": "intent", "at": "born",
//	  "partitions": [{"id": "a", "group": "a", "title": "A"}],
//	  "fields": [{"name": "id", "type": "text"}, {"name": "born", "type": "instant"}]}]
type Object struct {
	// Object describes it. Empty fields are completed: Key is the first field,
	// Allow is everything that applies. The field Changed, if there is one, is of
	// type text or int and is kept by the System: it holds the stamp.
	sdk.Object
	// Partitions are its parts; none: it has one, without a name.
	Partitions []sdk.Partition
	// At is the field whose text becomes Record.At; "": records are always within reach.
	At string
}

// Item returns the definition of a small object: a key "id" that is generated
// unless it is given, texts, a number, a flag, an instant for Record.At, a list
// and a blob. Creates are found again by their intent.
func Item() Object {
	return Object{At: "at", Object: sdk.Object{
		Name: "item", Title: sdk.Text{EN: "Item", DE: "Eintrag"},
		Key: []string{"id"}, Idempotency: sdk.ByIntent,
		Fields: []sdk.Field{
			{Name: "id", Type: sdk.TypeText, CreateOnly: true, Title: sdk.Text{EN: "Key", DE: "Schlüssel"}},
			{Name: "name", Type: sdk.TypeText, Required: true, MaxLength: 200, Title: sdk.Text{EN: "Name", DE: "Name"}},
			{Name: "note", Type: sdk.TypeText, Title: sdk.Text{EN: "Note", DE: "Notiz"}},
			{Name: "count", Type: sdk.TypeInt, Title: sdk.Text{EN: "Count", DE: "Anzahl"}},
			{Name: "done", Type: sdk.TypeBool, Title: sdk.Text{EN: "Done", DE: "Erledigt"}},
			{Name: "at", Type: sdk.TypeInstant, Title: sdk.Text{EN: "Time", DE: "Zeit"}},
			{Name: "tags", Type: sdk.TypeList, Item: &sdk.Field{Type: sdk.TypeText}, Title: sdk.Text{EN: "Tags", DE: "Stichworte"}},
			{Name: "file", Type: sdk.TypeBlob, Title: sdk.Text{EN: "File", DE: "Datei"}},
		},
	}}
}

// complete checks o and fills what is left empty.
func (o *Object) complete() error {
	if len(o.Fields) == 0 {
		return sdk.Errorf(sdk.Invalid, "objects", "object %q has no fields", o.Name)
	}
	if len(o.Key) == 0 {
		o.Key = []string{o.Fields[0].Name}
	}
	if o.Allow == (sdk.Allow{}) {
		o.Allow = sdk.Allow{Read: true, Create: true, Update: true, Delete: true, ByKey: true, ByChange: true}
	}
	o.Allow.Partitioned = len(o.Partitions) > 0
	s := sdk.Schema{Objects: []sdk.Object{o.Object}}
	if err := s.Validate(); err != nil {
		return err
	}
	if o.At != "" && o.Field(o.At) == nil {
		return sdk.Errorf(sdk.Invalid, "objects", "object %q: at names the field %q, which it does not have", o.Name, o.At)
	}
	if o.Changed != "" {
		i := slices.IndexFunc(o.Fields, func(f sdk.Field) bool { return f.Name == o.Changed })
		if i < 0 || o.Fields[i].Type != sdk.TypeInt && o.Fields[i].Type != sdk.TypeText {
			return sdk.Errorf(sdk.Invalid, "objects", "object %q: the change field %q is of type int or text", o.Name, o.Changed)
		}
		o.Fields = slices.Clone(o.Fields)
		o.Fields[i].ReadOnly = true
	}
	seen := map[string]bool{}
	for _, p := range o.Partitions {
		if p.ID == "" || seen[p.ID] {
			return sdk.Errorf(sdk.Invalid, "objects", "object %q: a partition without id, or %q twice", o.Name, p.ID)
		}
		seen[p.ID] = true
	}
	return nil
}

// partition checks that the object has a partition of that name.
func (o *Object) partition(id string) error {
	if len(o.Partitions) == 0 && id == "" || slices.ContainsFunc(o.Partitions, func(p sdk.Partition) bool { return p.ID == id }) {
		return nil
	}
	return &sdk.Error{
		Object: o.Name, Partition: id, Kind: sdk.NotFound, Code: "partition_unknown",
		Err: fmt.Errorf("there is no partition %q", id),
	}
}

// parseObjects reads the setting "objects".
func parseObjects(text string) ([]Object, error) {
	if text == "" {
		return []Object{Item()}, nil
	}
	var objects []Object
	if err := sdk.Decode([]byte(text), &objects); err != nil {
		return nil, &sdk.Error{
			Op: "open", Kind: sdk.Invalid, Code: "objects", Args: map[string]string{"setting": "objects"},
			Err:  fmt.Errorf("setting \"objects\": %w", err),
			Hint: sdk.Text{EN: "give a JSON array of objects with name and fields", DE: "ein JSON-Array von Objekten mit name und fields angeben"},
		}
	}
	return objects, nil
}
