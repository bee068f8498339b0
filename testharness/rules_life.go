package testharness

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

func ruleKill(ctx context.Context, s *session) error {
	whole, err := s.list(ctx, nil)
	if err != nil {
		return err
	}
	killed := false
	err = s.read(ctx, sdk.ReadRequest{}, func(sdk.Batch) error {
		if killed {
			return nil
		}
		killed = true
		return s.kill()
	})
	if len(whole.batches) > 1 && (err == nil || !errors.Is(err, sdk.Unavailable)) {
		return fmt.Errorf("the read whose process was killed answers %v, not unavailable", err) //nolint:errorlint // it may be nil, which is shown as it is
	}
	again, err := s.list(ctx, nil)
	if err != nil {
		return fmt.Errorf("the first read after the kill: %w", err)
	}
	if d := missing(whole.last, again.last); len(d) > 0 {
		return fmt.Errorf("after the kill %d records are missing, the first %q", len(d), d[0])
	}
	return nil
}

func ruleThrottle(ctx context.Context, s *session) error {
	const wait = 2 * time.Hour // longer than any connector may wait by itself
	off := s.sys.Throttle(wait)
	ctx2, cancel := context.WithTimeout(ctx, 20*time.Second)
	err := s.read(ctx2, sdk.ReadRequest{}, nil)
	cancel()
	off()
	var e *sdk.Error
	switch {
	case err == nil:
		return errors.New("the system refused every request, and the read says that all is well")
	case errors.Is(err, sdk.Throttled) && (!errors.As(err, &e) || e.RetryAfter < wait/2):
		return fmt.Errorf("the refusal asks for %s, the error says: %w", wait, err)
	case !errors.Is(err, sdk.Throttled) && sdk.KindOf(err) != sdk.Cancelled && sdk.KindOf(err) != sdk.Unavailable:
		return fmt.Errorf("a refusal for too many requests is of kind throttled, not: %w", err)
	}
	return s.waitEnds(ctx)
}

// refusedBy is when a system has refused a request, which the harness cannot see.
const refusedBy = 500 * time.Millisecond

// waitEnds expects that a connector that waits for a throttling system stops
// waiting when it is cancelled. It is asked directly: a transport gives up at once,
// whatever the connector does.
func (s *session) waitEnds(ctx context.Context) error {
	ctx2, cancel := context.WithCancel(ctx)
	defer cancel()
	d, end, ok, err := s.direct(ctx2)
	if err != nil || !ok {
		return err
	}
	off := s.sys.Throttle(30 * time.Second) // a connector may wait that long by itself
	defer off()
	ended := make(chan error, 1)
	go func() { ended <- d.read(ctx2, sdk.ReadRequest{}, nil) }()
	select {
	case err := <-ended: // it does not wait
		ended <- err
	case <-time.After(refusedBy):
	}
	cancel()
	select {
	case <-ended: //nolint:errcheck // with which error does not matter here
		return end()
	case <-time.After(time.Second):
		return errors.New("the connector waits on for more than a second after it was cancelled")
	}
}

// ruleSecrets provokes errors of every sort and then searches what was printed.
func ruleSecrets(ctx context.Context, s *session) error {
	for _, provoke := range []func() error{
		func() error { return s.read(ctx, sdk.ReadRequest{}, nil) },
		func() error { return s.read(ctx, sdk.ReadRequest{Cursor: []byte("no cursor")}, nil) },
		func() error { return s.read(ctx, sdk.ReadRequest{Keys: []string{"no such key"}}, nil) },
		func() error { return s.read(ctx, sdk.ReadRequest{Filter: "no '' filter"}, nil) },
		func() error { _, err := s.write(ctx, sdk.Record{Data: []byte(`{"no such field":1}`)}); return err },
		func() error { _, err := sdk.Check(ctx, s.conn); return err },
	} {
		_ = s.note(provoke()) // an error is the point
	}
	if s.sys.Throttle != nil {
		off := s.sys.Throttle(2 * time.Hour)
		ctx2, cancel := context.WithTimeout(ctx, 2*time.Second)
		_ = s.note(s.read(ctx2, sdk.ReadRequest{}, nil)) // as above
		cancel()
		off()
	}
	printed := s.log.String() + s.errs.String()
	for form, text := range forms(s.sys.Secret) {
		if strings.Contains(printed, text) {
			return fmt.Errorf("the secret shows (%s)", form)
		}
	}
	return nil
}

// forms returns the ways in which a secret may have been written down.
func forms(secret string) map[string]string {
	b := []byte(secret)
	all := map[string]string{
		"as it is":       secret,
		"in hexadecimal": hex.EncodeToString(b),
		"escaped":        url.QueryEscape(secret),
		"escaped (path)": url.PathEscape(secret),
		"quoted":         strings.Trim(strconv.Quote(secret), `"`),
		"in HTML":        html.EscapeString(secret),
	}
	// Within a longer text, as of the Basic scheme, base64 looks otherwise by what
	// stands before: the characters that hold nothing but the secret stay.
	for skip := range 3 {
		before := make([]byte, skip)
		if n := (len(b) + skip) / 3 * 4; n-4 >= 8 {
			all[fmt.Sprintf("in base64 (%d)", skip)] = base64.StdEncoding.EncodeToString(append(before, b...))[min(skip, 1)*4 : n]
			all[fmt.Sprintf("in base64url (%d)", skip)] = base64.URLEncoding.EncodeToString(append(before, b...))[min(skip, 1)*4 : n]
		}
	}
	return all
}
