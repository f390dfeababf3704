package api

import (
	"strings"

	"github.com/labstack/echo/v4"

	"fairground/api/player"
	"fairground/models"
)

// authenticate checks the token of every player's operation that the document does not
// call public. Operators are authorise's.
func (s *server) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		op, ok := s.operations.find(c.Request().Method, c.Path())
		if !ok || op.public || op.operator() {
			return next(c)
		}
		if op.wallet && s.deps.Cashier == nil {
			return &models.Error{Code: codeUnavailable}
		}
		token, ok := bearer(c.Request().Header.Get("Authorization"))
		if !ok {
			return &models.Error{Code: codeUnauthorized}
		}
		id, err := s.deps.Players.Authenticate(c.Request().Context(), token)
		if err != nil {
			return err
		}
		c.SetRequest(c.Request().WithContext(player.WithCaller(c.Request().Context(), player.Caller{Identity: id, Token: token})))
		return next(c)
	}
}

func bearer(header string) (string, bool) {
	scheme, token, ok := strings.Cut(header, " ")
	return token, ok && token != "" && strings.EqualFold(scheme, "Bearer")
}
