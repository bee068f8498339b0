package wire

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// kinds is the one table of error kinds: sdk, wire, and the gRPC code that
// stands for it in the logs of other programs.
var kinds = [...]struct {
	kind sdk.Kind
	wire pb.Kind
	code codes.Code
}{
	{sdk.Internal, pb.Kind_KIND_INTERNAL, codes.Internal},
	{sdk.Invalid, pb.Kind_KIND_INVALID, codes.InvalidArgument},
	{sdk.Auth, pb.Kind_KIND_AUTH, codes.PermissionDenied},
	{sdk.ConsentNeeded, pb.Kind_KIND_CONSENT_NEEDED, codes.Unauthenticated},
	{sdk.NotFound, pb.Kind_KIND_NOT_FOUND, codes.NotFound},
	{sdk.Conflict, pb.Kind_KIND_CONFLICT, codes.Aborted},
	{sdk.Throttled, pb.Kind_KIND_THROTTLED, codes.ResourceExhausted},
	{sdk.Unavailable, pb.Kind_KIND_UNAVAILABLE, codes.Unavailable},
	{sdk.Unsupported, pb.Kind_KIND_UNSUPPORTED, codes.Unimplemented},
	{sdk.Cancelled, pb.Kind_KIND_CANCELLED, codes.Canceled},
	{sdk.Pending, pb.Kind_KIND_PENDING, codes.FailedPrecondition},
}

func kindToProto(k sdk.Kind) (pb.Kind, codes.Code) {
	for _, row := range kinds {
		if row.kind == k {
			return row.wire, row.code
		}
	}
	return pb.Kind_KIND_INTERNAL, codes.Internal
}

func kindFromProto(k pb.Kind) sdk.Kind {
	for _, row := range kinds {
		if row.wire == k {
			return row.kind
		}
	}
	return sdk.Internal
}

// farError is the cause of an error that came over the wire: its text, and for a
// call that was ended the identity of context.Canceled or DeadlineExceeded.
type farError struct {
	text string
	is   error
}

func (e *farError) Error() string { return e.text }
func (e *farError) Unwrap() error { return e.is }

// Status returns err as the error that a gRPC handler answers with. It returns
// nil for nil.
func Status(err error) error {
	if err == nil {
		return nil
	}
	e := ErrorToProto(err)
	_, code := kindToProto(kindFromProto(e.GetKind()))
	s, derr := status.New(code, Clean(err.Error(), maxText)).WithDetails(e)
	if derr != nil {
		return status.Error(codes.Internal, Clean(err.Error(), maxText))
	}
	return s.Err()
}

// FromStatus returns the error that the other end answered with. ok is false if
// err is a failure of the transport instead.
func FromStatus(err error) (_ error, ok bool) {
	s, is := status.FromError(err)
	if !is {
		return nil, false
	}
	for _, d := range s.Details() {
		if e, is := d.(*pb.Error); is {
			return ErrorFromProto(e), true
		}
	}
	return nil, false
}

// ErrorToProto returns err for the wire: its kind and all that an sdk.Error
// says, what wraps it as a part of the text, several joined errors as such. It
// returns nil for nil.
func ErrorToProto(err error) *pb.Error {
	if err == nil {
		return nil
	}
	var e *sdk.Error
	if direct, is := err.(*sdk.Error); is { //nolint:errorlint // an Error also unwraps to several: it must be told apart from a join
		e = direct
	} else if j, is := err.(interface{ Unwrap() []error }); is && len(j.Unwrap()) > 1 { //nolint:errorlint // only a join itself, not what wraps one
		return joinedToProto(j.Unwrap())
	} else {
		e = sdk.AsError(err)
	}
	kind, _ := kindToProto(e.Kind)
	p := &pb.Error{
		Kind: kind, Op: Clean(e.Op, maxText), Object: Clean(e.Object, maxText), Key: Clean(e.Key, maxText),
		Partition: Clean(e.Partition, maxText), Code: Clean(e.Code, maxText), Hint: textToProto(e.Hint),
		Message: Clean(causeText(err, e), maxText), DeadlinePassed: errors.Is(err, context.DeadlineExceeded),
	}
	if e.RetryAfter > 0 {
		p.RetryAfter = durationpb.New(e.RetryAfter)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Args)) {
		if p.Args == nil {
			p.Args = map[string]string{}
		}
		p.Args[Clean(name, maxText)] = Clean(e.Args[name], maxText)
		if len(p.Args) == maxJoined {
			break
		}
	}
	return p
}

func joinedToProto(errs []error) *pb.Error {
	p := &pb.Error{Kind: pb.Kind_KIND_INTERNAL}
	for i, err := range errs {
		if i == maxJoined {
			break
		}
		e := ErrorToProto(err)
		if len(e.GetJoined()) > 0 { // one level is enough: the text keeps the rest
			e = &pb.Error{Kind: e.GetKind(), Message: Clean(err.Error(), maxText)}
		}
		p.Joined = append(p.Joined, e)
	}
	if len(p.Joined) > 0 {
		p.Kind = p.Joined[0].Kind
	}
	return p
}

// causeText is the text of e's cause with what wraps e around it.
func causeText(err error, e *sdk.Error) string {
	cause := ""
	if e.Err != nil && e.Err != error(e.Kind) { //nolint:errorlint // a bare Kind says nothing more than itself
		cause = e.Err.Error()
	}
	whole, inner := err.Error(), e.Error()
	if whole == inner || whole == cause || whole == e.Kind.Error() {
		return cause
	}
	if before, after, ok := strings.Cut(whole, inner); ok {
		if cause == "" {
			return strings.TrimSuffix(before, ": ") + after
		}
		return before + cause + after
	}
	return whole
}

// ErrorFromProto is the inverse of ErrorToProto. It returns nil for nil, and an
// *sdk.Error, or a join of such, for everything else.
func ErrorFromProto(p *pb.Error) error {
	if p == nil {
		return nil
	}
	if js := p.GetJoined(); len(js) > 0 {
		var errs []error
		for _, j := range js[:min(len(js), maxJoined)] {
			if len(j.GetJoined()) == 0 {
				errs = append(errs, ErrorFromProto(j))
			}
		}
		return errors.Join(errs...)
	}
	e := &sdk.Error{
		Op: p.GetOp(), Object: p.GetObject(), Key: p.GetKey(), Partition: p.GetPartition(),
		Kind: kindFromProto(p.GetKind()), Code: p.GetCode(), Args: p.GetArgs(), Hint: textFromProto(p.GetHint()),
		RetryAfter: max(0, p.GetRetryAfter().AsDuration()),
	}
	text := Clean(p.GetMessage(), maxText)
	var is error
	switch {
	case p.GetDeadlinePassed():
		is = context.DeadlineExceeded
	case e.Kind == sdk.Cancelled:
		is = context.Canceled
	}
	if text == "" && is != nil {
		text = is.Error()
	}
	if text != "" {
		e.Err = &farError{text: text, is: is}
	}
	return e
}

// Ended returns the error of a call whose own context has ended: of kind
// Cancelled, or Unavailable for a passed deadline, and matching ctx.Err().
func Ended(ctx context.Context, op, object string) error {
	kind := sdk.Cancelled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		kind = sdk.Unavailable
	}
	return &sdk.Error{Op: op, Object: object, Kind: kind, Err: ctx.Err()}
}

// Clean returns s as valid UTF-8 of at most limit bytes.
func Clean(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit] + "…"
	}
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func textToProto(t sdk.Text) *pb.Text {
	if t == (sdk.Text{}) {
		return nil
	}
	return &pb.Text{En: Clean(t.EN, maxText), De: Clean(t.DE, maxText)}
}

func textFromProto(t *pb.Text) sdk.Text { return sdk.Text{EN: t.GetEn(), DE: t.GetDe()} }

func durationToProto(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}
