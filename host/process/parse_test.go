package process_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/txtar"

	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

var update = flag.Bool("update", false, "write the golden files anew")

const example = `connections:
  m365:
    connector: msgraph
    settings:
      tenant_id: contoso.example
      client_id: 5b0c…
      client_secret: ${env:M365_SECRET}
      user_selection: group
      group_name: Vertrieb
  crm:
    connector: sql
    settings: {dsn: "sqlite:crm.db"}
processes:
  events-to-crm:
    source: {connection: m365, object: event, step: event}
    target: {connection: crm, object: meetings}
    where: "!record.isCancelled"                       # second filter, CEL
    rules:
      - query: {connection: crm, object: people, filter: "email|:|#organizer.emailAddress.address#|;|", prefix: owner_}
      - html_to_text: {from: body.content, to: note}
    match: {fields: [graph_id], none: write, one: link_and_write, many: skip_with_warning}
    fields: {graph_id: id, title: subject, starts_at: start, owner: owner_id, note: note}
    conflict: source_wins
    on_error: repeat_differences
    schedule: {every: 5m}
  crm-to-events:                                      # the other direction: complementary by its links
    source: {connection: crm, object: meetings, changed_by: updated_at}
    target: {connection: m365, object: event, step: event}
    fields: {subject: title, start: starts_at, user: owner_email}
    conflict: merge
    schedule: {every: 5m}
`

func resolver(r process.Ref) (string, error) {
	switch r.String() {
	case "${env:M365_SECRET}":
		return "opensesame", nil
	case "${file:secrets/crm}":
		return "line\n", nil
	case "${env:EMPTY}":
		return "", nil
	case "${file:empty}":
		return "\n", nil
	case "${file:gone}":
		return "", fmt.Errorf("the file cannot be read: %w", fs.ErrNotExist)
	case "${file:open}":
		return "", errors.New("others may read the file (mode 0644): chmod 600 it")
	}
	return "", errors.New("is not set")
}

// specs are those of the golden files.
func specs() []sdk.Spec {
	return []sdk.Spec{
		{Name: "msgraph", Settings: []sdk.Setting{
			{Name: "tenant_id", Title: sdk.Text{EN: "Tenant"}, Required: true}, {Name: "client_id"}, {Name: "client_secret", Secret: true, Title: sdk.Text{EN: "Client secret"}},
			{Name: "user_selection", Type: sdk.SettingEnum, Choices: []sdk.Choice{{Value: "list"}, {Value: "group"}}}, {Name: "group_name"},
			{Name: "user_list", Type: sdk.SettingList}, {Name: "past_months", Type: sdk.SettingInt, Min: ptr(0), Max: ptr(1200)}, {Name: "public_client", Type: sdk.SettingBool},
		}, Steps: []sdk.StepSpec{
			{Name: "event", Object: "event", Source: true, Target: true},
			{Name: "task", Object: "todoTask", Source: true, Settings: []sdk.Setting{{Name: "list"}}},
		}},
		{Name: "sql", Settings: []sdk.Setting{{Name: "dsn", Secret: true, Required: true}}},
	}
}

func ptr(n int64) *int64 { return &n }

func schemas() map[string]*sdk.Schema {
	all := sdk.Allow{Read: true, Create: true, Update: true}
	text := func(name string) sdk.Field { return sdk.Field{Name: name, Type: sdk.TypeText} }
	return map[string]*sdk.Schema{
		"m365": {Objects: []sdk.Object{{Name: "event", Allow: all, Key: []string{"id"}, Fields: []sdk.Field{
			{Name: "id", Type: sdk.TypeText, ReadOnly: true}, text("subject"), text("user"), {Name: "isCancelled", Type: sdk.TypeBool},
			{Name: "start", Type: sdk.TypeObject, Fields: []sdk.Field{{Name: "dateTime", Type: sdk.TypeLocalTime, Zone: "timeZone", Required: true}, text("timeZone")}},
			{Name: "body", Type: sdk.TypeObject, Fields: []sdk.Field{text("content"), text("contentType")}},
			{Name: "organizer", Type: sdk.TypeObject, Fields: []sdk.Field{{Name: "emailAddress", Type: sdk.TypeObject, Fields: []sdk.Field{text("address"), text("name")}}}},
			{Name: "attendees", Type: sdk.TypeList, Item: &sdk.Field{Type: sdk.TypeObject, Fields: []sdk.Field{text("type")}}},
		}}}},
		"crm": {Objects: []sdk.Object{
			{Name: "meetings", Allow: all, Key: []string{"graph_id"}, Changed: "updated_at", Fields: []sdk.Field{text("graph_id"), {Name: "title", Type: sdk.TypeText, Required: true},
				{Name: "starts_at", Type: sdk.TypeInstant, Required: true}, text("owner"), text("owner_email"), text("note"), text("updated_at"), {Name: "version", Type: sdk.TypeInt, ReadOnly: true, Required: true}}},
			{Name: "log", Allow: sdk.Allow{Read: true}, Fields: []sdk.Field{text("line"), text("at")}},
			{Name: "people", Key: []string{"id"}, Allow: sdk.Allow{Read: true}, Fields: []sdk.Field{text("id"), text("email")}},
		}},
	}
}

func TestTheExampleLoads(t *testing.T) {
	t.Parallel()
	f, err := process.Parse("gleis.yaml", []byte(example), resolver)
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Join(f.Check(specs()), f.CheckSchemas(schemas())); err != nil {
		t.Fatal(err)
	}
	want := &process.Process{
		Name:   "events-to-crm",
		Source: process.Endpoint{Connection: "m365", Object: "event", Step: "event"},
		Target: process.Endpoint{Connection: "crm", Object: "meetings"},
		Where:  "!record.isCancelled",
		Rules: []process.Rule{
			{Kind: "query", Args: map[string]string{"connection": "crm", "object": "people", "filter": "email|:|#organizer.emailAddress.address#|;|", "prefix": "owner_"}},
			{Kind: "html_to_text", Args: map[string]string{"from": "body.content", "to": "note"}},
		},
		Match:    process.Match{Fields: []string{"graph_id"}, None: process.OutcomeWrite, One: process.OutcomeLinkAndWrite, Many: process.OutcomeWarn},
		Fields:   []process.Mapping{{Target: "graph_id", Source: "id"}, {Target: "title", Source: "subject"}, {Target: "starts_at", Source: "start"}, {Target: "owner", Source: "owner_id"}, {Target: "note", Source: "note"}},
		Conflict: process.SourceWins, OnError: process.RepeatDifferences, Every: 5 * time.Minute,
	}
	if d := cmp.Diff(want, f.Process("events-to-crm"), cmpopts.IgnoreTypes(process.Pos{}, process.Places{})); d != "" {
		t.Error(d)
	}
	other := f.Process("crm-to-events")
	if other.Source.ChangedBy != "updated_at" || other.Conflict != process.Merge || len(other.Match.Fields) != 0 {
		t.Errorf("crm-to-events is %+v", other)
	}
	if d := cmp.Diff([]process.Sibling{{Name: "crm-to-events", Reverse: true}}, process.Siblings(f, f.Process("events-to-crm"))); d != "" {
		t.Error(d)
	}
	if got, want := other.Places.At("source", "changed_by"), (process.Pos{File: "gleis.yaml", Line: 27, Column: 61}); got != want {
		t.Errorf("changed_by stands at %v, want %v", got, want)
	}
	settings, err := f.Connection("m365").Parse(specs()[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := settings.Secret("client_secret").Reveal(); got != "opensesame" {
		t.Errorf("the secret is %q", got)
	}
	if s := fmt.Sprintf("%v %+v %#v", f.Connection("m365"), *f.Connection("m365"), f.Connection("m365").Settings); strings.Contains(s, "opensesame") {
		t.Errorf("a secret prints: %s", s)
	}
}

// TestProblems compares, for each file of testdata, the messages with the golden
// ones. In the archives «BOM», «CRLF», «TAB» and «NUL» stand for what a text file does not show.
func TestProblems(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.NewReplacer("«BOM»", "\ufeff", "«CRLF»", "\r", "«TAB»", "\t", "«NUL»", "\x00", "«BAD»", "\xff").Replace(string(a.Files[0].Data))
			f, err := process.Parse("gleis.yaml", []byte(text), resolver)
			if f.Connections != nil {
				err = process.Join(err, f.Check(specs()), f.CheckSchemas(schemas()))
			}
			got := "fine\n"
			if err != nil {
				got = err.Error() + "\n"
				if sdk.KindOf(err) != sdk.Invalid {
					t.Errorf("the error is of kind %v", sdk.KindOf(err))
				}
			}
			if strings.Contains(got, "opensesame") {
				t.Errorf("a secret stands in the message: %s", got)
			}
			if *update {
				a.Files = []txtar.File{a.Files[0], {Name: "problems", Data: []byte(got)}}
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(a.Files) != 2 {
				t.Fatal("no golden messages: run go test -update")
			}
			if d := cmp.Diff(string(a.Files[1].Data), got); d != "" {
				t.Errorf("messages (-want +got):\n%s", d)
			}
		})
	}
}
