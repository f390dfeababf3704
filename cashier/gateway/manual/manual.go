package manual

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"fairground/cashier/gateway"
)

// Fields documents the settings of an account of this kind.
func Fields() []gateway.Field {
	return []gateway.Field{
		{Name: "instructions", Title: "How to pay, shown to the player; {intent} and {amount} are filled in. Empty: no deposits"},
		{Name: "title", Title: "Name shown to players"},
		{Name: "assets", Title: "Assets it carries, separated by commas"},
	}
}

// Gateway answers by itself and calls nobody.
type Gateway struct {
	info         gateway.Info
	instructions string
}

// New makes a gateway of an account's settings. It returns gateway.ErrSettings.
func New(s gateway.Settings) (gateway.Gateway, error) {
	if err := s.Check(Fields()); err != nil {
		return nil, err
	}
	title := s.Values["title"]
	if title == "" {
		title = "By hand"
	}
	return &Gateway{
		instructions: s.Values["instructions"],
		info: gateway.Info{
			Kind: "manual", Title: title, Assets: gateway.SplitAssets(s.Values["assets"]),
			Deposits: s.Values["instructions"] != "", Payouts: true, Manual: true,
		},
	}, nil
}

// Info implements gateway.Gateway.
func (g *Gateway) Info() gateway.Info {
	info := g.info
	info.Assets = slices.Clone(info.Assets)
	return info
}

// CreateDeposit gives the account's text with the intent as reference. An operator credits the player when it arrives.
func (g *Gateway) CreateDeposit(_ context.Context, r gateway.DepositRequest) (gateway.Instruction, error) {
	if !g.info.Deposits {
		return gateway.Instruction{}, gateway.ErrUnsupported
	}
	amount := gateway.FormatAmount(r.Amount, r.Scale) + " " + strings.ToUpper(r.Asset)
	text := strings.NewReplacer("{intent}", r.Intent, "{amount}", amount).Replace(g.instructions)
	return gateway.Instruction{Ref: r.Intent, Memo: text, ExpiresAt: r.ExpiresAt.UTC()}, nil
}

// Deposit is not supported: nobody can be asked.
func (g *Gateway) Deposit(context.Context, string) (gateway.Notice, error) {
	return gateway.Notice{}, gateway.ErrUnsupported
}

// Payout leaves the payment to a person.
func (g *Gateway) Payout(context.Context, gateway.PayoutRequest) (gateway.PayoutResult, error) {
	return gateway.PayoutResult{State: gateway.PayoutManual}, nil
}

// PayoutStatus is PayoutManual for every key: what a person recorded stands with the withdrawal, not here.
func (g *Gateway) PayoutStatus(context.Context, string) (gateway.PayoutResult, error) {
	return gateway.PayoutResult{State: gateway.PayoutManual}, nil
}

// Refund is not supported: a person sends the money back.
func (g *Gateway) Refund(context.Context, gateway.RefundRequest) error { return gateway.ErrUnsupported }

// ParseWebhook is not supported.
func (g *Gateway) ParseWebhook(http.Header, []byte, time.Time) ([]gateway.Notice, error) {
	return nil, gateway.ErrUnsupported
}

// Statement is not supported.
func (g *Gateway) Statement(context.Context, time.Time, time.Time, string) (gateway.Statement, error) {
	return gateway.Statement{}, gateway.ErrUnsupported
}
