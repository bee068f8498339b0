package transform

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/ext"

	"github.com/gleis-dev/gleis/host/process"
	"github.com/gleis-dev/gleis/sdk"
)

// The second filter is a condition in CEL (the Common Expression Language) over
// the variable record: the record after the rules. Its fields have the types of
// the schema, so that an unknown field or a comparison of a number with a text is
// an error when the process is compiled:
//
//	text, enum, uuid, date, time, local_time, duration, bytes, blob: string
//	bool: bool; int: int; decimal, float: double; instant: timestamp
//	object: an object with its fields; list: a list; json: dyn
//
// A field that is missing or null reads as the empty value of its type: false, 0,
// "", an empty list, an object of such fields. That is the rule CEL has for
// protocol buffers; !record.isCancelled is true where nothing says that the event
// is cancelled. An instant has no empty value: reading a missing one is an error
// of the record. has(record.field) tells whether there is a value. The functions
// of CEL's string extension are there too.
type where struct {
	text    string
	program cel.Program
	types   *celTypes // nil: nothing is known of the record, which is a map then
}

// maxCost bounds the evaluation of a condition for one record: some hundred
// thousand steps, a fraction of a second.
const maxCost = 1_000_000

// maxExpression bounds the text of a condition in characters.
const maxExpression = 16 << 10

// filter compiles the second filter; shape is that of the records after the rules.
func (c *compiler) filter(shape *process.Shape) {
	expr := c.process.Where
	if expr == "" {
		return
	}
	fail := func(hint string, err error) { c.fail(hint, err, "where") }
	w := &where{text: expr}
	options := []cel.EnvOption{ext.Strings(), cel.ParserExpressionSizeLimit(maxExpression)}
	if fields, known := shape.Fields(); known {
		t, err := newCELTypes(fields, shape.Open)
		if err != nil {
			fail("", err)
			return
		}
		w.types = t
		options = append(options, cel.CustomTypeProvider(t), cel.CustomTypeAdapter(t), cel.Variable("record", cel.ObjectType(recordType)))
	} else {
		options = append(options, cel.Variable("record", cel.MapType(cel.StringType, cel.DynType)))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		fail("", fmt.Errorf("condition: %w", err))
		return
	}
	ast, issues := env.Compile(expr)
	if issues.Err() != nil {
		for _, e := range issues.Errors() {
			fail(w.types.hint(e.Message), fmt.Errorf("column %d of the condition: %s", e.Location.Column()+1, e.Message))
		}
		return
	}
	if t := ast.OutputType(); !t.IsExactType(cel.BoolType) && !t.IsExactType(cel.DynType) {
		fail("write a comparison", fmt.Errorf("the condition yields %s, not true or false", t))
		return
	}
	if w.program, err = env.Program(ast, cel.CostLimit(maxCost), cel.InterruptCheckFrequency(100)); err != nil {
		fail("", fmt.Errorf("condition: %w", err))
		return
	}
	c.Program.where = w
}

// holds evaluates the condition for one record.
func (w *where) holds(ctx context.Context, s *scanner, root *node) (bool, error) {
	var record any = &celObject{node: root, scanner: s, types: w.types, typ: recordType}
	if w.types == nil {
		v, err := dynamic(root.value())
		if err != nil {
			return false, err
		}
		record = v
	}
	out, _, err := w.program.ContextEval(ctx, map[string]any{"record": record})
	if err != nil {
		kind := sdk.Invalid
		if ctx.Err() != nil {
			kind, err = sdk.KindOf(ctx.Err()), ctx.Err()
		}
		return false, &sdk.Error{Kind: kind, Code: "where", Err: fmt.Errorf("condition %s: %w", short(w.text), err)}
	}
	b, ok := out.(types.Bool)
	if !ok {
		return false, &sdk.Error{Kind: sdk.Invalid, Code: "where", Err: fmt.Errorf("condition %s yields %s, not true or false", short(w.text), out.Type().TypeName())}
	}
	return bool(b), nil
}

func short(s string) string {
	if r := []rune(s); len(r) > maxShown {
		return string(r[:maxShown]) + "…"
	}
	return s
}

// hint says which field was probably meant by an unknown one.
func (t *celTypes) hint(message string) string {
	if t == nil {
		return ""
	}
	_, rest, ok := strings.Cut(message, "undefined field '")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "'")
	if names, ok := t.missed[name]; ok {
		return process.Suggest(name, names)
	}
	return ""
}

var errNoInstant = errors.New("has no value: ask has(…) first")
