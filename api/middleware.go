package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"fairground/api/wallet"
	"fairground/internal/clock"
	"fairground/internal/secret"
	"fairground/models"
)

// Keys of values kept with a request.
const (
	keyRequestID = "request_id"
	keyCode      = "code"
)

const (
	maxBody        = 32 << 10
	maxHookBody    = 256 << 10
	maxLargeBody   = 8 << 20
	requestTimeout = 10 * time.Second
	maxInFlight    = 512
)

var requestIDPattern = regexp.MustCompile(`^[A-Za-z0-9-]{8,64}$`)

func requestID(c echo.Context) string {
	id, _ := c.Get(keyRequestID).(string)
	return id
}

// identify gives every request an id: the caller's X-Request-Id if it is plain, else a new one.
func identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get("X-Request-Id")
		if !requestIDPattern.MatchString(id) {
			id = secret.ID("")
		}
		c.Set(keyRequestID, id)
		c.Response().Header().Set("X-Request-Id", id)
		return next(c)
	}
}

// observe counts and logs requests. The log names the route and never the address, the token,
// the query or a person. Successful bets are only counted: they come by the thousand.
func (s *server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := s.deps.Clock.Now()
		if err := next(c); err != nil {
			c.Error(err) // renders it, so that the status is known here
		}
		took := clock.Since(s.deps.Clock, start)
		status := c.Response().Status
		route := c.Path()
		if route == "" {
			route = "none"
		}
		s.requests.WithLabelValues(c.Request().Method, route, strconv.Itoa(status)).Observe(took.Seconds())
		if s.quiet(c, status) {
			return nil
		}
		code, _ := c.Get(keyCode).(string)
		s.logger.InfoContext(c.Request().Context(), "request",
			slog.String("request_id", requestID(c)), slog.String("method", c.Request().Method), slog.String("route", route),
			slog.Int("status", status), slog.String("code", code), slog.Duration("took", took), slog.Int64("bytes", c.Response().Size))
		return nil
	}
}

func (s *server) quiet(c echo.Context, status int) bool {
	if status >= http.StatusBadRequest {
		return false
	}
	switch c.Path() {
	case hotPath, wallet.Route, "/healthz", "/readyz", "/metrics":
		return true
	}
	return false
}

// recoverPanics turns a panic into an error with its stack in the log.
func (s *server) recoverPanics(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if e, ok := v.(error); ok && errors.Is(e, http.ErrAbortHandler) {
				panic(v) // net/http's own way to drop a connection
			}
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}()
		return next(c)
	}
}

// secure sets headers that keep a browser from doing more with an answer than it should.
// Pages that need scripts replace the policy.
func (s *server) secure(next echo.HandlerFunc) echo.HandlerFunc {
	encrypted := strings.HasPrefix(s.deps.PublicURL, "https://")
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if encrypted {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}

// limit refuses what would be too much: requests beyond the number served at once, bodies
// beyond maxBody, work beyond requestTimeout.
func (s *server) limit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		select {
		case s.inFlight <- struct{}{}:
			defer func() { <-s.inFlight }()
		default:
			return &models.Error{Code: codeOverloaded}
		}
		r := c.Request()
		most, fix := int64(maxBody), ""
		if op, ok := s.operations.find(r.Method, c.Path()); ok {
			switch {
			case op.hook:
				most = maxHookBody
			case op.large:
				most, fix = maxLargeBody, "send at most 8 MiB"
			}
		}
		if r.ContentLength > most {
			return &models.Error{Code: codeTooLarge, Fix: fix}
		}
		r.Body = http.MaxBytesReader(c.Response(), r.Body, most)
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		c.SetRequest(r.WithContext(ctx))
		return next(c)
	}
}
