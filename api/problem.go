package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"fairground/api/gen"
	"fairground/internal/postgres"
	"fairground/models"
)

const problemType = "application/problem+json"

// onError renders every error a handler or the router returned. Handlers never render errors
// themselves, so that all look the same.
func (s *server) onError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	known := s.translate(err)
	how, ok := s.codes[known.Code]
	if !ok {
		s.logger.ErrorContext(c.Request().Context(), "an error code is not in the document", slog.String("code", known.Code))
		known, how = &models.Error{Code: codeInternal}, s.codes[codeInternal]
	}
	if known.Code == codeInternal && !errors.Is(err, context.Canceled) {
		s.logger.ErrorContext(c.Request().Context(), "request failed",
			slog.String("request_id", requestID(c)), slog.String("route", c.Path()), slog.Any("error", err))
	}
	c.Set(keyCode, known.Code)
	s.write(c, known, how)
}

func (s *server) write(c echo.Context, known *models.Error, how code) {
	p := gen.Problem{
		Type: "urn:fairground:error:" + known.Code, Title: how.title, Status: int32(how.status), //nolint:gosec // a constant of net/http
		Code: gen.ErrorCode(known.Code), RequestId: requestID(c),
		Detail: optional(known.Message), Field: optional(known.Field), Fix: optional(known.Fix),
	}
	if p.Fix == nil {
		p.Fix = optional(how.fix)
	}
	if len(known.Data) > 0 {
		p.Data = &known.Data
	}
	header := c.Response().Header()
	if how.status == http.StatusTooManyRequests || how.status == http.StatusServiceUnavailable {
		header.Set("Retry-After", strconv.FormatInt(retryAfter(known), 10))
	}
	if how.status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", `Bearer realm="fairground"`)
	}
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", problemType)
	c.Response().WriteHeader(how.status)
	if c.Request().Method == http.MethodHead {
		return
	}
	if err := json.NewEncoder(c.Response()).Encode(p); err != nil {
		s.logger.DebugContext(c.Request().Context(), "the client left before the answer", slog.Any("error", err))
	}
}

// translate finds the code of any error; what nobody named is api.internal without details.
func (s *server) translate(err error) *models.Error {
	if known, ok := errors.AsType[*models.Error](err); ok {
		if known.Field == "cursor" || strings.HasSuffix(known.Code, ".invalid_cursor") {
			return &models.Error{Code: codeInvalidCursor, Field: "cursor"} // whatever the room calls it
		}
		return known
	}
	if status, ok := errors.AsType[*echo.HTTPError](err); ok {
		return &models.Error{Code: codeOfStatus(status.Code)}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &models.Error{Code: codeTooLarge}
	}
	switch {
	case errors.Is(err, postgres.ErrBusy):
		return &models.Error{Code: "games.busy"}
	case errors.Is(err, postgres.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return &models.Error{Code: codeTimeout}
	case errors.Is(err, postgres.ErrUnavailable):
		return &models.Error{Code: codeUnavailable}
	}
	return &models.Error{Code: codeInternal}
}

// codeOfStatus names what Echo's router and binder answer with.
func codeOfStatus(status int) string {
	switch status {
	case http.StatusNotFound:
		return codeNotFound
	case http.StatusMethodNotAllowed:
		return codeMethod
	case http.StatusRequestEntityTooLarge:
		return codeTooLarge
	case http.StatusUnsupportedMediaType:
		return codeMediaType
	case http.StatusUnauthorized:
		return codeUnauthorized
	}
	if status >= http.StatusBadRequest && status < http.StatusInternalServerError {
		return codeInvalidRequest
	}
	return codeInternal
}

// retryAfter is how many seconds the error asks to wait, at least 1.
func retryAfter(e *models.Error) int64 {
	if n, ok := e.Data["retry_after"].(int64); ok && n > 0 {
		return n
	}
	return 1
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
