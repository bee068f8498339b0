package rest

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

// CodeTooLarge is the code of the error for a body over the limit.
const CodeTooLarge = "answer_too_large"

// BodyReader reads the body of an answer, decompressed and within the client's limit. It implements io.Reader.
type BodyReader struct {
	ctx   context.Context // of the call: a reader has no other place for it (io.Reader takes none)
	r     io.Reader
	under io.ReadCloser
	alive func()
	limit int64
	read  int64
}

func newBodyReader(ctx context.Context, resp *http.Response, limit int64, alive func()) (*BodyReader, error) {
	b := &BodyReader{ctx: ctx, r: resp.Body, under: resp.Body, alive: alive, limit: limit}
	// The transport undoes gzip that it asked for itself and removes the header then.
	switch e := strings.ToLower(resp.Header.Get("Content-Encoding")); e {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(resp.Body)
		if err != nil {
			return nil, fmt.Errorf("answer in gzip: %w", err)
		}
		b.r = z
	default:
		return nil, fmt.Errorf("answer in the unknown encoding %.20q", e)
	}
	return b, nil
}

// Read implements io.Reader. Going over the limit is an error of kind Invalid and code CodeTooLarge.
func (b *BodyReader) Read(p []byte) (int, error) {
	if left := b.limit - b.read; int64(len(p)) > left+1 {
		p = p[:left+1] // one more than allowed, to tell a full body from one that is too large
	}
	n, err := b.r.Read(p)
	b.read += int64(n)
	if n > 0 {
		b.alive()
	}
	if b.read > b.limit {
		return 0, &sdk.Error{Kind: sdk.Invalid, Code: CodeTooLarge, Err: fmt.Errorf("the answer is larger than %d bytes", b.limit)}
	}
	if err != nil && err != io.EOF && b.ctx.Err() != nil {
		err = context.Cause(b.ctx)
	}
	return n, err
}

// close reads the little that may be left, so that the connection is used again, and closes the body.
func (b *BodyReader) close() {
	_, _ = io.CopyN(io.Discard, b.under, 64<<10) // a connection that cannot be drained is simply not used again
	b.under.Close()
}
