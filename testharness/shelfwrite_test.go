package testharness

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

func (s *shelf) Find(ctx context.Context, req sdk.FindRequest) ([]sdk.Match, error) {
	var out []sdk.Match
	for i, r := range req.Records {
		var p page
		if err := s.do(ctx, http.MethodGet, "/things?intent="+url.QueryEscape(r.Intent), nil, "", &p); err != nil {
			return nil, err
		}
		for _, t := range p.Things {
			out = append(out, sdk.Match{Index: i, Key: t.ID, Stamp: strconv.Itoa(t.Seq)})
		}
		if s.is("finds nothing") {
			out = nil
		}
		if s.is("finds it twice") {
			out = append(out, out...)
		}
	}
	return out, nil
}

func (s *shelf) Write(ctx context.Context, req sdk.WriteRequest) ([]sdk.Result, error) {
	var out []sdk.Result
	for _, r := range req.Records {
		if req.DryRun && !s.is("a dry run writes") {
			out = append(out, sdk.Result{Key: r.Key, Outcome: sdk.NotDone})
			continue
		}
		out = append(out, s.writeOne(ctx, r))
	}
	if s.is("answers in another order") && len(out) > 1 {
		out[0], out[1] = out[1], out[0]
	}
	if s.is("answers too little") && len(out) > 1 {
		out = out[1:]
	}
	return out, nil
}

func (s *shelf) writeOne(ctx context.Context, r sdk.Record) sdk.Result {
	var t thing
	var err error
	switch {
	case r.Op == sdk.Delete:
		err = s.remove(ctx, r.Key, &t)
	case r.Key == "":
		err = s.create(ctx, r, &t)
	default:
		err = s.update(ctx, r, &t)
	}
	res := sdk.Result{Key: t.ID, Stamp: strconv.Itoa(t.Seq), Outcome: sdk.Done}
	switch {
	case errors.Is(err, sdk.Unavailable) && s.is("a lost answer is not done"):
		return sdk.Result{Outcome: sdk.NotDone, Err: err}
	case errors.Is(err, sdk.Unavailable) && s.is("a lost answer is done"):
		return sdk.Result{Outcome: sdk.Done, Key: "t0001"}
	case errors.Is(err, sdk.Unavailable):
		return sdk.Result{Outcome: sdk.Unknown, Err: err}
	case err != nil:
		return sdk.Result{Key: r.Key, Outcome: sdk.NotDone, Err: err}
	}
	switch s.broken {
	case "a create without key":
		if r.Key == "" {
			res.Key = ""
		}
	case "a create with another stamp":
		res.Stamp += "x"
	case "an update with another key":
		if r.Key != "" && r.Op == sdk.Upsert {
			res.Key = "t0001"
		}
	case "does not say whether it was done":
		res.Outcome = sdk.Unknown
	}
	return res
}

func (s *shelf) create(ctx context.Context, r sdk.Record, t *thing) error {
	var data map[string]any
	if err := r.Decode(&data); err != nil {
		return sdk.Errorf(sdk.Invalid, "data", "%v", err)
	}
	data["intent"] = r.Intent
	if s.is("a create loses a field") {
		delete(data, "note")
	}
	body, err := sdk.Encode(data)
	if err != nil {
		return err
	}
	if s.is("creates twice") {
		if err := s.do(ctx, http.MethodPost, "/things", body, "", nil); err != nil {
			return err
		}
	}
	return s.do(ctx, http.MethodPost, "/things", body, "", t)
}

func (s *shelf) update(ctx context.Context, r sdk.Record, t *thing) error {
	match, data := r.IfStamp, r.Data
	switch s.broken {
	case "an update that does nothing":
		data = []byte(`{}`)
	case "an update that clears the rest":
		if !bytes.Contains(data, []byte("note")) {
			data = bytes.Replace(data, []byte("{"), []byte(`{"note":null,`), 1)
		}
	case "null is left out":
		data = bytes.ReplaceAll(data, []byte(`{"note":null}`), []byte(`{}`))
	case "a stale stamp is written over":
		match = ""
	case "a stale stamp is a defect":
		if err := s.do(ctx, http.MethodPatch, "/things/"+r.Key, data, match, t); err != nil {
			return sdk.Errorf(sdk.Internal, "defect", "%s", strings.TrimSpace(err.Error()))
		}
		return nil
	case "an update changes another record":
		if err := s.do(ctx, http.MethodPatch, "/things/t0001", data, "", nil); err != nil {
			return err
		}
	case "an update makes a copy":
		if err := s.do(ctx, http.MethodPost, "/things", data, "", nil); err != nil {
			return err
		}
	}
	err := s.do(ctx, http.MethodPatch, "/things/"+r.Key, data, match, t)
	if errors.Is(err, sdk.NotFound) && s.is("an update of nothing is done") {
		t.ID = r.Key
		return nil
	}
	return err
}

func (s *shelf) remove(ctx context.Context, key string, t *thing) error {
	if s.is("a delete that does nothing") {
		t.ID = key
		return nil
	}
	if s.is("a delete takes another along") {
		if err := s.do(ctx, http.MethodDelete, "/things/t0001", nil, "", nil); err != nil && !errors.Is(err, sdk.NotFound) {
			return err
		}
	}
	err := s.do(ctx, http.MethodDelete, "/things/"+key, nil, "", t)
	if errors.Is(err, sdk.NotFound) && s.is("a second delete is a defect") {
		return sdk.Errorf(sdk.Internal, "defect", "no such record")
	}
	return err
}
