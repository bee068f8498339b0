package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gleis-dev/gleis/sdk"
)

// call names what is being done, for errors.
type call struct{ op, object, partition string }

// maxText bounds the text of an error that a connector makes, in bytes.
const maxText = 4 << 10

// guard is deferred around every call of a connector: a panic becomes an error of
// kind Internal that names the connector and the call, and an error becomes one
// whose text is fit to be shown.
func (c *Conn) guard(err *error, k call) {
	if p := recover(); p != nil {
		if h, ours := p.(hostPanic); ours {
			panic(h.value) // a defect of the host, passing through the connector
		}
		c.count.Panics.Add(1)
		c.log.Error("connector panicked", "connection", c.name, "connector", c.spec.Name, "call", k.op, "object", k.object, "panic", p, "stack", string(debug.Stack()))
		*err = &sdk.Error{
			Op: k.op, Object: k.object, Partition: k.partition, Kind: sdk.Internal, Code: "panic",
			Err: fmt.Errorf("connector %s panicked: %v", c.spec.Name, show(fmt.Sprint(p))),
		}
		return
	}
	if *err != nil {
		c.count.Errors.Add(1)
		*err = k.describe(*err)
	}
}

// hostPanic carries a panic of the host's own emit through a connector.
type hostPanic struct{ value any }

// describe makes err an *sdk.Error with a known kind and a printable text that
// names the call. Causes stay recognisable for errors.Is.
func (k call) describe(err error) error {
	var e *sdk.Error
	isError := errors.As(err, &e)
	if isError && e.Op != "" && e.Kind <= sdk.Pending && printable(err.Error()) {
		return err
	}
	out := *sdk.AsError(err)
	if isError && err != error(e) {
		out.Err = err // with what was wrapped around it
	}
	if !printable(err.Error()) {
		text := out.Kind.Error()
		if out.Err != nil {
			text = out.Err.Error()
		}
		out.Err = &shown{text: show(text), err: err}
		out.Op, out.Object, out.Key, out.Partition, out.Code = show(out.Op), show(out.Object), show(out.Key), show(out.Partition), show(out.Code)
		out.Hint = showText(out.Hint)
	}
	if out.Kind > sdk.Pending {
		out.Kind = sdk.Internal
	}
	out.Op, out.Object, out.Partition = cmp.Or(out.Op, k.op), cmp.Or(out.Object, k.object), cmp.Or(out.Partition, k.partition)
	return &out
}

// printable reports whether a text shows as it is: valid, of bounded length,
// without control characters, which could steer a terminal.
func printable(s string) bool {
	return len(s) <= maxText && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' })
}

func show(s string) string {
	if printable(s) {
		return s
	}
	if len(s) > maxText {
		s = s[:maxText] + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// shown is an error with another text.
type shown struct {
	text string
	err  error
}

func (s *shown) Error() string { return s.text }
func (s *shown) Unwrap() error { return s.err }

// broken returns the error of a connector that does not keep the contract.
func (c *Conn) broken(k call, format string, args ...any) error {
	return &sdk.Error{
		Op: k.op, Object: k.object, Partition: k.partition, Kind: sdk.Internal, Code: "contract",
		Err: fmt.Errorf("connector %s %s", c.spec.Name, fmt.Sprintf(format, args...)),
	}
}

// ready refuses a call that the connector cannot answer or that comes too late.
func (c *Conn) ready(ctx context.Context, k call, can sdk.Capability) error {
	if err := ctx.Err(); err != nil {
		return &sdk.Error{Op: k.op, Object: k.object, Partition: k.partition, Kind: sdk.KindOf(err), Err: err}
	}
	if c.closed.Load() {
		return &sdk.Error{Op: k.op, Object: k.object, Partition: k.partition, Kind: sdk.Unavailable, Code: "closed", Err: fmt.Errorf("connection %s is closed", c.name)}
	}
	if can != "" && !c.Can(can) {
		return &sdk.Error{Op: k.op, Object: k.object, Kind: sdk.Unsupported, Code: "not_supported", Args: map[string]string{"connector": c.spec.Name, "capability": string(can)}}
	}
	return nil
}
