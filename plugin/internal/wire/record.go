package wire

import (
	"fmt"
	"unicode/utf8"

	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// CheckRecord says why r cannot cross the wire, nil if it can: data over
// sdk.MaxRecord, an unknown op, or a text that is not UTF-8.
func CheckRecord(r *sdk.Record) error {
	code, format, arg := "", "", any(nil)
	switch {
	case len(r.Data) > sdk.MaxRecord:
		code, format, arg = "record_too_large", "the record has %d bytes, more than 8 MiB", len(r.Data)
	case r.Op > sdk.Release:
		code, format, arg = "record_op", "the record has the unknown op %d", r.Op
	case !utf8.ValidString(r.Object) || !utf8.ValidString(r.Partition) || !utf8.ValidString(r.Key) || !utf8.ValidString(r.Stamp) ||
		!utf8.ValidString(r.At) || !utf8.ValidString(r.Parent) || !utf8.ValidString(r.Intent) || !utf8.ValidString(r.IfStamp):
		code, format, arg = "record_not_utf8", "a text of the record's envelope is not valid UTF-8: %q", Clean(r.Key, 128)
	case recordBytes(r)-len(r.Data) > partBytes:
		code, format, arg = "record_too_large", "the record's envelope has more than %d bytes", partBytes
	default:
		return nil
	}
	return &sdk.Error{
		Object: Clean(r.Object, 128), Key: Clean(r.Key, 512), Partition: Clean(r.Partition, 512),
		Kind: sdk.Invalid, Code: code, Err: fmt.Errorf(format, arg),
	}
}

// RecordToProto returns r for the wire. r has passed CheckRecord; its data is
// shared.
func RecordToProto(r sdk.Record) *pb.Record {
	return &pb.Record{
		Object: r.Object, Partition: r.Partition, Op: pb.Op(r.Op) + pb.Op_OP_UPSERT, Key: r.Key, Stamp: r.Stamp,
		At: r.At, Parent: r.Parent, Intent: r.Intent, IfStamp: r.IfStamp, Data: r.Data,
	}
}

// RecordFromProto is the inverse of RecordToProto. It refuses what CheckRecord
// refuses.
func RecordFromProto(p *pb.Record) (sdk.Record, error) {
	r := sdk.Record{
		Object: p.GetObject(), Partition: p.GetPartition(), Op: opFromWire(uint64(p.GetOp())), Key: p.GetKey(), Stamp: p.GetStamp(),
		At: p.GetAt(), Parent: p.GetParent(), Intent: p.GetIntent(), IfStamp: p.GetIfStamp(), Data: p.Data,
	}
	return r, CheckRecord(&r)
}

// opFromWire maps what is unknown to an op that CheckRecord refuses.
func opFromWire(v uint64) sdk.Op {
	switch {
	case v == uint64(pb.Op_OP_UNSPECIFIED):
		return sdk.Upsert
	case v > uint64(pb.Op_OP_RELEASE):
		return 255
	}
	return sdk.Op(v - uint64(pb.Op_OP_UPSERT))
}

// FailureToProto returns f for the wire.
func FailureToProto(f sdk.Failure) *pb.Failure {
	return &pb.Failure{Key: Clean(f.Key, maxText), Partition: Clean(f.Partition, maxText), Error: ErrorToProto(f.Err)}
}

// FailureFromProto is the inverse of FailureToProto.
func FailureFromProto(p *pb.Failure) sdk.Failure {
	return sdk.Failure{Key: p.GetKey(), Partition: p.GetPartition(), Err: ErrorFromProto(p.GetError())}
}

// ResultToProto returns r for the wire. What cannot cross it is left out and said
// in the error: the write took place all the same.
func ResultToProto(r sdk.Result) *pb.Result {
	p := &pb.Result{
		Key: r.Key, Stamp: r.Stamp, Partition: r.Partition, Data: r.Data,
		Notifies: int64(r.Notifies), Outcome: pb.Outcome(min(r.Outcome, sdk.NotDone)), Error: ErrorToProto(r.Err),
	}
	if err := CheckRecord(&sdk.Record{Key: r.Key, Stamp: r.Stamp, Partition: r.Partition}); err != nil {
		// A key that was altered would be linked to nothing: the host reads back instead.
		return &pb.Result{Notifies: p.Notifies, Error: ErrorToProto(err)}
	}
	if len(p.Data) > sdk.MaxRecord {
		p.Data = nil
	}
	size := len(p.Data)
	for i := range r.Related {
		err := CheckRecord(&r.Related[i])
		if size += len(r.Related[i].Data); err == nil && size > sdk.MaxRecord+partBytes {
			err = sdk.Errorf(sdk.Invalid, "result_too_large", "the records that the write made besides have more than %d bytes", sdk.MaxRecord)
		}
		if err != nil {
			if p.Error == nil {
				p.Error = ErrorToProto(err)
			}
			break
		}
		p.Related = append(p.Related, RecordToProto(r.Related[i]))
	}
	return p
}

// ResultFromProto is the inverse of ResultToProto.
func ResultFromProto(p *pb.Result) (sdk.Result, error) {
	r := sdk.Result{
		Key: p.GetKey(), Stamp: p.GetStamp(), Partition: p.GetPartition(), Data: p.Data,
		Notifies: int(max(0, p.GetNotifies())), Err: ErrorFromProto(p.GetError()),
	}
	if o := p.GetOutcome(); o == pb.Outcome_OUTCOME_DONE || o == pb.Outcome_OUTCOME_NOT_DONE {
		r.Outcome = sdk.Outcome(o)
	}
	for _, rel := range p.GetRelated() {
		rec, err := RecordFromProto(rel)
		if err != nil {
			return r, err
		}
		r.Related = append(r.Related, rec)
	}
	return r, nil
}

func setToProto(s sdk.Set) *pb.Set { return &pb.Set{Parent: s.Parent, Keys: s.Keys} }

func setFromProto(p *pb.Set) sdk.Set { return sdk.Set{Parent: p.GetParent(), Keys: p.GetKeys()} }

// setBytes is what a set weighs when a batch is cut.
func setBytes(s *sdk.Set) int {
	n := len(s.Parent)
	for _, k := range s.Keys {
		n += len(k) + 2
	}
	return n
}

// checkSet says why s cannot cross the wire. It is not left out: parts that it
// does not name count as disappeared.
func checkSet(s *sdk.Set) error {
	if setBytes(s) > sdk.MaxRecord {
		return sdk.Errorf(sdk.Invalid, "set_too_large", "the set of the parts of %q has more than %d bytes", Clean(s.Parent, 128), sdk.MaxRecord)
	}
	for _, k := range append([]string{s.Parent}, s.Keys...) {
		if !utf8.ValidString(k) {
			return sdk.Errorf(sdk.Invalid, "set_not_utf8", "a key in the set of the parts of %q is not valid UTF-8: %q", Clean(s.Parent, 128), Clean(k, 128))
		}
	}
	return nil
}

// RecordParts calls send with parts of records, at least once, the last without
// More.
func RecordParts(records []sdk.Record, send func(*pb.RecordPart) error) error {
	for {
		n, size := 0, 0
		for n < len(records) && n < partRecords && (n == 0 || size+recordBytes(&records[n]) <= partBytes) {
			size += recordBytes(&records[n])
			n++
		}
		part := &pb.RecordPart{Encoding: pb.Encoding_ENCODING_JSON, Records: each(records[:n], RecordToProto), More: n < len(records)}
		if err := send(part); err != nil || !part.More {
			return err
		}
		records = records[n:]
	}
}

// ResultParts calls send with parts of results.
func ResultParts(results []sdk.Result, send func(*pb.ResultPart) error) error {
	for len(results) > 0 {
		part := &pb.ResultPart{Encoding: pb.Encoding_ENCODING_JSON}
		size := 0
		for len(results) > 0 && len(part.Results) < partRecords {
			p := ResultToProto(results[0])
			n := len(p.GetData())
			for _, rel := range p.GetRelated() {
				n += len(rel.GetData())
			}
			if len(part.Results) > 0 && size+n > partBytes {
				break
			}
			size += n
			part.Results = append(part.Results, p)
			results = results[1:]
		}
		if err := send(part); err != nil {
			return err
		}
	}
	return nil
}

// recordBytes is what a record weighs when a batch is cut.
func recordBytes(r *sdk.Record) int {
	return len(r.Data) + len(r.Object) + len(r.Partition) + len(r.Key) + len(r.Stamp) + len(r.At) + len(r.Parent) + len(r.Intent) + len(r.IfStamp)
}

// checkEncoding refuses data that this end cannot read.
func checkEncoding(e pb.Encoding) error {
	if e > pb.Encoding_ENCODING_JSON {
		return sdk.Errorf(sdk.Unsupported, "encoding", "the other end encodes records in a way (%d) that this version does not know", e)
	}
	return nil
}

// RecordsFromPart returns the records of a part, with the first fault.
func RecordsFromPart(p *pb.RecordPart) ([]sdk.Record, error) {
	if err := checkEncoding(p.GetEncoding()); err != nil {
		return nil, err
	}
	records := make([]sdk.Record, 0, len(p.GetRecords()))
	for _, rec := range p.GetRecords() {
		r, err := RecordFromProto(rec)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// ResultsFromPart returns the results of a part, with the first fault.
func ResultsFromPart(p *pb.ResultPart) ([]sdk.Result, error) {
	if err := checkEncoding(p.GetEncoding()); err != nil {
		return nil, err
	}
	results := make([]sdk.Result, 0, len(p.GetResults()))
	for _, res := range p.GetResults() {
		r, err := ResultFromProto(res)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}
