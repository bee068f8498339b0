package wire

import (
	"google.golang.org/grpc/encoding"
	encproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// Codec is gRPC's codec for protobuf that also takes *Part, where the protocol
// has a message with a batch. Everything else goes through gRPC's own. It is
// safe for concurrent use.
type Codec struct{ messages encoding.CodecV2 }

var _ encoding.CodecV2 = Codec{}

// NewCodec returns a Codec.
func NewCodec() Codec { return Codec{messages: encoding.GetCodecV2(encproto.Name)} }

// Name implements encoding.CodecV2: the bytes are plain protobuf.
func (c Codec) Name() string { return encproto.Name }

// Marshal implements encoding.CodecV2.
func (c Codec) Marshal(v any) (mem.BufferSlice, error) {
	p, ok := v.(*Part)
	if !ok {
		return c.messages.Marshal(v)
	}
	e, err := newEncoder(p)
	if err != nil {
		return nil, err
	}
	pool := mem.DefaultBufferPool()
	buf := pool.Get(e.total())
	*buf = e.append((*buf)[:0])
	return mem.BufferSlice{mem.NewBuffer(buf, pool)}, nil
}

// Unmarshal implements encoding.CodecV2. A Part is read into its Buffer, or into a
// new one where that is too small, and keeps it.
func (c Codec) Unmarshal(data mem.BufferSlice, v any) error {
	p, ok := v.(*Part)
	if !ok {
		return c.messages.Unmarshal(data, v)
	}
	n := data.Len()
	if cap(p.Buffer) < n {
		p.Buffer = make([]byte, n+n/4) // messages of one call are alike: the next ones are to fit too
	}
	b := p.Buffer[:n]
	data.CopyTo(b)
	return p.decode(b)
}
