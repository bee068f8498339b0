package sdk

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"time"
)

// Spec says what a connector is.
type Spec struct {
	Name      string // unique, lower case: "msgraph"
	Title     Text
	Version   string // semantic version
	Settings  []Setting
	Steps     []StepSpec
	Languages []string // query languages of QueryRequest.Text, e.g. "sql"
}

// StepSpec describes a specialised way of reading or writing.
type StepSpec struct {
	Name     string
	Title    Text
	Object   string
	Source   bool // can be the source of a process
	Target   bool // can be the target of a process
	Filter   bool // takes a source filter; delta steps do not
	Settings []Setting
}

// Env is what the host gives a connection. All fields are set.
type Env struct {
	Settings Settings // as configured, secrets opened
	Params   Params
	Locker   Locker // leases held by the host: one refresher over all processes
	Blobs    BlobOpener
	Log      *slog.Logger
	HTTP     http.RoundTripper
	Now      func() time.Time
	Rand     io.Reader
	Progress func(done, total int64, what string) // total 0: unknown
}

// Params are the stored values of a connection: tokens, positions. They are
// sealed at rest. Names are at most 512 bytes.
type Params interface {
	ParamReader
	// Put stores value if the stored version is still ifVersion (0: there must
	// be none) and is durable when it returns; otherwise the error is of kind
	// Conflict.
	Put(ctx context.Context, name string, value Secret, ifVersion int64) error
	// Delete removes a value; it is no error if there is none.
	Delete(ctx context.Context, name string) error
}

// ParamReader reads stored values.
type ParamReader interface {
	// Get returns a value and its version; the error kind NotFound if there is none.
	Get(ctx context.Context, name string) (Param, error)
	// List returns the names that begin with prefix, sorted, without values.
	List(ctx context.Context, prefix string) ([]ParamInfo, error)
}

// Param is a stored value and its version, which grows with every Put.
type Param struct {
	Value   Secret
	Version int64
}

// ParamInfo is a stored value's name and state.
type ParamInfo struct {
	Name    string
	Version int64
	Changed time.Time
}

// Locker hands out leases that are exclusive over all processes of a host.
type Locker interface {
	// Lock waits for the lease or for the end of ctx. release is called once.
	Lock(ctx context.Context, name string) (release func(), err error)
}

// Capability names one of the optional interfaces.
type Capability string

// The capabilities, one for each optional interface.
const (
	CanRead      Capability = "read"
	CanWrite     Capability = "write"
	CanQuery     Capability = "query"
	CanFind      Capability = "find"
	CanStep      Capability = "step"
	CanPartition Capability = "partition"
	CanPoll      Capability = "poll"
	CanCheck     Capability = "check"
	CanChoose    Capability = "choose"
	CanAuthorize Capability = "authorize"
	CanBlob      Capability = "blob"
)

// capabilities ties each capability to the interface that carries it. Nothing
// else in the project asks a Conn for its optional interfaces, except the bound
// calls in call.go.
var capabilities = [...]struct {
	name Capability
	has  func(Conn) bool
}{
	{CanRead, has[Reader]},
	{CanWrite, has[Writer]},
	{CanQuery, has[Querier]},
	{CanFind, has[Finder]},
	{CanStep, has[Stepper]},
	{CanPartition, has[Partitioner]},
	{CanPoll, has[Poller]},
	{CanCheck, has[Checker]},
	{CanChoose, has[Chooser]},
	{CanAuthorize, has[Authorizer]},
	{CanBlob, has[BlobOpener]},
}

func has[I any](c Conn) bool { _, ok := c.(I); return ok }

// Connector is a connector that can be opened, linked in or loaded from another
// program alike.
type Connector struct {
	Spec Spec
	Caps []Capability
	// Open makes a connection. It may reach the network, and its error is shown
	// to the designer. Open may be called several times at once.
	Open func(context.Context, Env) (Conn, error)
}

var nameRE = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// Define makes a Connector of a spec and an open function that returns a
// concrete type; the capabilities are those of the type. It panics if the spec
// is wrong, which is a programmer's error and shows at the first start.
func Define[C Conn](spec Spec, open func(context.Context, Env) (C, error)) Connector {
	var zero C
	if any(zero) == nil {
		panic(fmt.Sprintf("sdk.Define(%q): open must return a concrete pointer type, not an interface", spec.Name))
	}
	if err := spec.Validate(); err != nil {
		panic(fmt.Sprintf("sdk.Define(%q): %v", spec.Name, err))
	}
	x := Connector{Spec: spec, Open: func(ctx context.Context, env Env) (Conn, error) {
		c, err := open(ctx, env)
		if err != nil {
			return nil, err // not c: a nil C in a Conn is not a nil Conn
		}
		return c, nil
	}}
	for _, k := range capabilities {
		if k.has(zero) {
			x.Caps = append(x.Caps, k.name)
		}
	}
	return x
}

// Validate checks that a spec is consistent: names, settings, steps. Define does
// it by itself; a host does it with a spec that comes from another process.
func (s Spec) Validate() error {
	if !nameRE.MatchString(s.Name) {
		return fmt.Errorf("the name %q must be lower case letters, digits and _, at most 32", s.Name)
	}
	if err := validateDefs(s.Settings); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, st := range s.Steps {
		switch {
		case !nameRE.MatchString(st.Name) || seen[st.Name]:
			return fmt.Errorf("step %q: the name is empty, not lower case, or given twice", st.Name)
		case !st.Source && !st.Target:
			return fmt.Errorf("step %q is neither a source nor a target", st.Name)
		}
		seen[st.Name] = true
		if err := validateDefs(st.Settings); err != nil {
			return fmt.Errorf("step %q: %w", st.Name, err)
		}
	}
	return nil
}

// Step returns the step of that name.
func (s Spec) Step(name string) (StepSpec, bool) {
	for _, st := range s.Steps {
		if st.Name == name {
			return st, true
		}
	}
	return StepSpec{}, false
}
