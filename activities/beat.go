package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
)

// HeartbeatTimeout is how soon Temporal gives a step to another worker when this one died.
const HeartbeatTimeout = 6 * time.Second

// beatEvery is short enough for HeartbeatTimeout, and long enough that a usual step ends before the
// first beat: a beat costs a billable action.
const beatEvery = 2 * time.Second

// beat sends signs of life until stop is called.
func beat(ctx context.Context) (stop func()) {
	return beatEach(ctx, beatEvery, nil)
}

// beatEach sends signs of life with a cursor for whoever takes over.
func beatEach(ctx context.Context, gap time.Duration, cursor func() any) (stop func()) {
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(gap)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-ticker.C:
				if cursor == nil {
					activity.RecordHeartbeat(ctx)
				} else {
					activity.RecordHeartbeat(ctx, cursor())
				}
			}
		}
	}()
	return func() { close(done) }
}
