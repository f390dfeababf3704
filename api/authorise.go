package api

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"fairground/api/operator"
	"fairground/models"
	"fairground/operators"
)

// authorise decides for every operation of the operator document, by what the document declares,
// whether the caller may use it. Handlers behind it can't forget to ask. The database asks again
// whenever something is written.
func (s *server) authorise(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		op, ok := s.operations.find(c.Request().Method, c.Path())
		if !ok || !op.operator() {
			return next(c)
		}
		if s.deps.Operators == nil || s.deps.Cashier == nil {
			return &models.Error{Code: codeUnavailable}
		}
		call := operator.Call{Secure: s.secureCookies(), RequestID: requestID(c)}
		if state, err := c.Cookie(operator.StateCookie(call.Secure)); err == nil {
			call.OIDCState = state.Value
		}
		if op.permission != permissionPublic {
			a, err := s.whoActs(c)
			if err != nil {
				return err
			}
			if err := s.permit(op, a); err != nil {
				return err
			}
			a.RequestID = call.RequestID
			call.Authority = a
		}
		r := c.Request()
		c.Response().Header().Set("Cache-Control", "no-store")
		c.SetRequest(r.WithContext(operator.WithCall(r.Context(), call)))
		return next(c)
	}
}

// whoActs authenticates the caller by the bearer token, else by the cookie. A cookie is sent by the browser by
// itself, so a request that changes something must also show that it comes from a page that could read an answer.
func (s *server) whoActs(c echo.Context) (operators.Authority, error) {
	r := c.Request()
	token, byHeader := bearer(r.Header.Get("Authorization"))
	if !byHeader {
		cookie, err := c.Cookie(operator.SessionCookie(s.secureCookies()))
		if err != nil || cookie.Value == "" || r.Header.Get("Authorization") != "" {
			return operators.Authority{}, &models.Error{Code: codeUnauthorized, Fix: "sign in, or send Authorization: Bearer"}
		}
		token = cookie.Value
	}
	a, err := s.deps.Operators.Authenticate(r.Context(), token)
	if err != nil {
		return operators.Authority{}, err
	}
	if !byHeader && !safe(r.Method) && !sameSecret(r.Header.Get("X-CSRF-Token"), a.CSRF) {
		return operators.Authority{}, &models.Error{Code: codeCSRF}
	}
	return a, nil
}

// permit holds the caller against the declaration.
func (s *server) permit(op operation, a operators.Authority) error {
	if op.permission == permissionSession {
		if a.Via != operators.ViaSession {
			return operators.ErrSessionOnly
		}
	} else if err := a.Allow(operators.Permission(op.permission)); err != nil {
		return err
	}
	if op.stepUp && !a.SteppedUp(s.deps.Clock.Now()) && !slices.Contains(a.Scopes, operators.ScopeStepUp) {
		return operators.ErrStepUpRequired
	}
	return nil
}

func (s *server) secureCookies() bool { return strings.HasPrefix(s.deps.PublicURL, "https://") }

func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

func sameSecret(sent, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(sent), []byte(want)) == 1
}
