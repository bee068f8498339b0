package wire

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// field is one field of a message.
type field struct {
	num  protowire.Number
	kind protowire.Type
	v    uint64 // of a varint
	data []byte // of a length-delimited field
}

// nextField reads the first field of b and returns the rest. Fields of other
// types than varint and length-delimited are stepped over: no message here has them.
func nextField(b []byte) (f field, rest []byte, ok bool) {
	num, kind, n := protowire.ConsumeTag(b)
	if n < 0 {
		return f, nil, false
	}
	b = b[n:]
	f.num, f.kind = num, kind
	switch kind {
	case protowire.VarintType:
		f.v, n = protowire.ConsumeVarint(b)
	case protowire.BytesType:
		f.data, n = protowire.ConsumeBytes(b)
	default:
		n = protowire.ConsumeFieldValue(num, kind, b)
	}
	if n < 0 {
		return f, nil, false
	}
	return f, b[n:], true
}

// decode reads a message into p. The records' data stays in b.
func (p *Part) decode(b []byte) error {
	step := p.Step
	*p = Part{Step: step, Buffer: p.Buffer}
	for len(b) > 0 {
		f, rest, ok := nextField(b)
		if !ok {
			return badBatch("a field is cut off")
		}
		b = rest
		if f.kind != protowire.BytesType {
			continue
		}
		switch {
		case f.num == fieldBatch:
			if err := p.decodeBatch(f.data); err != nil {
				return err
			}
		case f.num == fieldResults && step:
			p.Results = &pb.ResultPart{}
			if err := proto.Unmarshal(f.data, p.Results); err != nil {
				return badBatch(err.Error())
			}
		}
	}
	return nil
}

func (p *Part) decodeBatch(b []byte) error {
	records, failed := countBatch(b)
	p.Records = make([]sdk.Record, 0, records)
	if failed > 0 {
		p.Failed = make([]sdk.Failure, 0, failed)
	}
	var object, partition string
	for len(b) > 0 {
		f, rest, ok := nextField(b)
		if !ok {
			return badBatch("a field is cut off")
		}
		b = rest
		switch f.num {
		case fieldObject:
			object = string(f.data)
		case fieldPartition:
			partition = string(f.data)
		case fieldRecords:
			p.Records = append(p.Records, sdk.Record{})
			if err := decodeRecord(&p.Records[len(p.Records)-1], f.data); err != nil {
				return err
			}
		default:
			if err := p.decodeRest(f); err != nil {
				return err
			}
		}
	}
	if !utf8.ValidString(object) || !utf8.ValidString(partition) || !utf8.ValidString(p.Reach[0]) || !utf8.ValidString(p.Reach[1]) {
		return badBatch("a text is not valid UTF-8")
	}
	for i := range p.Records {
		if r := &p.Records[i]; r.Object == "" {
			r.Object = object
		}
		if r := &p.Records[i]; r.Partition == "" {
			r.Partition = partition
		}
	}
	p.Records, p.Failed = sift(p.Records, p.Failed)
	return nil
}

func (p *Part) decodeRest(f field) error {
	switch f.num {
	case fieldEncoding:
		return checkEncoding(pb.Encoding(f.v)) //nolint:gosec // an overflow is an unknown encoding too
	case fieldNumber:
		p.Number = f.v
	case fieldFailed:
		m := &pb.Failure{}
		if err := proto.Unmarshal(f.data, m); err != nil {
			return badBatch(err.Error())
		}
		p.Failed = append(p.Failed, FailureFromProto(m))
	case fieldSets:
		m := &pb.Set{}
		if err := proto.Unmarshal(f.data, m); err != nil {
			return badBatch(err.Error())
		}
		p.Sets = append(p.Sets, setFromProto(m))
	case fieldMore:
		p.More = f.v != 0
	case fieldStart:
		p.Start = f.v != 0
	case fieldFull:
		p.Full = f.v != 0
	case fieldDone:
		p.Done = f.v != 0
	case fieldReachFrom:
		p.Reach[0] = string(f.data)
	case fieldReachTo:
		p.Reach[1] = string(f.data)
	case fieldCursor:
		p.Cursor = append([]byte{}, f.data...) // a cursor outlives its batch
	}
	return nil
}

// countBatch counts the records and failures of a batch, as far as it is whole.
func countBatch(b []byte) (records, failed int) {
	for len(b) > 0 {
		f, rest, ok := nextField(b)
		if !ok {
			return records, failed
		}
		switch f.num {
		case fieldRecords:
			records++
		case fieldFailed:
			failed++
		}
		b = rest
	}
	return records, failed
}

// decodeRecord reads one record. Its texts are cut from one string: they lie
// together before the data, except that others than this package write the
// parent behind it.
func decodeRecord(r *sdk.Record, b []byte) error {
	var at [fieldRecParent + 1][2]int // begin and end of each text in b
	end := 0
	for pos := 0; pos < len(b); {
		f, rest, ok := nextField(b[pos:])
		if !ok {
			return badBatch("a record is cut off")
		}
		next := len(b) - len(rest)
		switch {
		case f.num == fieldRecOp && f.kind == protowire.VarintType:
			r.Op = opFromWire(f.v)
		case f.kind != protowire.BytesType:
		case f.num == fieldRecData:
			r.Data = f.data[:len(f.data):len(f.data)]
		case f.num == fieldRecParent && r.Data != nil:
			r.Parent = string(f.data)
		case f.num <= fieldRecParent:
			at[f.num] = [2]int{next - len(f.data), next}
			end = next
		}
		pos = next
	}
	if r.Op == 255 {
		return badBatch("a record has an unknown op")
	}
	begin := end
	for _, span := range at {
		if span[1] > 0 && span[0] < begin {
			begin = span[0]
		}
	}
	if end-begin > partBytes { // texts after the data, or far too long
		return badBatch("the envelope of a record is too long")
	}
	texts := string(b[begin:end])
	cut := func(n protowire.Number) string {
		if at[n][1] == 0 {
			return ""
		}
		return texts[at[n][0]-begin : at[n][1]-begin]
	}
	r.Object, r.Partition, r.Key, r.Stamp = cut(fieldRecObject), cut(fieldRecPartition), cut(fieldRecKey), cut(fieldRecStamp)
	r.At, r.Intent, r.IfStamp = cut(fieldRecAt), cut(fieldRecIntent), cut(fieldRecIfStamp)
	if r.Parent == "" {
		r.Parent = cut(fieldRecParent)
	}
	return nil
}
