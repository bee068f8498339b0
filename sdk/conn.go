package sdk

import (
	"context"
	"io"
	"time"
)

// Conn is an open connection: the least a connector provides. It is used from
// several goroutines at a time.
type Conn interface {
	// Schema describes the objects of the system. It may be called often and
	// may be cached by the connector; the result is not changed by the caller.
	Schema(ctx context.Context) (*Schema, error)
	// Close ends the connection. Calls that are under way fail.
	Close() error
}

// Reader reads the records of an object.
type Reader interface {
	// Read emits batches until the round is done or ctx ends. With Keys it
	// answers each of them once, by a record (Op Delete where the connector
	// confirmed the deletion, Missing where it could not) or by a Failure, and
	// neither uses nor returns a cursor.
	Read(ctx context.Context, req ReadRequest, emit Emit) error
}

// Writer creates, updates and deletes records.
type Writer interface {
	// Write carries out the records in order and returns one Result per record
	// in the same order. An error of its own means that the outcome of every
	// record is unknown. A record without Key and with Op Upsert is created.
	// Data holds only the fields to be set: missing means unchanged, null means
	// cleared, "" means empty; a list is always complete.
	Write(ctx context.Context, req WriteRequest) ([]Result, error)
}

// Querier answers look-ups.
type Querier interface {
	// Query emits the hits. A query has no cursor.
	Query(ctx context.Context, req QueryRequest, emit Emit) error
}

// Finder finds records by content or by the intent they were created with.
type Finder interface {
	// Find returns the matches of each record, by index; a record without a
	// match has none. At most Limit matches are returned for a record.
	Find(ctx context.Context, req FindRequest) ([]Match, error)
}

// Stepper runs the specialised ways of reading and writing that Spec.Steps lists.
type Stepper interface {
	// RunStep behaves as Read or as Write, whichever the request holds.
	RunStep(ctx context.Context, req StepRequest, emit Emit) ([]Result, error)
}

// Partitioner lists the parts of an object that are read on their own.
type Partitioner interface {
	// Partitions resolves the selection of the connection anew.
	Partitions(ctx context.Context, req PartitionRequest) (PartitionList, error)
}

// Poller asks many partitions at once whether there is anything to read.
type Poller interface {
	// Poll returns one result per item, in order.
	Poll(ctx context.Context, req PollRequest) ([]PollResult, error)
}

// Checker examines a connection: settings, sign-in, permissions.
type Checker interface {
	// Check returns what it found, good and bad. An error means that the check
	// itself could not be made.
	Check(ctx context.Context) ([]Finding, error)
}

// Chooser lists values to choose from.
type Chooser interface {
	// Choices returns the choices of a setting or field.
	Choices(ctx context.Context, req ChoiceRequest) ([]Choice, error)
}

// Authorizer carries a user's or an administrator's consent. A connection opens
// without a consent and sends nothing then.
type Authorizer interface {
	// Authorize begins a sign-in. State, challenge and nonce are made by the host.
	Authorize(ctx context.Context, req AuthorizeRequest) (Authorization, error)
	// Redeem turns a code into a consent; the error kind Pending means that the
	// user has not finished a device sign-in yet.
	Redeem(ctx context.Context, req RedeemRequest) (Consent, error)
}

// BlobOpener serves the content of blob fields.
type BlobOpener interface {
	// OpenBlob opens the content that ref, the value of a blob field, stands for.
	// The caller closes it.
	OpenBlob(ctx context.Context, ref string) (io.ReadCloser, error)
}

// ReadRequest says what to read.
type ReadRequest struct {
	Object    string
	Partition string   // "" where the object has none
	Scope     []byte   // PartitionList.Scope of the run
	Keys      []string // exactly these; Cursor, Since and Filter do not apply
	Since     string   // change mark to start from when Cursor is empty
	Cursor    []byte   // position to go on from, as a batch carried it; nil: from the start
	Filter    string   // in the system's own syntax, passed on untouched
	Fields    []string // nil: all; empty: key and stamp only
	Order     string   // in the system's own syntax
	Limit     int      // at most so many records; 0: no limit
}

// WriteRequest says what to write.
type WriteRequest struct {
	Object  string
	Scope   []byte // PartitionList.Scope of the run, where the target has one
	Records []Record
	DryRun  bool // validate and count Notifies, without an outside effect
	Quiet   bool // refuse what would mail people
}

// StepRequest runs the step named Step. Exactly one of Read and Write is set.
type StepRequest struct {
	Step     string
	Settings Settings // values of the step's own settings
	Read     *ReadRequest
	Write    *WriteRequest
}

// QueryRequest is a look-up: by field notation or by a filter of the object, or
// by a text in one of Spec.Languages.
type QueryRequest struct {
	Object     string
	Notation   string // field notation: id|:|ABC|;|
	Filter     string // the object's own filter syntax
	Order      string
	Fields     []string // nil: all
	Limit      int      // 0: no limit
	Language   string   // one of Spec.Languages, with Text
	Text       string
	Args       map[string]string // named parameters of Text, bound, never pasted in
	SchemaOnly bool              // emit nothing but one empty record that shows the fields
}

// FindRequest asks which existing records match. A record with an Intent matches
// what was created with that intent; otherwise all fields of its Data must be
// equal.
type FindRequest struct {
	Object  string
	Scope   []byte
	Records []Record
	Filter  string    // narrows the search, in the system's own syntax
	Since   time.Time // only records made at or after; zero: any
	Limit   int       // matches per record; 0: 2, enough to tell one from many
}

// Match is an existing record that matches FindRequest.Records[Index].
type Match struct {
	Index                 int
	Key, Stamp, Partition string
	Data                  []byte // the record, if the system sent it
}

// PartitionRequest asks for the partitions of an object, as read by a step.
type PartitionRequest struct {
	Object string
	Step   string // "" without a step
}

// Partition is a part of an object with its own cursor.
type Partition struct {
	ID    string // has its own cursor: mailbox, mailbox + calendar, list or folder
	Group string // carries budget and lease: the mailbox
	Title string // shown to people
}

// PartitionList is the resolved selection of one run.
type PartitionList struct {
	Partitions []Partition
	Scope      []byte    // opaque, the same for the whole run: the selection with all its addresses
	Failed     []Failure // members of the selection that could not be resolved, named in Partition
}

// PollRequest asks whether partitions have changed since their cursors.
type PollRequest struct {
	Object, Step string
	Scope        []byte
	Items        []PollItem
}

// PollItem is a partition and the cursor of its last finished round.
type PollItem struct {
	Partition string
	Cursor    []byte
}

// PollResult answers one PollItem.
type PollResult struct {
	Partition string
	Changed   bool   // there is something to read, or it cannot be told: start a run of the partition
	Cursor    []byte // with Changed false: a newer cursor to keep instead; nil: keep the old
	Err       error  // the partition could not be asked; it is run as usual
}

// Level grades a Finding.
type Level uint8

const (
	OK      Level = iota // as it should be
	Warning              // works, but wants attention
	Failed               // does not work
)

// Finding is one result of a check.
type Finding struct {
	Level Level
	Name  string // stable, snake_case
	Text  Text   // what was found
	Hint  Text   // what to do
}

// ChoiceRequest asks for the choices of a setting, or of a field of an object.
type ChoiceRequest struct {
	Setting, Object, Field string
	Search                 string // what the user has typed; "" lists from the start
	Limit                  int
}

// Choice is one value to choose.
type Choice struct {
	Value string
	Title Text
}

// AuthorizeRequest begins a consent. Flow is "code", "device" or "admin".
type AuthorizeRequest struct {
	Flow        string
	RedirectURI string
	State       string // compared by the host
	Challenge   string // PKCE S256 challenge
	Nonce       string
	LoginHint   string
}

// Authorization is where the user goes to consent.
type Authorization struct {
	URL      string
	UserCode string // device flow: what the user types in
	Device   Secret // device flow: what Redeem is given
	Expires  time.Time
	Interval time.Duration // device flow: between two calls of Redeem
}

// RedeemRequest turns a code into a consent.
type RedeemRequest struct {
	Code        Secret // authorisation code, or the device code
	Device      bool
	RedirectURI string
	Verifier    Secret // PKCE verifier
	Nonce       string
}

// Consent is a user's grant: whose it is and the token that carries it.
type Consent struct {
	Tenant, Subject string // identity as the issuer states it
	User            string // address for people
	Scopes          []string
	Expires         time.Time // zero: unknown
	Token           Secret
}
