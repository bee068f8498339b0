package memory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// Check implements sdk.Checker.
func (c *conn) Check(ctx context.Context) ([]sdk.Finding, error) {
	if err := c.begin(ctx, Call{Op: "check"}); err != nil {
		return nil, err
	}
	s := c.sys
	if err := s.enter(); err != nil {
		return []sdk.Finding{{
			Level: sdk.Failed, Name: "store",
			Text: sdk.Text{EN: "The store cannot be used: " + err.Error(), DE: "Die Ablage ist nicht nutzbar: " + err.Error()},
			Hint: sdk.AsError(err).Hint,
		}}, nil
	}
	defer s.leave()
	n := 0
	for _, t := range s.state.Tables {
		for _, p := range t {
			n += len(p.order)
		}
	}
	found := []sdk.Finding{{
		Level: sdk.OK, Name: "store",
		Text: sdk.Text{
			EN: fmt.Sprintf("The store answers; it holds %d records of %d objects.", n, len(s.defs)),
			DE: fmt.Sprintf("Die Ablage antwortet; sie enthält %d Datensätze von %d Objekten.", n, len(s.defs)),
		},
	}}
	if len(s.faults) > 0 {
		found = append(found, sdk.Finding{
			Level: sdk.Warning, Name: "faults",
			Text: sdk.Text{EN: "Faults are switched on.", DE: "Störungen sind eingeschaltet."},
			Hint: sdk.Text{EN: "Empty the setting \"faults\".", DE: "Die Einstellung „faults“ leeren."},
		})
	}
	return found, nil
}

// Choices implements sdk.Chooser: for a field its choices, or else the values it
// has in the records.
func (c *conn) Choices(ctx context.Context, req sdk.ChoiceRequest) ([]sdk.Choice, error) {
	if err := c.begin(ctx, Call{Op: "choices", Object: req.Object}); err != nil {
		return nil, err
	}
	s := c.sys
	if err := s.enter(); err != nil {
		return nil, at(err, "choices", req.Object, "", "")
	}
	defer s.leave()
	if req.Field == "" {
		return nil, at(sdk.Errorf(sdk.NotFound, "choices", "setting %q has no choices", req.Setting), "choices", req.Object, "", "")
	}
	d, err := s.object(req.Object)
	if err != nil {
		return nil, at(err, "choices", req.Object, "", "")
	}
	f := d.Field(req.Field)
	if f == nil {
		return nil, at(invalidField("field_unknown", req.Field, "does not exist"), "choices", d.Name, "", "")
	}
	choices := f.Choices
	if len(choices) == 0 {
		seen := map[string]bool{}
		for _, p := range s.state.Tables[d.Name] {
			for _, k := range p.order {
				if v := text(decoded([]byte(p.Rows[k].Data))[req.Field]); v != "" {
					seen[v] = true
				}
			}
		}
		for _, v := range slices.Sorted(maps.Keys(seen)) {
			choices = append(choices, sdk.Choice{Value: v, Title: sdk.Text{EN: v}})
		}
	}
	var out []sdk.Choice
	for _, ch := range choices {
		if strings.Contains(strings.ToLower(ch.Value+" "+ch.Title.EN), strings.ToLower(req.Search)) {
			out = append(out, ch)
		}
	}
	if req.Limit > 0 && len(out) > req.Limit {
		out = out[:req.Limit]
	}
	return out, nil
}

// Authorize implements sdk.Authorizer. Nobody is asked: Grant decides.
func (c *conn) Authorize(ctx context.Context, req sdk.AuthorizeRequest) (sdk.Authorization, error) {
	if err := c.begin(ctx, Call{Op: "authorize"}); err != nil {
		return sdk.Authorization{}, err
	}
	a := sdk.Authorization{Expires: c.sys.clock().Add(15 * time.Minute)}
	q := url.Values{"redirect_uri": {req.RedirectURI}, "state": {req.State}, "code_challenge": {req.Challenge}, "nonce": {req.Nonce}, "login_hint": {req.LoginHint}}
	switch req.Flow {
	case "code", "admin":
		a.URL = "https://memory.invalid/authorize?" + q.Encode()
	case "device":
		a.URL, a.UserCode, a.Device, a.Interval = "https://memory.invalid/device", "MEMORY", sdk.NewSecret("device"), time.Second
	default:
		return sdk.Authorization{}, at(sdk.Errorf(sdk.Invalid, "flow", "the flow is code, device or admin, not %q", req.Flow), "authorize", "", "", "")
	}
	return a, nil
}

// Redeem implements sdk.Authorizer.
func (c *conn) Redeem(ctx context.Context, req sdk.RedeemRequest) (sdk.Consent, error) {
	if err := c.begin(ctx, Call{Op: "redeem"}); err != nil {
		return sdk.Consent{}, err
	}
	c.sys.mu.Lock()
	defer c.sys.mu.Unlock()
	consent, ok := c.sys.grants[req.Code.Reveal()]
	switch {
	case ok:
		return consent, nil
	case req.Device:
		return sdk.Consent{}, &sdk.Error{Op: "redeem", Kind: sdk.Pending, Code: "authorization_pending", RetryAfter: time.Second}
	}
	return sdk.Consent{}, &sdk.Error{Op: "redeem", Kind: sdk.Auth, Code: "invalid_grant"}
}

// OpenBlob implements sdk.BlobOpener.
func (c *conn) OpenBlob(ctx context.Context, ref string) (io.ReadCloser, error) {
	if err := c.begin(ctx, Call{Op: "blob", Key: ref}); err != nil {
		return nil, err
	}
	s := c.sys
	if err := s.enter(); err != nil {
		return nil, at(err, "blob", "", "", ref)
	}
	defer s.leave()
	b, ok := s.state.Blobs[ref]
	if !ok {
		return nil, at(sdk.Errorf(sdk.NotFound, "blob_unknown", "there is no blob %q", ref), "blob", "", "", "")
	}
	return io.NopCloser(bytes.NewReader(b)), nil
}
