package ingest

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/models"
	"fairground/players"
)

// Refusals of callbacks.
var (
	errForged    = models.E("hooks.forged", "the signature does not fit the body")
	errStale     = models.E("hooks.stale", "the callback is too old or too far ahead")
	errMalformed = models.E("hooks.malformed", "the body can't be read")
	errAccount   = models.E("hooks.account_not_found", "there is no such account")
)

// Hooks answers callbacks. It is safe for concurrent use.
type Hooks struct {
	cashier *cashier.Cashier
	players *players.Players
}

// New makes the hooks. Without a cashier they answer 503, so that a gateway keeps what it has to say.
func New(c *cashier.Cashier, p *players.Players) *Hooks { return &Hooks{cashier: c, players: p} }

// Payment takes a callback of a payment gateway.
func (h *Hooks) Payment(c echo.Context) error {
	if h.cashier == nil {
		return models.E("api.unavailable", "the cashier is not served here")
	}
	return receive(c, h.cashier.ReceiveWebhook)
}

// KYC takes a callback of an identity provider.
func (h *Hooks) KYC(c echo.Context) error {
	return receive(c, h.players.ReceiveKYC)
}

// receive answers 204 once the room has committed what came, so a gateway that is answered need not try again.
func receive(c echo.Context, room func(ctx context.Context, account string, header http.Header, body []byte) error) error {
	r := c.Request()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if err := room(r.Context(), c.Param("account"), r.Header, body); err != nil {
		return translate(err)
	}
	return c.NoContent(http.StatusNoContent)
}

// translate names what the signature's check found. Other errors are as the room gave them.
func translate(err error) error {
	switch {
	case errors.Is(err, gateway.ErrForged):
		return errForged
	case errors.Is(err, gateway.ErrStale):
		return errStale
	case errors.Is(err, gateway.ErrMalformed), errors.Is(err, gateway.ErrUnsupported):
		return errMalformed
	case errors.Is(err, players.ErrTenantNotFound), errors.Is(err, cashier.ErrAccountNotFound):
		return errAccount
	default:
		return err
	}
}
