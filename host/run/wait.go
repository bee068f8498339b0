package run

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

const (
	triesAtOnce = 4               // calls of a system that is throttled or down, before the partition gives up
	firstWait   = time.Second     // without a Retry-After; doubled each time, with full jitter
	longestWait = 5 * time.Minute // a longer Retry-After ends the partition: the next run comes then
)

// again waits before a call is repeated. It returns err itself if repeating it
// makes no sense (any more).
func (r *Runner) again(ctx context.Context, err error, tries int) error {
	e := sdk.AsError(err)
	if !e.Kind.Temporary() || tries >= triesAtOnce || e.RetryAfter > longestWait {
		return err
	}
	wait := e.RetryAfter
	if wait <= 0 {
		full := firstWait << (tries - 1)
		n, rerr := r.random()
		if rerr != nil {
			return errors.Join(err, rerr)
		}
		wait = full/2 + time.Duration(n%uint64(full/2+1))
	}
	if serr := r.Sleep(ctx, wait); serr != nil {
		return fmt.Errorf("%w while waiting after: %w", serr, err)
	}
	return nil
}

// retried calls f until it succeeds, fails for good, or has been throttled too
// often.
func (r *Runner) retried(ctx context.Context, f func() error) error {
	for tries := 1; ; tries++ {
		err := f()
		if err == nil {
			return nil
		}
		if err := r.again(ctx, err, tries); err != nil {
			return err
		}
	}
}

func (r *Runner) random() (uint64, error) {
	var b [8]byte
	if _, err := io.ReadFull(r.Rand, b[:]); err != nil {
		return 0, fmt.Errorf("randomness: %w", err)
	}
	return binary.BigEndian.Uint64(b[:]), nil
}

// intent makes the idempotency key of a create: a random UUID (RFC 9562, version 4).
func (r *Runner) intent() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(r.Rand, b[:]); err != nil {
		return "", fmt.Errorf("randomness: %w", err)
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}
