package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

const extension = ".json"

// position is the cursor: the round goes on behind After. A folder does not say
// what has changed, so behind the last document a new round begins.
type position struct {
	After string `json:"after,omitempty"`
}

// Read implements sdk.Reader.
func (f *folder) Read(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	if req.Keys != nil {
		return f.readKeys(ctx, req.Keys, emit)
	}
	var at position
	if req.Cursor != nil {
		if err := json.Unmarshal(req.Cursor, &at); err != nil {
			return sdk.Errorf(sdk.Invalid, "cursor", "the cursor is not one of this connector")
		}
	}
	keys, err := f.keys()
	if err != nil {
		return err
	}
	first := at.After == ""
	next, _ := slices.BinarySearch(keys, at.After+"\x00") // the first behind it, also if it is gone
	if first {
		next = 0
	}
	for {
		batch := keys[next:min(next+int(f.env.Settings.Int("batch")), len(keys))]
		next += len(batch)
		b := sdk.Batch{Start: first, Full: true, Done: next == len(keys)}
		first = false
		for _, key := range batch {
			if err := ctx.Err(); err != nil {
				return err
			}
			switch rec, err := f.load(key); {
			case errors.Is(err, sdk.NotFound): // deleted since it was listed
			case err != nil:
				b.Failed = append(b.Failed, sdk.Failure{Key: key, Err: err})
			default:
				b.Records = append(b.Records, rec)
			}
			at.After = key
		}
		if b.Done {
			at = position{}
		}
		if b.Cursor, err = json.Marshal(at); err != nil {
			return err
		}
		if err := emit(b); err != nil || b.Done {
			return err
		}
	}
}

// readKeys answers each key once. A file that is not there is a confirmed deletion:
// the folder was read, and it has none of that name.
func (f *folder) readKeys(ctx context.Context, keys []string, emit sdk.Emit) error {
	var b sdk.Batch
	for _, key := range keys {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch rec, err := f.load(key); {
		case errors.Is(err, sdk.NotFound):
			b.Records = append(b.Records, sdk.Record{Key: key, Op: sdk.Delete})
		case err != nil:
			b.Failed = append(b.Failed, sdk.Failure{Key: key, Err: err})
		default:
			b.Records = append(b.Records, rec)
		}
	}
	return emit(b)
}

// keys lists the documents in the order in which they are read.
func (f *folder) keys() ([]string, error) {
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return nil, &sdk.Error{Op: "list", Kind: sdk.Unavailable, Code: "folder_unreadable", Err: err}
	}
	var keys []string
	for _, e := range entries {
		if key, ok := strings.CutSuffix(e.Name(), extension); ok && e.Type().IsRegular() && !strings.HasPrefix(key, ".") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys) // with the extension they may come in another order
	return keys, nil
}

// load reads one document. Its stamp is a digest: equal stamps mean equal content.
func (f *folder) load(key string) (sdk.Record, error) {
	if key == "" || strings.HasPrefix(key, ".") || filepath.Base(key) != key {
		return sdk.Record{}, &sdk.Error{Kind: sdk.NotFound, Key: key}
	}
	data, err := f.root.ReadFile(key + extension)
	if errors.Is(err, fs.ErrNotExist) {
		return sdk.Record{}, &sdk.Error{Kind: sdk.NotFound, Key: key}
	}
	if err != nil {
		return sdk.Record{}, &sdk.Error{Op: "read", Key: key, Kind: sdk.Unavailable, Err: err}
	}
	var fields map[string]json.RawMessage
	if err := sdk.Decode(data, &fields); err != nil || fields == nil {
		return sdk.Record{}, sdk.Errorf(sdk.Invalid, "document", "the file does not hold one JSON object")
	}
	sum := sha256.Sum256(data)
	rec := sdk.Record{Key: key, Stamp: hex.EncodeToString(sum[:8])}
	if fields["id"], err = sdk.Encode(key); err != nil {
		return sdk.Record{}, err
	}
	rec.Data, err = sdk.Encode(fields)
	return rec, err
}
