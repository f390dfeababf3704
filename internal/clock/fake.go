package clock

import (
	"slices"
	"sync"
	"time"
)

// Fake is a clock that stands still until a test moves it.
type Fake struct {
	mu     sync.Mutex
	now    time.Time
	timers []*fakeTimer
}

// NewFake is a clock that shows at, in UTC.
func NewFake(at time.Time) *Fake { return &Fake{now: at.UTC()} }

// Now is the time the test set.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// NewTimer fires when the test has moved the clock by d.
func (f *Fake) NewTimer(d time.Duration) Timer {
	t := &fakeTimer{clock: f, c: make(chan time.Time, 1)}
	t.Reset(d)
	return t
}

// Advance moves the clock forward and fires what became due, earliest first.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
	slices.SortStableFunc(f.timers, func(a, b *fakeTimer) int { return a.due.Compare(b.due) })
	due, _ := slices.BinarySearchFunc(f.timers, f.now, func(t *fakeTimer, now time.Time) int {
		if t.due.After(now) {
			return 1
		}
		return -1
	})
	for _, t := range f.timers[:due] {
		t.fire(f.now)
	}
	f.timers = slices.Delete(f.timers, 0, due)
}

// Waiting is how many timers have not fired; a test uses it to know that somebody waits.
func (f *Fake) Waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.timers)
}

type fakeTimer struct {
	clock *Fake
	due   time.Time
	c     chan time.Time
}

func (t *fakeTimer) C() <-chan time.Time { return t.c }

func (t *fakeTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	return t.remove()
}

func (t *fakeTimer) Reset(d time.Duration) bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	active := t.remove()
	t.due = t.clock.now.Add(d)
	if d <= 0 {
		t.fire(t.clock.now)
		return active
	}
	t.clock.timers = append(t.clock.timers, t)
	return active
}

// remove takes the timer off the clock; the clock is locked.
func (t *fakeTimer) remove() bool {
	i := slices.Index(t.clock.timers, t)
	if i < 0 {
		return false
	}
	t.clock.timers = slices.Delete(t.clock.timers, i, i+1)
	return true
}

// fire never blocks: a tick nobody took yet is enough.
func (t *fakeTimer) fire(now time.Time) {
	select {
	case t.c <- now:
	default:
	}
}
