package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	msgraph "github.com/microsoftgraph/msgraph-sdk-go"
)

// A part is one of the numbered subjects of the proof.
type part struct {
	number int
	title  string
	run    func(context.Context, *proof)
}

// inTurn makes one part of several.
func inTurn(steps ...func(context.Context, *proof)) func(context.Context, *proof) {
	return func(ctx context.Context, p *proof) {
		for _, step := range steps {
			step(ctx, p)
		}
	}
}

// row is one call through the library and what came of it.
type row struct {
	part            int
	what, want, got string
	measured        string // a figure beside the answer, another one each time
}

// proof carries out calls and keeps what came of them.
type proof struct {
	program string // the command gleis
	sim     *simulator
	part    int
	rows    []row
	now     time.Time // when the run began, whole seconds

	app    *msgraph.GraphServiceClient // with the application's permissions
	people []string                    // addresses of users with a mailbox
}

// call carries out one call. do says in a few words what came back; an error counts as the words of [describe].
func (p *proof) call(what, want string, do func() (string, error)) {
	got, err := do()
	if err != nil {
		got = describe(err)
	}
	p.rows = append(p.rows, row{part: p.part, what: what, want: want, got: got})
}

// measured puts a figure beside the answer of the last call.
func (p *proof) measured(figure string) { p.rows[len(p.rows)-1].measured = figure }

// failed lists the rows that came otherwise than expected.
func (p *proof) failed() []row {
	var out []row
	for _, r := range p.rows {
		if r.got != r.want {
			out = append(out, r)
		}
	}
	return out
}

// counts returns the number of calls of each part.
func (p *proof) counts() map[int]int {
	out := map[int]int{}
	for _, r := range p.rows {
		out[r.part]++
	}
	return out
}

// table writes all rows as Markdown. The column of what came repeats what was expected unless it differs, in bold.
func (p *proof) table(w io.Writer) {
	fmt.Fprintf(w, "%d calls, %d otherwise than expected. By part: ", len(p.rows), len(p.failed()))
	counts, comma := p.counts(), ""
	for _, part := range parts() {
		fmt.Fprintf(w, "%s%d %s %d", comma, part.number, part.title, counts[part.number])
		comma = "; "
	}
	fmt.Fprint(w, ".\n\n| part | call through the library | answer |\n| --- | --- | --- |\n")
	for _, r := range p.rows {
		got := r.got
		if got != r.want {
			got = fmt.Sprintf("**%s**, expected: %s", got, r.want)
		}
		if r.measured != "" {
			got += " (" + r.measured + ")"
		}
		fmt.Fprintf(w, "| %d | %s | %s |\n", r.part, cell(r.what), cell(got))
	}
}

func cell(s string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ").Replace(s)
}
