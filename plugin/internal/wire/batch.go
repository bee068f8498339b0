package wire

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	pb "github.com/gleis-dev/gleis/proto/connector/v1"
	"github.com/gleis-dev/gleis/sdk"
)

// Part is one message of a batch: ReadResponse, QueryResponse or RunStepResponse
// in the form that the two ends send and receive. It is written and read by hand
// (Codec), because a message of 500 records through generated code costs three
// times as much; the bytes are those of the protocol.
//
// After receiving, the Data of the records lies in Buffer.
type Part struct {
	sdk.Batch        // records, failures and sets of this message; the rest is in the last one
	Number    uint64 // counts the batches of a call from 1
	More      bool   // the rest of the batch follows
	Step      bool   // when receiving: the message is a RunStepResponse
	// Buffer is the memory that a message is received into. One that is large
	// enough is used again, so what was read into it before must be done with.
	Buffer []byte
	// Results is what a RunStepResponse carries instead of a batch.
	Results *pb.ResultPart
}

// errBatch is the cause of a batch that cannot be read.
var errBatch = errors.New("the batch is not a valid message")

// Parts cuts b into messages of at most sdk.MaxBatchRecords records and
// sdk.MaxBatchBytes of data and calls send with each. A record that cannot
// cross the wire becomes a Failure. It refuses a batch that is larger than
// MaxBatch and a cursor larger than sdk.MaxCursor.
func Parts(number uint64, b sdk.Batch, send func(*Part) error) error {
	if len(b.Cursor) > sdk.MaxCursor {
		return sdk.Errorf(sdk.Invalid, "cursor_too_large", "the cursor has %d bytes, at most %d are allowed", len(b.Cursor), sdk.MaxCursor)
	}
	records, failed := sift(b.Records, b.Failed)
	sets, total := b.Sets, 0
	for i := range records {
		total += recordBytes(&records[i])
	}
	for i := range sets {
		if err := checkSet(&sets[i]); err != nil {
			return err
		}
		total += setBytes(&sets[i])
	}
	if total > MaxBatch {
		return sdk.Errorf(sdk.Invalid, "batch_too_large", "the batch has %d bytes, at most %d are allowed: emit smaller ones", total, MaxBatch)
	}
	for {
		n, size := 0, 0
		for n < len(records) && n < partRecords && (n == 0 || size+recordBytes(&records[n]) <= partBytes) {
			size += recordBytes(&records[n])
			n++
		}
		nf := min(len(failed), partRecords-n)
		ns := 0
		for n == len(records) && nf == len(failed) && ns < len(sets) && (n+nf+ns == 0 || size+setBytes(&sets[ns]) <= partBytes) {
			size += setBytes(&sets[ns])
			ns++
		}
		p := Part{Number: number, More: n < len(records) || nf < len(failed) || ns < len(sets)}
		if !p.More {
			p.Batch = b
		}
		p.Records, p.Failed, p.Sets = records[:n], failed[:nf], sets[:ns]
		records, failed, sets = records[n:], failed[nf:], sets[ns:]
		if err := send(&p); err != nil || !p.More {
			return err
		}
	}
}

// sift turns the records that cannot cross the wire into failures. Without such
// it returns its arguments.
func sift(records []sdk.Record, failed []sdk.Failure) ([]sdk.Record, []sdk.Failure) {
	for i := range records {
		err := CheckRecord(&records[i])
		if err == nil {
			continue
		}
		good := append([]sdk.Record(nil), records[:i]...)
		failed = append([]sdk.Failure(nil), failed...)
		for j := i; j < len(records); j++ {
			if err := CheckRecord(&records[j]); err != nil {
				failed = append(failed, sdk.Failure{Key: Clean(records[j].Key, 512), Partition: Clean(records[j].Partition, 512), Err: err})
			} else {
				good = append(good, records[j])
			}
		}
		return good, failed
	}
	return records, failed
}

// Join puts the part next at the end of the batch that whole holds so far.
// whole.More says whether it is complete.
func Join(whole, next *Part, size *int) error {
	for i := range next.Records {
		*size += recordBytes(&next.Records[i])
	}
	for i := range next.Sets {
		*size += setBytes(&next.Sets[i])
	}
	count := len(whole.Records) + len(next.Records) + len(whole.Failed) + len(next.Failed) + len(whole.Sets) + len(next.Sets)
	switch {
	case *size > MaxBatch || count > MaxBatch/64:
		return sdk.Errorf(sdk.Invalid, "batch_too_large", "the connector sent a batch of more than %d bytes", MaxBatch)
	case whole.Number != 0 && next.Number != whole.Number:
		return sdk.Errorf(sdk.Internal, "protocol", "a part of batch %d came while batch %d was not complete", next.Number, whole.Number)
	case next.More && len(next.Records)+len(next.Failed)+len(next.Sets) == 0:
		return sdk.Errorf(sdk.Internal, "protocol", "a part of batch %d is empty", next.Number)
	case len(next.Cursor) > sdk.MaxCursor:
		return sdk.Errorf(sdk.Invalid, "cursor_too_large", "the connector sent a cursor of %d bytes, at most %d are allowed", len(next.Cursor), sdk.MaxCursor)
	}
	records, failed, sets := next.Records, next.Failed, next.Sets
	if whole.Number != 0 {
		records, failed, sets = append(whole.Records, records...), append(whole.Failed, failed...), append(whole.Sets, sets...)
	}
	*whole = *next
	whole.Records, whole.Failed, whole.Sets = records, failed, sets
	return nil
}

// Field numbers of the messages that are written and read by hand.
const (
	fieldBatch, fieldResults protowire.Number = 1, 2 // ReadResponse, QueryResponse, RunStepResponse

	fieldEncoding  protowire.Number = 1 // Batch
	fieldNumber    protowire.Number = 2
	fieldObject    protowire.Number = 3
	fieldPartition protowire.Number = 4
	fieldRecords   protowire.Number = 5
	fieldFailed    protowire.Number = 6
	fieldMore      protowire.Number = 7
	fieldStart     protowire.Number = 8
	fieldFull      protowire.Number = 9
	fieldDone      protowire.Number = 10
	fieldReachFrom protowire.Number = 11
	fieldReachTo   protowire.Number = 12
	fieldCursor    protowire.Number = 13
	fieldSets      protowire.Number = 14

	fieldRecObject    protowire.Number = 1 // Record
	fieldRecPartition protowire.Number = 2
	fieldRecOp        protowire.Number = 3
	fieldRecKey       protowire.Number = 4
	fieldRecStamp     protowire.Number = 5
	fieldRecAt        protowire.Number = 6
	fieldRecIntent    protowire.Number = 7
	fieldRecIfStamp   protowire.Number = 8
	fieldRecData      protowire.Number = 9
	fieldRecParent    protowire.Number = 10
)

func badBatch(what string) error {
	return &sdk.Error{Kind: sdk.Internal, Code: "protocol", Err: fmt.Errorf("%w: %s", errBatch, what)}
}
