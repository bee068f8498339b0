package wire

import (
	"fmt"

	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// maxDepth bounds the nesting of fields, as sdk.Schema.Validate does.
const maxDepth = 32

// ObjectToProto returns o for the wire.
func ObjectToProto(o sdk.Object) *pb.Object {
	return &pb.Object{
		Name: o.Name, Title: textToProto(o.Title), Help: textToProto(o.Help), Fields: each(o.Fields, fieldToProto),
		Key: o.Key, Changed: o.Changed, Idempotency: string(o.Idempotency), Positions: o.Positions,
		Allow: &pb.Allow{
			Read: o.Allow.Read, Create: o.Allow.Create, Update: o.Allow.Update, Delete: o.Allow.Delete,
			ByKey: o.Allow.ByKey, ByChange: o.Allow.ByChange, Partitioned: o.Allow.Partitioned,
		},
	}
}

// ObjectFromProto is the inverse of ObjectToProto. It refuses fields that are
// nested too deeply; nothing else is validated.
func ObjectFromProto(p *pb.Object) (sdk.Object, error) {
	for _, f := range p.GetFields() {
		if err := checkDepth(f, 1); err != nil {
			return sdk.Object{}, &sdk.Error{Op: "schema", Object: p.GetName(), Kind: sdk.Invalid, Code: "schema", Err: err}
		}
	}
	a := p.GetAllow()
	return sdk.Object{
		Name: p.GetName(), Title: textFromProto(p.GetTitle()), Help: textFromProto(p.GetHelp()), Fields: each(p.GetFields(), fieldFromProto),
		Key: p.GetKey(), Changed: p.GetChanged(), Idempotency: idempotency(p.GetIdempotency()), Positions: p.GetPositions(),
		Allow: sdk.Allow{
			Read: a.GetRead(), Create: a.GetCreate(), Update: a.GetUpdate(), Delete: a.GetDelete(),
			ByKey: a.GetByKey(), ByChange: a.GetByChange(), Partitioned: a.GetPartitioned(),
		},
	}, nil
}

func checkDepth(f *pb.Field, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: nested deeper than %d", f.GetName(), maxDepth)
	}
	for _, in := range f.GetFields() {
		if err := checkDepth(in, depth+1); err != nil {
			return err
		}
	}
	if f.GetItem() != nil {
		return checkDepth(f.GetItem(), depth+1)
	}
	return nil
}

// idempotency degrades what it does not know to the weakest promise.
func idempotency(s string) sdk.Idempotency {
	switch i := sdk.Idempotency(s); i {
	case sdk.ByKey, sdk.ByIntent:
		return i
	}
	return sdk.ByNothing
}

func fieldToProto(f sdk.Field) *pb.Field {
	p := &pb.Field{
		Name: f.Name, Title: textToProto(f.Title), Help: textToProto(f.Help), Type: string(f.Type),
		Required: f.Required, ReadOnly: f.ReadOnly, CreateOnly: f.CreateOnly, MaxLength: int64(f.MaxLength), Zone: f.Zone,
		Choices: each(f.Choices, choiceToProto), Fields: each(f.Fields, fieldToProto),
	}
	if f.Item != nil {
		p.Item = fieldToProto(*f.Item)
	}
	return p
}

func fieldFromProto(p *pb.Field) sdk.Field {
	f := sdk.Field{
		Name: p.GetName(), Title: textFromProto(p.GetTitle()), Help: textFromProto(p.GetHelp()), Type: fieldType(p.GetType()),
		Required: p.GetRequired(), ReadOnly: p.GetReadOnly(), CreateOnly: p.GetCreateOnly(), MaxLength: int(p.GetMaxLength()), Zone: p.GetZone(),
		Choices: each(p.GetChoices(), choiceFromProto), Fields: each(p.GetFields(), fieldFromProto),
	}
	if p.GetItem() != nil {
		item := fieldFromProto(p.GetItem())
		f.Item = &item
	}
	return f
}

func fieldType(s string) sdk.Type {
	switch t := sdk.Type(s); t {
	case "", sdk.TypeText, sdk.TypeBool, sdk.TypeInt, sdk.TypeDecimal, sdk.TypeFloat, sdk.TypeDate, sdk.TypeTime, sdk.TypeInstant,
		sdk.TypeLocalTime, sdk.TypeDuration, sdk.TypeUUID, sdk.TypeBytes, sdk.TypeBlob, sdk.TypeEnum, sdk.TypeObject, sdk.TypeList, sdk.TypeJSON:
		return t
	}
	return sdk.TypeJSON
}
