package postgres

import (
	"context"
	"math/rand/v2"
	"time"

	"fairground/internal/clock"
)

const (
	maxTries  = 5
	firstWait = 4 * time.Millisecond
)

// retry runs fn until it succeeds, fails for good, or was tried five times.
func retry(ctx context.Context, fn func() error) error {
	for try := 1; ; try++ {
		err := fn()
		if err == nil {
			return nil
		}
		if try == maxTries || !retryable(err) || ctx.Err() != nil {
			return explain(ctx, err)
		}
		// Full jitter: two writers that collided must not collide again in step.
		limit := firstWait << try
		if clock.Sleep(ctx, clock.System(), rand.N(limit)) != nil { //nolint:gosec // jitter needs no secrecy
			return explain(ctx, err)
		}
	}
}
