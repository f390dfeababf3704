package wallet

import (
	"errors"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"fairground/providers"
	"fairground/providers/seamless"
)

// Route is Echo's pattern of the calls.
const Route = "/wallet/v1/:call"

// Server answers providers' calls. It is safe for concurrent use.
type Server struct{ providers *providers.Providers }

// New makes the server. Without providers every call is TEMPORARY_ERROR.
func New(p *providers.Providers) *Server { return &Server{providers: p} }

// Call answers one call.
func (s *Server) Call(c echo.Context) error {
	if s.providers == nil {
		return send(c, providers.Unavailable())
	}
	body, err := io.ReadAll(c.Request().Body)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge
	}
	if err != nil {
		return send(c, providers.Unavailable()) // the provider has gone, or will try again
	}
	return send(c, s.providers.Call(c.Request().Context(), seamless.Call(c.Param("call")), c.Request().Header, body))
}

func send(c echo.Context, r providers.Reply) error {
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	if r.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	return c.Blob(r.Status, echo.MIMEApplicationJSON, r.Body)
}
