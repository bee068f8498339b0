package process_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/connectors/msgraph"
	"github.com/gleis-dev/gleis/connectors/sql"
	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/host/transform"
	"github.com/gleis-dev/gleis/sdk"
)

// page is the documentation of the configuration.
const page = "../../docs/configuration.md"

// around the blocks of the page that show a part of a process.
const aroundPart = `connections:
  m365: {connector: msgraph, settings: {tenant_id: contoso.example, client_id: x, client_secret: "${env:X}", group_name: Vertrieb}}
  crm: {connector: sql, settings: {dsn: "sqlite:crm.db"}}
processes:
  part:
`

// TestEveryBlockOfThePageIsAConfiguration keeps the page true.
func TestEveryBlockOfThePageIsAConfiguration(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	blocks := yamlBlocks(string(text))
	if len(blocks) < 10 {
		t.Fatalf("the page has %d blocks of YAML", len(blocks))
	}
	specs := []sdk.Spec{msgraph.Connector().Spec, sql.Connector().Spec}
	for line, block := range blocks {
		f, err := process.Parse(fmt.Sprintf("block at line %d", line), []byte(wholeFile(block)), func(process.Ref) (string, error) { return "opensesame", nil })
		if err = process.Join(err, f.Check(specs)); err != nil {
			t.Errorf("%v\n%s", err, wholeFile(block))
			continue
		}
		for _, p := range f.Processes {
			if _, err := transform.Compile(p, nil, nil); err != nil {
				t.Errorf("block at line %d: %v", line, err)
			}
		}
	}
}

// TestThePageNamesWhatThereIs finds rules, arguments and words that the page does not tell of.
func TestThePageNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	words := []string{
		string(process.SourceWins), string(process.TargetWins), string(process.Skip), string(process.Merge), string(process.RepeatDifferences), string(process.Ignore), string(process.Stop),
		string(process.OutcomeWrite), string(process.OutcomeLinkAndWrite), string(process.OutcomeLink), string(process.OutcomeSkip), string(process.OutcomeWarn), string(process.OutcomeFail),
	}
	for _, k := range process.Kinds() {
		words = append(words, k.Name)
		for _, a := range k.Args {
			words = append(words, a.Name)
		}
	}
	for _, w := range words {
		if !strings.Contains(string(text), "`"+w+"`") {
			t.Errorf("the page does not tell of `%s`", w)
		}
	}
}

// yamlBlocks returns the blocks of YAML by the line that they begin after.
func yamlBlocks(text string) map[int]string {
	blocks, begin := map[int]string{}, 0
	for i, line := range strings.Split(text, "\n") {
		switch {
		case line == "```yaml":
			begin = i + 1
		case line == "```":
			begin = 0
		case begin > 0:
			blocks[begin] += line + "\n"
		}
	}
	return blocks
}

// wholeFile completes a block that shows a part of a process.
func wholeFile(block string) string {
	if strings.HasPrefix(block, "connections:") {
		return block
	}
	has := func(key string) bool { return strings.Contains("\n"+block, "\n"+key+":") }
	for key, text := range map[string]string{
		"source": "{connection: m365, object: event, step: event}", "target": "{connection: crm, object: meetings}", "fields": "{graph_id: id}",
	} {
		if !has(key) {
			block += key + ": " + text + "\n"
		}
	}
	return aroundPart + "    " + strings.ReplaceAll(strings.TrimRight(block, "\n"), "\n", "\n    ") + "\n"
}
