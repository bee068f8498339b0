package process_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

func TestBlameFindsTheLineOfASetting(t *testing.T) {
	t.Parallel()
	f, err := process.Parse("gleis.yaml", []byte(`connections:
  crm:
    connector: sql
    settings:
      read_only: true
      dsn: "mysql:x"
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	about := func(setting, text string, kind sdk.Kind) *sdk.Error {
		return &sdk.Error{Op: "open", Kind: kind, Args: map[string]string{"setting": setting}, Hint: sdk.Text{EN: "do this"}, Err: errors.New(text)}
	}
	other := errors.New("the server does not answer")
	for name, c := range map[string]struct {
		err  error
		want process.Problems // nil: the error comes back as it is
	}{
		"with the name in the text": {
			err:  fmt.Errorf("connection crm: %w", about("dsn", `setting "dsn": it begins with neither`, sdk.Invalid)),
			want: process.Problems{{Pos: process.Pos{File: "gleis.yaml", Line: 6, Column: 12}, Key: "connections.crm.settings.dsn", Text: "it begins with neither", Hint: "do this"}},
		},
		"not in the text of the configuration": {
			err:  about("keys", "names no column", sdk.Invalid),
			want: process.Problems{{Pos: process.Pos{File: "gleis.yaml", Line: 4, Column: 5}, Key: "connections.crm.settings.keys", Text: "names no column", Hint: "do this"}},
		},
		"several at once": {
			err: errors.Join(about("dsn", "b", sdk.Invalid), about("read_only", "a", sdk.Invalid)),
			want: process.Problems{
				{Pos: process.Pos{File: "gleis.yaml", Line: 5, Column: 18}, Key: "connections.crm.settings.read_only", Text: "a", Hint: "do this"},
				{Pos: process.Pos{File: "gleis.yaml", Line: 6, Column: 12}, Key: "connections.crm.settings.dsn", Text: "b", Hint: "do this"},
			},
		},
		"of another kind":   {err: about("dsn", "the server is down", sdk.Unavailable)},
		"without a setting": {err: other},
		"nil":               {err: nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := f.Connection("crm").Blame(c.err)
			var ps process.Problems
			if !errors.As(got, &ps) {
				if c.want != nil || got != c.err { //nolint:errorlint // the very same error
					t.Fatalf("got %v", got)
				}
				return
			}
			if d := cmp.Diff(c.want, ps); d != "" {
				t.Error(d)
			}
		})
	}
}
