package clock

import (
	"context"
	"time"
)

// Clock tells the time and makes timers. Everything that waits or stamps takes one.
type Clock interface {
	// Now is the present moment in UTC.
	Now() time.Time
	// NewTimer fires once after d. A caller that no longer needs it stops it.
	NewTimer(d time.Duration) Timer
}

// Timer is a pending event of a Clock. Reset starts it again, so that one timer can tick.
type Timer interface {
	C() <-chan time.Time
	Stop() bool
	Reset(d time.Duration) bool
}

// System is the machine's clock.
func System() Clock { return system{} }

// Sleep waits for d on c, or until ctx is done; then it returns ctx's error.
func Sleep(ctx context.Context, c Clock, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := c.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C():
		return nil
	}
}

// After is a channel that receives once, d from now on c.
func After(c Clock, d time.Duration) <-chan time.Time { return c.NewTimer(d).C() }

// Since is how long ago t was on c.
func Since(c Clock, t time.Time) time.Duration { return c.Now().Sub(t) }

type system struct{}

func (system) Now() time.Time { return time.Now().UTC() }

func (system) NewTimer(d time.Duration) Timer { return systemTimer{time.NewTimer(d)} }

type systemTimer struct{ t *time.Timer }

func (s systemTimer) C() <-chan time.Time        { return s.t.C }
func (s systemTimer) Stop() bool                 { return s.t.Stop() }
func (s systemTimer) Reset(d time.Duration) bool { return s.t.Reset(d) }
