package api

import (
	"net"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"fairground/internal/clock"
	"fairground/models"
)

const (
	// Sign-in tries of one address: a burst of a shared office, then a slow drip, so that guessing
	// a 40-bit code that lives for 10 minutes is hopeless.
	signInEvery = 200 * time.Millisecond
	signInBurst = 60
	// Callbacks of one account: more than a busy gateway sends, less than would hurt. A gateway
	// that is told 429 sends again.
	hookEvery = 5 * time.Millisecond
	hookBurst = 1000
	maxKeys   = 10_000
)

// limiter is a token bucket for each client address or account. It forgets all when it is full:
// an attacker with that many addresses gains a burst each.
type limiter struct {
	clock   clock.Clock
	every   time.Duration
	burst   int
	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

func newLimiter(clk clock.Clock, every time.Duration, burst int) *limiter {
	return &limiter{clock: clk, every: every, burst: burst, buckets: map[string]*rate.Limiter{}}
}

// allow says whether the key may try once more.
func (l *limiter) allow(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.buckets[key]
	if !ok {
		if len(l.buckets) >= maxKeys {
			clear(l.buckets)
		}
		b = rate.NewLimiter(rate.Every(l.every), l.burst)
		l.buckets[key] = b
	}
	return b.AllowN(l.clock.Now(), 1)
}

// slow keeps codes, passwords and initData from being guessed, and callbacks from flooding.
func (s *server) slow(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		op, ok := s.operations.find(c.Request().Method, c.Path())
		if ok && op.hook && !s.hooks.allow(c.Param("account")) {
			return &models.Error{Code: codeRateLimited}
		}
		if !ok || !op.public || !strings.HasPrefix(c.Path(), "/v1/auth/") && !op.operator() {
			return next(c)
		}
		// The connection's own address: headers that name another one can be forged.
		address, _, err := net.SplitHostPort(c.Request().RemoteAddr)
		if err != nil {
			address = c.Request().RemoteAddr
		}
		if !s.signIns.allow(address) {
			return &models.Error{Code: codeRateLimited}
		}
		return next(c)
	}
}
