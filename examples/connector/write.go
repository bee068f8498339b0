package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"

	"github.com/gleis-dev/gleis/sdk"
)

// Write implements sdk.Writer: one result per record, in order.
func (f *folder) Write(ctx context.Context, req sdk.WriteRequest) ([]sdk.Result, error) {
	results := make([]sdk.Result, 0, len(req.Records))
	for _, rec := range req.Records {
		key, err := f.writeOne(ctx, rec, req.DryRun)
		res := sdk.Result{Key: key, Outcome: sdk.Done, Err: err}
		if err != nil || req.DryRun {
			res.Outcome = sdk.NotDone // a file is replaced as a whole or not at all
		} else if now, err := f.load(key); err == nil {
			res.Stamp, res.Data = now.Stamp, now.Data
		}
		results = append(results, res)
	}
	return results, nil
}

// writeOne carries out one record and returns its key.
func (f *folder) writeOne(ctx context.Context, rec sdk.Record, dry bool) (key string, err error) {
	if err := ctx.Err(); err != nil {
		return rec.Key, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	key = rec.Key
	created := key == "" && rec.Op == sdk.Upsert
	if created {
		if key, err = f.newKey(rec.Intent); err != nil {
			return "", err
		}
	}
	now, err := f.load(key)
	switch {
	case rec.Op != sdk.Upsert && rec.Op != sdk.Delete:
		return key, &sdk.Error{Op: "write", Key: key, Kind: sdk.Invalid, Code: "op"}
	case created && err == nil:
		return key, nil // the create was carried out before, its answer was lost
	case err != nil && (!created || !errors.Is(err, sdk.NotFound)):
		return rec.Key, err
	case rec.IfStamp != "" && rec.IfStamp != now.Stamp:
		return key, &sdk.Error{Op: "write", Key: key, Kind: sdk.Conflict, Code: "stamp"}
	}
	if rec.Op == sdk.Delete {
		if dry {
			return key, nil
		}
		return key, f.root.Remove(key + extension)
	}
	data, err := merge(now.Data, rec)
	if err != nil || dry {
		return rec.Key, err
	}
	return key, f.replace(key, data)
}

// newKey makes the key of a new document out of the intent, so that a repeated
// create finds what the first one made.
func (f *folder) newKey(intent string) (string, error) {
	seed := []byte(intent)
	if intent == "" {
		seed = make([]byte, 16)
		if _, err := io.ReadFull(f.env.Rand, seed); err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256(seed)
	return hex.EncodeToString(sum[:12]), nil
}

// merge puts the fields of rec over the document: what is missing stays, null
// clears.
func merge(document []byte, rec sdk.Record) ([]byte, error) {
	var patch map[string]json.RawMessage
	if err := rec.Decode(&patch); err != nil {
		return nil, sdk.Errorf(sdk.Invalid, "data", "the record is not one JSON object: %v", err)
	}
	fields := map[string]json.RawMessage{}
	if document != nil {
		if err := sdk.Decode(document, &fields); err != nil {
			return nil, err
		}
	}
	maps.Copy(fields, patch)
	maps.DeleteFunc(fields, func(name string, v json.RawMessage) bool { return name == "id" || string(v) == "null" })
	return sdk.Encode(fields)
}

// replace writes the file in one step, so that nobody ever reads half of it.
func (f *folder) replace(key string, data []byte) error {
	draft := "." + key + ".draft"
	if err := f.root.WriteFile(draft, append(data, '\n'), 0o600); err != nil {
		return &sdk.Error{Op: "write", Key: key, Kind: sdk.Unavailable, Err: err}
	}
	return f.root.Rename(draft, key+extension)
}

// Find implements sdk.Finder: by intent the key is known, else all fields of the
// record must be equal.
func (f *folder) Find(ctx context.Context, req sdk.FindRequest) ([]sdk.Match, error) {
	limit := req.Limit
	if limit == 0 {
		limit = 2
	}
	var all []sdk.Match
	for i, rec := range req.Records {
		keys, err := f.candidates(rec)
		if err != nil {
			return nil, err
		}
		found := 0
		for _, key := range keys {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			now, err := f.load(key)
			if err != nil && !errors.Is(err, sdk.NotFound) && !errors.Is(err, sdk.Invalid) {
				return nil, err
			}
			if err == nil && found < limit && (rec.Intent != "" || holds(now, rec)) {
				all = append(all, sdk.Match{Index: i, Key: key, Stamp: now.Stamp, Data: now.Data})
				found++
			}
		}
	}
	return all, nil
}

func (f *folder) candidates(rec sdk.Record) ([]string, error) {
	if rec.Intent == "" {
		return f.keys()
	}
	key, err := f.newKey(rec.Intent)
	if err != nil {
		return nil, err
	}
	if _, err := f.root.Stat(key + extension); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return []string{key}, nil
}

// holds reports whether all fields of rec are in now.
func holds(now, rec sdk.Record) bool {
	merged, err := merge(now.Data, rec)
	if err != nil {
		return false
	}
	same, err := merge(now.Data, sdk.Record{Data: []byte("{}")})
	return err == nil && string(merged) == string(same)
}
