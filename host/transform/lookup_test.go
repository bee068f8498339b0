package transform_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/host/transform"
	"github.com/gleis-dev/gleis/sdk"
)

// directory answers look-ups by their notation or filter and keeps what it was
// asked, one list a call.
type directory struct {
	mu      sync.Mutex
	records map[string]string
	err     error
	asked   [][]transform.Lookup
}

func (d *directory) ask(_ context.Context, asked []transform.Lookup) []transform.Answer {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, asked)
	out := make([]transform.Answer, len(asked))
	for i, l := range asked {
		if data, ok := d.records[l.Notation+l.Filter]; ok {
			out[i].Data = []byte(data)
		}
		out[i].Err = d.err
	}
	return out
}

const byMail = `rules: [{query: {connection: crm, object: people, filter: "email|:|#m#|;|", prefix: owner_}}]
fields: {owner: owner_id, city: owner_address.city}`

func records(datas ...string) []sdk.Record {
	out := make([]sdk.Record, len(datas))
	for i, d := range datas {
		out[i] = sdk.Record{Key: fmt.Sprint("k", i), Data: []byte(d)}
	}
	return out
}

func shown(t *testing.T, results []transform.Result) []string {
	t.Helper()
	out := make([]string, len(results))
	for i, r := range results {
		out[i] = show(t, r)
	}
	return out
}

func TestQueriesAreAskedOncePerBatchAndQuestion(t *testing.T) {
	t.Parallel()
	d := &directory{records: map[string]string{"email|:|a@x|;|": `{"id":7,"address":{"city":"Ulm"}}`}}
	p := compile(t, byMail, nil, nil)
	recs := records(`{"m":"a@x"}`, `{"m":"b@x"}`, `{"m":"a@x"}`, `{"m":null}`, `{}`, `{"m":""}`)
	found, nothing := `{"city":"Ulm","owner":7}`, `{"city":null,"owner":null}`
	want := []string{found, nothing, found, nothing, nothing, nothing}
	for range 2 {
		if diff := cmp.Diff(want, shown(t, p.Batch(t.Context(), recs, d.ask))); diff != "" {
			t.Fatal(diff)
		}
	}
	asked := [][]transform.Lookup{{
		{Connection: "crm", Object: "people", Notation: "email|:|a@x|;|"},
		{Connection: "crm", Object: "people", Notation: "email|:|b@x|;|"},
	}}
	if diff := cmp.Diff(asked, d.asked); diff != "" {
		t.Error(diff)
	}
	p.Fresh().Batch(t.Context(), recs, d.ask)
	p.Trace(t.Context(), recs[0], d.ask)
	if len(d.asked) != 3 {
		t.Errorf("%d calls: Fresh and Trace do not use what was kept", len(d.asked))
	}
}

func TestQueryPlaceholders(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ filter, data, want string }{
		"two pairs, text around":        {`a|:|x-#m#-#n#|;|b|:|2|;|`, `{"m":"M","n":5.10}`, `a|:|x-M-5.10|;|b|:|2|;|`},
		"nested":                        {`a|:|#o.p#|;|`, `{"o":{"p":true}}`, `a|:|true|;|`},
		"a value with a separator":      {`a|:|#m#|;|`, `{"m":"x|;|b|:|y"}`, "a name or value holds a separator"},
		"a value that forms one":        {`a|:|#m#|;|`, `{"m":"x|"}`, `a|:|x||;|`},
		"a zero byte":                   {`a|:|#m#|;|`, `{"m":"\u0000"}`, "zero byte"},
		"an object":                     {`a|:|#m#|;|`, `{"m":{}}`, "#m# is an object, not a text"},
		"own syntax":                    {`name eq '#m#'`, `{"m":"O'Neil"}`, `name eq 'O''Neil'`},
		"own syntax, a number":          {`id = #m# and x = '##'`, `{"m":-5.1}`, `id = -5.1 and x = '#'`},
		"own syntax, words unquoted":    {`id = #m#`, `{"m":"1 or 1=1"}`, "stands outside quotes and is not one word"},
		"own syntax, a quote unquoted":  {`id = #m#`, `{"m":"'"}`, "stands outside quotes"},
		"own syntax, after a quoted":    {`a = '#m#' and b = #n#`, `{"m":"x y","n":"z"}`, `a = 'x y' and b = z`},
		"own syntax, doubled quotes":    {`a = 'it''s #m#'`, `{"m":"a'b"}`, `a = 'it''s a''b'`},
		"own syntax, a newline":         {`a = '#m#'`, `{"m":"a\nb"}`, "control character"},
		"own syntax, nothing to put in": {`a = '#m#'`, `{}`, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &directory{}
			p := compile(t, fmt.Sprintf("rules: [{query: {connection: crm, object: people, filter: %q, prefix: p_, fields: [id], order: name}}]\nfields: {x: p_id}", tc.filter), nil, nil)
			got := run(t, p, tc.data, d.ask)
			if strings.HasPrefix(got, "error: ") {
				if !strings.Contains(got, tc.want) || tc.want == "" || len(d.asked) > 0 || !strings.Contains(got, "rule 1 (query)") {
					t.Errorf("%s; asked %v", got, d.asked)
				}
				return
			}
			if tc.want == "" {
				if len(d.asked) != 0 || got != `{"x":null}` {
					t.Errorf("%s; asked %v", got, d.asked)
				}
				return
			}
			if len(d.asked) != 1 || d.asked[0][0].Notation+d.asked[0][0].Filter != tc.want || d.asked[0][0].Order != "name" || d.asked[0][0].Fields[0] != "id" {
				t.Errorf("asked %+v, want %s", d.asked, tc.want)
			}
		})
	}
}

func TestALookUpThatFailsFailsItsRecordsAndIsAskedAgain(t *testing.T) {
	t.Parallel()
	d := &directory{err: &sdk.Error{Kind: sdk.Unavailable, RetryAfter: 5, Err: fmt.Errorf("down")}}
	p := compile(t, byMail, nil, nil)
	for range 2 {
		res := p.Batch(t.Context(), records(`{"m":"a"}`, `{}`), d.ask)
		e := sdk.AsError(res[0].Err)
		if e == nil || e.Kind != sdk.Unavailable || e.RetryAfter != 5 || e.Code != "lookup" || e.Key != "k0" || !strings.Contains(e.Error(), "look-up in people of crm") || res[1].Err != nil {
			t.Errorf("%v, %v", res[0].Err, res[1].Err)
		}
	}
	if len(d.asked) != 2 {
		t.Errorf("asked %d times", len(d.asked))
	}
	for name, ask := range map[string]transform.Ask{
		"nobody":  nil,
		"too few": func(context.Context, []transform.Lookup) []transform.Answer { return nil },
		"not a record": func(context.Context, []transform.Lookup) []transform.Answer {
			return []transform.Answer{{Data: []byte("[]")}}
		},
		"broken": func(context.Context, []transform.Lookup) []transform.Answer {
			return []transform.Answer{{Data: []byte(`{"a":`)}}
		},
	} {
		if got := run(t, compile(t, byMail, nil, nil), `{"m":"a"}`, ask); !strings.HasPrefix(got, "error: ") || !strings.Contains(got, "rule 1 (query)") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestAFoundRecordCoversOnlyItsPrefix: fields of the source that begin with the
// prefix stay where nothing is found, and later rules see what was found.
func TestAFoundRecordCoversOnlyItsPrefix(t *testing.T) {
	t.Parallel()
	src := &sdk.Object{Name: "event", Fields: []sdk.Field{text("m"), text("owner_name")}}
	d := &directory{records: map[string]string{"email|:|a|;|": `{"id":"7","note":"<b>x</b>"}`, "id|:|7|;|": `{"team":"T"}`}}
	p := compile(t, `rules:
  - query: {connection: crm, object: people, filter: "email|:|#m#|;|", prefix: owner_}
  - html_to_text: {from: owner_note}
  - query: {connection: crm, object: teams, filter: "id|:|#owner_id#|;|", prefix: team_}
fields: {name: owner_name, id: owner_id, note: owner_note, team: team_team}`, src, nil)
	want := []string{
		`{"id":"7","name":"n","note":"x","team":"T"}`,
		`{"id":null,"name":"n","note":null,"team":null}`,
	}
	if diff := cmp.Diff(want, shown(t, p.Batch(t.Context(), records(`{"m":"a","owner_name":"n"}`, `{"m":"b","owner_name":"n"}`), d.ask))); diff != "" {
		t.Error(diff)
	}
	if len(d.asked) != 2 {
		t.Errorf("asked %d times for 2 rules", len(d.asked))
	}
}

func TestBatchesRunAtTheSameTime(t *testing.T) {
	t.Parallel()
	d := &directory{records: map[string]string{"email|:|a|;|": `{"id":7}`}}
	p := compile(t, byMail+"\nwhere: \"record.m == 'a'\"", &sdk.Object{Name: "event", Fields: []sdk.Field{text("m")}}, nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got := show(t, p.Batch(context.Background(), records(`{"m":"a"}`), d.ask)[0]); got != `{"owner":7}` {
					t.Errorf("got %s", got)
					return
				}
			}
		})
	}
	wg.Wait()
}
