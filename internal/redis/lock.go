package redis

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/go-redsync/redsync/v4"
	pool "github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/prometheus/client_golang/prometheus"
	goredis "github.com/redis/go-redis/v9"

	"fairground/internal/clock"
)

// The modes of NewLocker. Money is the same in all of them.
const (
	ModeRedis = "redis" // one holder a key, across processes
	ModeOff   = "off"   // no lock at all
	ModeLiar  = "liar"  // says yes to everybody: for tests that prove the lock is no fence
)

const (
	lockTTL  = 3 * time.Second
	lockWait = 150 * time.Millisecond
	lockStep = 10 * time.Millisecond
	// pause is how long a locker leaves an unreachable Redis alone, so that an outage costs
	// one timeout a second and not one a bet.
	pause = time.Second
)

// ErrBusy means that somebody else held the lock for as long as Lock may wait.
var ErrBusy = errors.New("redis: the lock is held")

// Locker is admission control: it keeps most collisions away from the database.
type Locker interface {
	// Lock takes the lock of key and returns its release, which is never nil when err is nil
	// and may be called once. It returns ErrBusy when the lock stays held for 150 ms, or the
	// context's error. When Redis can't be reached it returns as if it held the lock.
	Lock(ctx context.Context, key string) (unlock func(), err error)
}

// LockOption adds to what NewLocker makes.
type LockOption func(*redisLocker)

// WithRegisterer counts the lock's answers in fairground_lock_total{result}.
func WithRegisterer(r prometheus.Registerer) LockOption {
	return func(l *redisLocker) { r.MustRegister(l.results) }
}

// WithClock replaces the system clock.
func WithClock(c clock.Clock) LockOption {
	return func(l *redisLocker) { l.clock = c }
}

// NewLocker makes a locker of a mode: redis, off or liar. Only redis uses the client.
func NewLocker(mode string, client *goredis.Client, opts ...LockOption) (Locker, error) {
	switch mode {
	case ModeOff, ModeLiar:
		return yes{}, nil
	case ModeRedis:
		if client == nil {
			return nil, errors.New("redis: the lock mode redis needs a client")
		}
	default:
		return nil, fmt.Errorf("redis: unknown lock mode %q: use redis, off or liar", mode)
	}
	l := &redisLocker{
		sync:  redsync.New(pool.NewPool(client)),
		clock: clock.System(),
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairground_lock_total",
			Help: "Answers of the admission lock: held, busy, or unreachable (and let through).",
		}, []string{"result"}),
	}
	for _, opt := range opts {
		opt(l)
	}
	return l, nil
}

// yes is a lock that nobody ever has to wait for.
type yes struct{}

func (yes) Lock(ctx context.Context, _ string) (func(), error) {
	return func() {}, ctx.Err()
}

type redisLocker struct {
	sync    *redsync.Redsync
	clock   clock.Clock
	results *prometheus.CounterVec
	// closedUntil is when to ask Redis again, in nanoseconds since 1970.
	closedUntil atomic.Int64
}

func (l *redisLocker) Lock(ctx context.Context, key string) (func(), error) {
	if l.clock.Now().UnixNano() < l.closedUntil.Load() {
		return l.through()
	}
	mutex := l.sync.NewMutex("fairground:lock:"+key, redsync.WithExpiry(lockTTL), redsync.WithFailFast(true))
	limited, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for held := false; ; {
		err := mutex.TryLockContext(limited)
		if err == nil {
			l.results.WithLabelValues("held").Inc()
			return func() { l.unlock(ctx, mutex) }, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if _, taken := errors.AsType[*redsync.ErrTaken](err); taken {
			held = true
		} else if !held || limited.Err() == nil {
			l.closedUntil.Store(l.clock.Now().Add(pause).UnixNano())
			return l.through()
		}
		// Jitter, so that waiters do not ask in step.
		wait := lockStep + rand.N(lockStep) //nolint:gosec // jitter needs no secrecy
		if clock.Sleep(limited, l.clock, wait) == nil {
			continue
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		l.results.WithLabelValues("busy").Inc()
		return nil, ErrBusy
	}
}

// through lets the caller pass without a lock and counts it.
func (l *redisLocker) through() (func(), error) {
	l.results.WithLabelValues("unreachable").Inc()
	return func() {}, nil
}

// unlock runs after the work, whose context may be over. A failure is left to the TTL.
func (l *redisLocker) unlock(ctx context.Context, mutex *redsync.Mutex) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockWait)
	defer cancel()
	_, _ = mutex.UnlockContext(ctx)
}
