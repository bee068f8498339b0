package wire

import (
	"errors"
	"io"
	"sync"

	"github.com/gleis-dev/gleis/sdk"
)

// SendPieces sends the content of r in pieces of at most sdk.BlobPiece, an empty
// one first, which says that there is content.
func SendPieces(r io.Reader, send func([]byte) error) error {
	if err := send(nil); err != nil {
		return err
	}
	buf := make([]byte, sdk.BlobPiece)
	for {
		n, err := io.ReadFull(r, buf)
		if n > 0 {
			if err := send(buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// pieces reads what SendPieces sends.
type pieces struct {
	next func() ([]byte, error)
	stop func()
	once sync.Once
	rest []byte
	err  error
}

// NewPieces returns a reader of the pieces that next returns until io.EOF. Close
// calls stop, once.
func NewPieces(next func() ([]byte, error), stop func()) io.ReadCloser {
	return &pieces{next: next, stop: stop}
}

// Read implements io.Reader.
func (p *pieces) Read(b []byte) (int, error) {
	for len(p.rest) == 0 && p.err == nil {
		p.rest, p.err = p.next()
	}
	if len(p.rest) == 0 {
		return 0, p.err
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// Close implements io.Closer.
func (p *pieces) Close() error {
	p.once.Do(p.stop)
	return nil
}
