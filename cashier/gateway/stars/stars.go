package stars

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"fairground/cashier/gateway"
)

// Asset is the currency of Telegram Stars; it has no decimal places.
const Asset = "xtr"

// StartPrefix leads the intent in the payload of the bot's /start command.
const StartPrefix = "pay_"

// Fields documents the settings of an account of this kind.
func Fields() []gateway.Field {
	return []gateway.Field{
		{Name: "bot_username", Title: "The bot's user name, without @", Required: true},
		{Name: "title", Title: "Name shown to players"},
	}
}

var (
	username = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{3,31}$`)
	payload  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,60}$`) // 64 characters of a start payload less the prefix
)

// Gateway makes deep links.
type Gateway struct{ bot, title string }

// New makes a gateway of an account's settings. It returns gateway.ErrSettings.
func New(s gateway.Settings) (gateway.Gateway, error) {
	if err := s.Check(Fields()); err != nil {
		return nil, err
	}
	bot := strings.TrimPrefix(s.Values["bot_username"], "@")
	if !username.MatchString(bot) {
		return nil, fmt.Errorf("%w: bot_username is not a Telegram user name", gateway.ErrSettings)
	}
	title := s.Values["title"]
	if title == "" {
		title = "Telegram Stars"
	}
	return &Gateway{bot: bot, title: title}, nil
}

// Info implements gateway.Gateway. Refunds and statements go through the bot, not through this gateway.
func (g *Gateway) Info() gateway.Info {
	return gateway.Info{Kind: "stars", Title: g.title, Assets: []string{Asset}, Deposits: true}
}

// CreateDeposit gives the link that opens the bot with the intent; the bot then sends the invoice.
func (g *Gateway) CreateDeposit(_ context.Context, r gateway.DepositRequest) (gateway.Instruction, error) {
	switch {
	case r.Scale != 0 || r.Amount <= 0:
		return gateway.Instruction{}, gateway.Refused("stars are whole and more than none")
	case !payload.MatchString(r.Intent):
		return gateway.Instruction{}, gateway.Refused("the intent does not fit a start link")
	}
	return gateway.Instruction{
		Ref: r.Intent, URL: "https://t.me/" + g.bot + "?start=" + StartPrefix + r.Intent, ExpiresAt: r.ExpiresAt.UTC(),
	}, nil
}

// Deposit is not supported: Telegram tells of a payment once, to the bot.
func (g *Gateway) Deposit(context.Context, string) (gateway.Notice, error) {
	return gateway.Notice{}, gateway.ErrUnsupported
}

// Payout is not supported: Stars cannot be sent to a person.
func (g *Gateway) Payout(context.Context, gateway.PayoutRequest) (gateway.PayoutResult, error) {
	return gateway.PayoutResult{}, gateway.ErrUnsupported
}

// PayoutStatus is not supported.
func (g *Gateway) PayoutStatus(context.Context, string) (gateway.PayoutResult, error) {
	return gateway.PayoutResult{}, gateway.ErrUnsupported
}

// Refund is not supported here: only the bot holds the token that Telegram asks for, so the cashier writes a notification
// of the kind "stars.refund" and the bot performs it.
func (g *Gateway) Refund(context.Context, gateway.RefundRequest) error { return gateway.ErrUnsupported }

// ParseWebhook is not supported: payments arrive as updates of the bot.
func (g *Gateway) ParseWebhook(http.Header, []byte, time.Time) ([]gateway.Notice, error) {
	return nil, gateway.ErrUnsupported
}

// Statement is not supported: the list of Star transactions is the bot's to ask for.
func (g *Gateway) Statement(context.Context, time.Time, time.Time, string) (gateway.Statement, error) {
	return gateway.Statement{}, gateway.ErrUnsupported
}
