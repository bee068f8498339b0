package memory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/gleis-dev/gleis/sdk"
)

// blob is the content behind a reference of another system.
type blob struct {
	content []byte
	err     error
}

// fetchBlobs reads what the blob fields of a request refer to through the host;
// references of its own stay as they are.
func (c *conn) fetchBlobs(ctx context.Context, req sdk.WriteRequest) map[string]blob {
	c.sys.mu.Lock()
	d, err := c.sys.object(req.Object)
	c.sys.mu.Unlock()
	if err != nil {
		return nil // reported for each record
	}
	blobs := map[string]blob{}
	for _, f := range d.Fields {
		for _, r := range req.Records {
			if f.Type != sdk.TypeBlob || r.Op != sdk.Upsert {
				continue
			}
			var m map[string]any
			if sdk.Decode(r.Data, &m) != nil {
				continue // reported when the record is written
			}
			ref, ok := m[f.Name].(string)
			if !ok || blobs[ref].content != nil || c.sys.hasBlob(ref) {
				continue
			}
			blobs[ref] = c.fetch(ctx, ref)
		}
	}
	return blobs
}

func (c *conn) fetch(ctx context.Context, ref string) blob {
	if c.env.Blobs == nil {
		return blob{err: sdk.Errorf(sdk.NotFound, "blob_unknown", "there is no blob %q", ref)}
	}
	r, err := c.env.Blobs.OpenBlob(ctx, ref)
	if err != nil {
		return blob{err: err}
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if content == nil {
		content = []byte{}
	}
	return blob{content: content, err: err}
}

// keepBlob keeps content under a reference made of its hash; mu is held.
func (s *System) keepBlob(content []byte) string {
	sum := sha256.Sum256(content)
	ref := "blob-" + hex.EncodeToString(sum[:])
	s.state.Blobs[ref] = append([]byte{}, content...)
	return ref
}

func (s *System) hasBlob(ref string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.state.Blobs[ref]
	return ok
}
