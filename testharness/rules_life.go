package testharness

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
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
		return fmt.Errorf("the read whose process was killed answers %v, not unavailable", err)
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
	return nil
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
	return map[string]string{
		"as it is":       secret,
		"in base64":      strings.TrimRight(base64.StdEncoding.EncodeToString(b), "="),
		"in base64url":   strings.TrimRight(base64.URLEncoding.EncodeToString(b), "="),
		"in hexadecimal": hex.EncodeToString(b),
		"escaped":        url.QueryEscape(secret),
	}
}
