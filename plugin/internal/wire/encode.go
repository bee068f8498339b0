package wire

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// encoder holds what is worked out once before a part is written.
type encoder struct {
	part              *Part
	object, partition string // of all records, so that none carries its own
	failed, sets      [][]byte
	batch             int // length of the Batch
}

func newEncoder(p *Part) (*encoder, error) {
	e := &encoder{part: p}
	if len(p.Records) > 0 {
		e.object, e.partition = p.Records[0].Object, p.Records[0].Partition
		for i := range p.Records {
			if p.Records[i].Object != e.object {
				e.object = ""
			}
			if p.Records[i].Partition != e.partition {
				e.partition = ""
			}
		}
	}
	for _, f := range p.Failed {
		b, err := proto.Marshal(FailureToProto(f))
		if err != nil {
			return nil, err
		}
		e.failed = append(e.failed, b)
	}
	for _, set := range p.Sets {
		b, err := proto.Marshal(setToProto(set))
		if err != nil {
			return nil, err
		}
		e.sets = append(e.sets, b)
	}
	e.batch = e.size()
	return e, nil
}

func sizeText(n int) int {
	if n == 0 {
		return 0
	}
	return 1 + protowire.SizeBytes(n)
}

func (e *encoder) size() int {
	p := e.part
	n := 2 + 1 + protowire.SizeVarint(p.Number) + sizeText(len(e.object)) + sizeText(len(e.partition)) + sizeText(len(p.Reach[0])) + sizeText(len(p.Reach[1]))
	for _, set := range [...]bool{p.More, p.Start, p.Full, p.Done} {
		if set {
			n += 2
		}
	}
	if p.Cursor != nil {
		n += 1 + protowire.SizeBytes(len(p.Cursor))
	}
	for i := range p.Records {
		n += 1 + protowire.SizeBytes(e.recordSize(&p.Records[i]))
	}
	for _, f := range e.failed {
		n += 1 + protowire.SizeBytes(len(f))
	}
	for _, set := range e.sets {
		n += 1 + protowire.SizeBytes(len(set))
	}
	return n
}

func (e *encoder) recordSize(r *sdk.Record) int {
	n := 2 + sizeText(len(r.Key)) + sizeText(len(r.Stamp)) + sizeText(len(r.At)) + sizeText(len(r.Parent)) + sizeText(len(r.Intent)) + sizeText(len(r.IfStamp))
	if e.object == "" {
		n += sizeText(len(r.Object))
	}
	if e.partition == "" {
		n += sizeText(len(r.Partition))
	}
	if r.Data != nil {
		n += 1 + protowire.SizeBytes(len(r.Data))
	}
	return n
}

// total is the length of the message.
func (e *encoder) total() int { return 1 + protowire.SizeBytes(e.batch) }

func appendText(b []byte, field protowire.Number, s string) []byte {
	if s == "" {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func appendData(b []byte, field protowire.Number, data []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), data)
}

func appendVarint(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func appendTrue(b []byte, field protowire.Number, set bool) []byte {
	if !set {
		return b
	}
	return appendVarint(b, field, 1)
}

// append writes the message at the end of b.
func (e *encoder) append(b []byte) []byte {
	p := e.part
	b = protowire.AppendVarint(protowire.AppendTag(b, fieldBatch, protowire.BytesType), uint64(e.batch))
	b = appendVarint(b, fieldEncoding, uint64(pb.Encoding_ENCODING_JSON))
	b = appendVarint(b, fieldNumber, p.Number)
	b = appendText(b, fieldObject, e.object)
	b = appendText(b, fieldPartition, e.partition)
	for i := range p.Records {
		b = e.appendRecord(b, &p.Records[i])
	}
	for _, f := range e.failed {
		b = appendData(b, fieldFailed, f)
	}
	b = appendTrue(b, fieldMore, p.More)
	b = appendTrue(b, fieldStart, p.Start)
	b = appendTrue(b, fieldFull, p.Full)
	b = appendTrue(b, fieldDone, p.Done)
	b = appendText(b, fieldReachFrom, p.Reach[0])
	b = appendText(b, fieldReachTo, p.Reach[1])
	if p.Cursor != nil {
		b = appendData(b, fieldCursor, p.Cursor)
	}
	for _, set := range e.sets {
		b = appendData(b, fieldSets, set)
	}
	return b
}

func (e *encoder) appendRecord(b []byte, r *sdk.Record) []byte {
	b = protowire.AppendTag(b, fieldRecords, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(e.recordSize(r)))
	if e.object == "" {
		b = appendText(b, fieldRecObject, r.Object)
	}
	if e.partition == "" {
		b = appendText(b, fieldRecPartition, r.Partition)
	}
	b = appendVarint(b, fieldRecOp, uint64(r.Op)+uint64(pb.Op_OP_UPSERT))
	b = appendText(b, fieldRecKey, r.Key)
	b = appendText(b, fieldRecStamp, r.Stamp)
	b = appendText(b, fieldRecAt, r.At)
	b = appendText(b, fieldRecIntent, r.Intent)
	b = appendText(b, fieldRecIfStamp, r.IfStamp)
	b = appendText(b, fieldRecParent, r.Parent) // before the data, so that the texts lie together
	if r.Data != nil {
		b = appendData(b, fieldRecData, r.Data)
	}
	return b
}
