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

// Sign-in tries of one address: a burst of a shared office, then a slow drip, so that guessing
// a 40-bit code that lives for 10 minutes is hopeless.
const (
	signInEvery = 200 * time.Millisecond
	signInBurst = 60
	maxAddress  = 10_000
)

// addressLimiter is a token bucket for each client address. It forgets all when it is full:
// an attacker with that many addresses gains a burst each.
type addressLimiter struct {
	clock   clock.Clock
	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

func newAddressLimiter(clk clock.Clock) *addressLimiter {
	return &addressLimiter{clock: clk, buckets: map[string]*rate.Limiter{}}
}

// allow says whether the address may try once more.
func (l *addressLimiter) allow(address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.buckets[address]
	if !ok {
		if len(l.buckets) >= maxAddress {
			clear(l.buckets)
		}
		b = rate.NewLimiter(rate.Every(signInEvery), signInBurst)
		l.buckets[address] = b
	}
	return b.AllowN(l.clock.Now(), 1)
}

// slowSignIn keeps codes and initData from being guessed.
func (s *server) slowSignIn(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		op, ok := s.operations.find(c.Request().Method, c.Path())
		if !ok || !op.public || !strings.HasPrefix(c.Path(), "/v1/auth/") {
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
