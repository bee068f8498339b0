package house

// An importRule says what some packages may not import. A pattern is an import path, one that ends in "/..." with all below
// it, "std" for the standard library, or, with "./" in front, a folder of this module.
type importRule struct {
	from   []string // who is bound
	except []string // who is not, although from matches
	only   []string // nothing but these; empty: everything that deny does not name
	deny   []string
	allow  []string // although deny matches
	direct bool     // looks at the imports themselves, not at what they bring along
	tests  bool     // looks at the test files' own imports too
	why    string
}

// importRules is the layering of the repository. Connectors are also kept from one another, see Imports.
func importRules() []importRule {
	return []importRule{
		{from: []string{"./sdk/..."}, only: []string{"std", "./sdk/..."},
			why: "a connector author takes on what sdk imports: it imports the standard library only"},
		{from: []string{"./sdk/..."}, deny: []string{"./host/...", "./plugin/...", "./connectors/...", "./cmd/..."}, direct: true, tests: true,
			why: "sdk is the lowest layer, its tests included"},
		{from: []string{"./connectors/..."}, deny: []string{"./host/...", "./plugin/...", "./proto/...", "./cmd/...", "./testharness/...", "google.golang.org/grpc/...", "github.com/hashicorp/go-plugin/..."},
			why: "a connector knows sdk only: linked in and as a plugin it is the same code"},
		{from: []string{"./connectors/..."}, deny: []string{"./host/...", "./plugin/...", "./proto/...", "./cmd/..."}, direct: true, tests: true,
			why: "a connector is tested through testharness, which runs it in both transports"},
		{from: []string{"./..."}, except: []string{"./plugin/...", "./proto/..."}, deny: []string{"google.golang.org/grpc/...", "google.golang.org/protobuf/...", "github.com/hashicorp/go-plugin/...", "github.com/hashicorp/go-hclog/..."}, direct: true, tests: true,
			why: "only plugin knows about gRPC and go-plugin"},
		{from: []string{"./..."}, except: []string{"./plugin/...", "./proto/..."}, deny: []string{"./proto/..."}, direct: true, tests: true,
			why: "only plugin speaks the protocol"},
		{from: []string{"./..."}, except: []string{"./plugin/...", "./host", "./cmd/...", "./testharness/...", "./examples/..."}, deny: []string{"./plugin/..."}, direct: true, tests: true,
			why: "host wires plugins in, testharness runs them, programs serve them; nobody else can tell a plugin from a linked-in connector"},
		{from: []string{"./host/process/...", "./host/link/...", "./host/transform/..."}, deny: outside(), direct: true,
			why: "these packages are pure: what they decide depends on their arguments only, so that it can be tested by the million"},
		{from: []string{"./host/process/...", "./host/link/...", "./host/transform/..."},
			deny: []string{"./host", "./host/catalog/...", "./host/run/...", "./host/store/...", "./host/param/...", "./host/schedule/...", "./host/engine/...", "./host/api/...", "./plugin/...", "./connectors/...", "./cmd/..."},
			why:  "the pure packages know sdk and one another only"},
		{from: []string{"./host/run/...", "./host/catalog/..."}, deny: []string{"./host", "./host/store/...", "./host/api/...", "./plugin/...", "./connectors/...", "./cmd/...", "database/sql"},
			why: "storage and transport are handed in: the runner is the same over a linked-in connector and a plugin, on SQLite and PostgreSQL"},
		{from: []string{"./host/..."}, deny: []string{"./connectors/...", "./cmd/...", "./testharness/..."},
			why: "the host knows no system: which connectors there are is said in main"},
		{from: []string{"./plugin/..."}, deny: []string{"./host/...", "./connectors/...", "./cmd/...", "./testharness/..."},
			why: "plugin turns a connector into a program and back; it knows sdk and the protocol only"},
		{from: []string{"./testharness/graphsim/..."}, only: []string{"std", "./sdk/...", "./testharness/graphsim/..."},
			why: "other people's tests import the simulator: it brings nothing along"},
		{from: []string{"./testharness"}, deny: []string{"./host/...", "./connectors/...", "./cmd/..."},
			why: "connector authors import the harness: it knows sdk and plugin only"},
		{from: []string{"./sdk/...", "./plugin/...", "./connectors/...", "./host/...", "./cmd/...", "./testharness/graphsim/..."}, deny: []string{"testing", "./testharness"}, direct: true,
			why: "test code does not belong into a shipped program"},
		{from: []string{"./..."}, deny: []string{"./cmd/..."}, direct: true, tests: true,
			why: "a program is no library"},
		{from: []string{"./..."}, except: []string{"./internal/..."}, deny: []string{"./internal/house/...", "./internal/zonegen/..."}, direct: true, tests: true,
			why: "rules and generators are for those who build, not part of what is built"},
	}
}

// outside lists the packages through which a program meets the world outside. net/url, net/mail and net/netip only parse.
func outside() []string {
	return []string{"os/...", "io/ioutil", "net", "net/http/...", "net/rpc/...", "net/smtp", "database/sql/...", "syscall/...", "log", "plugin",
		"math/rand/...", "crypto/rand", "golang.org/x/sys/...", "modernc.org/...", "github.com/jackc/..."}
}
