package wire

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

func fieldsToProto(names []string) *pb.FieldSelection {
	if names == nil {
		return nil
	}
	return &pb.FieldSelection{Names: names}
}

func fieldsFromProto(p *pb.FieldSelection) []string {
	if p == nil {
		return nil
	}
	if len(p.GetNames()) == 0 {
		return []string{} // key and stamp only, not all
	}
	return p.GetNames()
}

// TimeToProto returns t for the wire, nil for the zero time.
func TimeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// TimeFromProto is the inverse of TimeToProto. What is not a time is zero.
func TimeFromProto(p *timestamppb.Timestamp) time.Time {
	if p == nil || p.CheckValid() != nil {
		return time.Time{}
	}
	return p.AsTime()
}

// ReadCallToProto returns r for the wire.
func ReadCallToProto(connection string, r sdk.ReadRequest) *pb.ReadCall {
	return &pb.ReadCall{
		Connection: connection, Object: r.Object, Partition: r.Partition, Scope: r.Scope, Keys: r.Keys, Since: r.Since,
		Cursor: r.Cursor, Filter: r.Filter, Fields: fieldsToProto(r.Fields), Order: r.Order, Limit: int64(r.Limit),
	}
}

// ReadCallFromProto is the inverse of ReadCallToProto.
func ReadCallFromProto(p *pb.ReadCall) sdk.ReadRequest {
	return sdk.ReadRequest{
		Object: p.GetObject(), Partition: p.GetPartition(), Scope: p.Scope, Keys: p.GetKeys(), Since: p.GetSince(),
		Cursor: p.Cursor, Filter: p.GetFilter(), Fields: fieldsFromProto(p.GetFields()), Order: p.GetOrder(), Limit: int(p.GetLimit()),
	}
}

// WriteCallToProto returns r without its records for the wire.
func WriteCallToProto(connection string, r sdk.WriteRequest) *pb.WriteCall {
	return &pb.WriteCall{Connection: connection, Object: r.Object, Scope: r.Scope, DryRun: r.DryRun, Quiet: r.Quiet}
}

// WriteCallFromProto is the inverse of WriteCallToProto.
func WriteCallFromProto(p *pb.WriteCall) sdk.WriteRequest {
	return sdk.WriteRequest{Object: p.GetObject(), Scope: p.Scope, DryRun: p.GetDryRun(), Quiet: p.GetQuiet()}
}

// QueryCallToProto returns r for the wire.
func QueryCallToProto(connection string, r sdk.QueryRequest) *pb.QueryCall {
	return &pb.QueryCall{
		Connection: connection, Object: r.Object, Notation: r.Notation, Filter: r.Filter, Order: r.Order, Fields: fieldsToProto(r.Fields),
		Limit: int64(r.Limit), Language: r.Language, Text: r.Text, Args: r.Args, SchemaOnly: r.SchemaOnly,
	}
}

// QueryCallFromProto is the inverse of QueryCallToProto.
func QueryCallFromProto(p *pb.QueryCall) sdk.QueryRequest {
	return sdk.QueryRequest{
		Object: p.GetObject(), Notation: p.GetNotation(), Filter: p.GetFilter(), Order: p.GetOrder(), Fields: fieldsFromProto(p.GetFields()),
		Limit: int(p.GetLimit()), Language: p.GetLanguage(), Text: p.GetText(), Args: p.GetArgs(), SchemaOnly: p.GetSchemaOnly(),
	}
}

// FindCallToProto returns r without its records for the wire.
func FindCallToProto(connection string, r sdk.FindRequest) *pb.FindCall {
	return &pb.FindCall{Connection: connection, Object: r.Object, Scope: r.Scope, Filter: r.Filter, Since: TimeToProto(r.Since), Limit: int64(r.Limit)}
}

// FindCallFromProto is the inverse of FindCallToProto.
func FindCallFromProto(p *pb.FindCall) sdk.FindRequest {
	return sdk.FindRequest{Object: p.GetObject(), Scope: p.Scope, Filter: p.GetFilter(), Since: TimeFromProto(p.GetSince()), Limit: int(p.GetLimit())}
}

// MatchToProto returns m for the wire, without data that is too large.
func MatchToProto(m sdk.Match) *pb.Match {
	p := &pb.Match{Index: int64(m.Index), Key: m.Key, Stamp: m.Stamp, Partition: m.Partition, Data: m.Data}
	if len(p.Data) > sdk.MaxRecord {
		p.Data = nil
	}
	return p
}

// MatchFromProto is the inverse of MatchToProto.
func MatchFromProto(p *pb.Match) sdk.Match {
	return sdk.Match{Index: int(p.GetIndex()), Key: p.GetKey(), Stamp: p.GetStamp(), Partition: p.GetPartition(), Data: p.Data}
}

// PollItemToProto returns i for the wire.
func PollItemToProto(i sdk.PollItem) *pb.PollItem {
	return &pb.PollItem{Partition: i.Partition, Cursor: i.Cursor}
}

// PollItemFromProto is the inverse of PollItemToProto.
func PollItemFromProto(p *pb.PollItem) sdk.PollItem {
	return sdk.PollItem{Partition: p.GetPartition(), Cursor: p.Cursor}
}

// PollResultToProto returns r for the wire.
func PollResultToProto(r sdk.PollResult) *pb.PollResult {
	return &pb.PollResult{Partition: r.Partition, Changed: r.Changed, Cursor: r.Cursor, Error: ErrorToProto(r.Err)}
}

// PollResultFromProto is the inverse of PollResultToProto. A cursor that is too
// large is dropped and the partition counts as changed.
func PollResultFromProto(p *pb.PollResult) sdk.PollResult {
	r := sdk.PollResult{Partition: p.GetPartition(), Changed: p.GetChanged(), Cursor: p.Cursor, Err: ErrorFromProto(p.GetError())}
	if len(r.Cursor) > sdk.MaxCursor {
		r.Cursor, r.Changed = nil, true
	}
	return r
}

// PartitionToProto returns p for the wire.
func PartitionToProto(p sdk.Partition) *pb.Partition {
	return &pb.Partition{Id: p.ID, Group: p.Group, Title: Clean(p.Title, maxText)}
}

// PartitionFromProto is the inverse of PartitionToProto.
func PartitionFromProto(p *pb.Partition) sdk.Partition {
	return sdk.Partition{ID: p.GetId(), Group: p.GetGroup(), Title: p.GetTitle()}
}

// FindingToProto returns f for the wire.
func FindingToProto(f sdk.Finding) *pb.Finding {
	return &pb.Finding{Level: pb.Level(min(f.Level, sdk.Failed)) + pb.Level_LEVEL_OK, Name: Clean(f.Name, maxText), Text: textToProto(f.Text), Hint: textToProto(f.Hint)}
}

// FindingFromProto is the inverse of FindingToProto.
func FindingFromProto(p *pb.Finding) sdk.Finding {
	f := sdk.Finding{Level: sdk.Warning, Name: p.GetName(), Text: textFromProto(p.GetText()), Hint: textFromProto(p.GetHint())}
	switch p.GetLevel() {
	case pb.Level_LEVEL_OK:
		f.Level = sdk.OK
	case pb.Level_LEVEL_FAILED:
		f.Level = sdk.Failed
	}
	return f
}

// FindingsFromProto returns all findings.
func FindingsFromProto(ps []*pb.Finding) []sdk.Finding { return each(ps, FindingFromProto) }

// ChoicesToProto returns all choices for the wire.
func ChoicesToProto(cs []sdk.Choice) []*pb.Choice { return each(cs, choiceToProto) }

// ChoicesFromProto is the inverse of ChoicesToProto.
func ChoicesFromProto(ps []*pb.Choice) []sdk.Choice { return each(ps, choiceFromProto) }

// AuthorizationToProto returns a for the wire.
func AuthorizationToProto(a sdk.Authorization) *pb.AuthorizeResponse {
	return &pb.AuthorizeResponse{Url: a.URL, UserCode: a.UserCode, Device: a.Device.Reveal(), Expires: TimeToProto(a.Expires), Interval: durationToProto(a.Interval)}
}

// AuthorizationFromProto is the inverse of AuthorizationToProto.
func AuthorizationFromProto(p *pb.AuthorizeResponse) sdk.Authorization {
	return sdk.Authorization{
		URL: p.GetUrl(), UserCode: p.GetUserCode(), Device: sdk.NewSecret(p.GetDevice()), Expires: TimeFromProto(p.GetExpires()),
		Interval: max(0, p.GetInterval().AsDuration()),
	}
}

// ConsentToProto returns c for the wire.
func ConsentToProto(c sdk.Consent) *pb.RedeemResponse {
	return &pb.RedeemResponse{Tenant: c.Tenant, Subject: c.Subject, User: c.User, Scopes: c.Scopes, Expires: TimeToProto(c.Expires), Token: c.Token.Reveal()}
}

// ConsentFromProto is the inverse of ConsentToProto.
func ConsentFromProto(p *pb.RedeemResponse) sdk.Consent {
	return sdk.Consent{
		Tenant: p.GetTenant(), Subject: p.GetSubject(), User: p.GetUser(), Scopes: p.GetScopes(), Expires: TimeFromProto(p.GetExpires()),
		Token: sdk.NewSecret(p.GetToken()),
	}
}

// ParamInfoToProto returns i for the wire.
func ParamInfoToProto(i sdk.ParamInfo) *pb.ParamInfo {
	return &pb.ParamInfo{Name: i.Name, Version: i.Version, Changed: TimeToProto(i.Changed)}
}

// ParamInfoFromProto is the inverse of ParamInfoToProto.
func ParamInfoFromProto(p *pb.ParamInfo) sdk.ParamInfo {
	return sdk.ParamInfo{Name: p.GetName(), Version: p.GetVersion(), Changed: TimeFromProto(p.GetChanged())}
}
