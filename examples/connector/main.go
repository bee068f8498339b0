// Command connector is an example of a connector: it makes an integrable system
// of a folder of JSON files. Each file NAME.json holds one object; NAME is the key
// of its record.
//
// docs/connectors.md explains it piece by piece.
package main

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/gleis-dev/gleis/plugin"
	"github.com/gleis-dev/gleis/sdk"
)

func main() { plugin.Serve(connector()) }

// connector says what the connector is and how a connection is opened. What a
// connection can do follows from the methods of *folder.
func connector() sdk.Connector {
	least, most := int64(1), int64(sdk.MaxBatchRecords)
	return sdk.Define(sdk.Spec{
		Name: "jsonfolder", Title: sdk.Text{EN: "Folder of JSON files", DE: "Ordner mit JSON-Dateien"}, Version: "1.0.0",
		Settings: []sdk.Setting{
			{Name: "folder", Required: true, Title: sdk.Text{EN: "Folder", DE: "Ordner"}},
			{Name: "fields", Type: sdk.SettingList, Default: "name;note", ChangesSchema: true, Title: sdk.Text{EN: "Fields", DE: "Felder"}},
			{Name: "batch", Type: sdk.SettingInt, Default: "200", Min: &least, Max: &most, Title: sdk.Text{EN: "Records in a batch", DE: "Datensätze je Stapel"}},
		},
	}, open)
}

// folder is an open connection.
type folder struct {
	env  sdk.Env
	root *os.Root   // no key leads out of it
	mu   sync.Mutex // held while a file is compared and replaced
}

func open(_ context.Context, env sdk.Env) (*folder, error) {
	root, err := os.OpenRoot(env.Settings.Text("folder"))
	if err != nil {
		return nil, &sdk.Error{
			Op: "open", Kind: sdk.Invalid, Code: "folder_missing", Args: map[string]string{"setting": "folder"}, Err: err,
			Hint: sdk.Text{EN: "Name a folder that exists and that the host may read.", DE: "Nennen Sie einen Ordner, den es gibt und den der Host lesen darf."},
		}
	}
	return &folder{env: env, root: root}, nil
}

// Close implements sdk.Conn.
func (f *folder) Close() error { return f.root.Close() }

// Schema implements sdk.Conn.
func (f *folder) Schema(context.Context) (*sdk.Schema, error) {
	o := sdk.Object{
		Name: "document", Title: sdk.Text{EN: "Document", DE: "Dokument"}, Key: []string{"id"}, Idempotency: sdk.ByIntent,
		Allow:  sdk.Allow{Read: true, Create: true, Update: true, Delete: true, ByKey: true},
		Fields: []sdk.Field{{Name: "id", Type: sdk.TypeText, ReadOnly: true}},
	}
	for _, name := range f.env.Settings.List("fields") {
		o.Fields = append(o.Fields, sdk.Field{Name: name, Type: sdk.TypeJSON})
	}
	return &sdk.Schema{Objects: []sdk.Object{o}}, nil
}

// Check implements sdk.Checker.
func (f *folder) Check(context.Context) ([]sdk.Finding, error) {
	keys, err := f.keys()
	if err != nil {
		return nil, err
	}
	return []sdk.Finding{{Name: "folder_readable", Text: sdk.Text{
		EN: fmt.Sprintf("The folder holds %d documents.", len(keys)), DE: fmt.Sprintf("Der Ordner enthält %d Dokumente.", len(keys)),
	}}}, nil
}
