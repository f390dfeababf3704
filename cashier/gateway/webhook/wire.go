package webhook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"fairground/cashier/gateway"
)

type depositRequest struct {
	Intent      string    `json:"intent"`
	Asset       string    `json:"asset"`
	Amount      int64     `json:"amount"`
	Scale       int       `json:"scale"`
	Description string    `json:"description,omitempty"`
	CallbackURL string    `json:"callback_url,omitempty"`
	ExpiresAt   time.Time `json:"expires_at,omitzero"`
}

type instruction struct {
	Ref       string    `json:"ref"`
	URL       string    `json:"url"`
	Address   string    `json:"address"`
	Memo      string    `json:"memo"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

type deposit struct {
	Tx            string    `json:"tx"`
	Ref           string    `json:"ref"`
	Intent        string    `json:"intent"`
	Asset         string    `json:"asset"`
	Amount        int64     `json:"amount"`
	Scale         int       `json:"scale"`
	State         string    `json:"state"`
	Confirmations int       `json:"confirmations"`
	Needed        int       `json:"needed"`
	At            time.Time `json:"at"`
}

func (d deposit) valid() bool {
	states := []string{gateway.DepositPending, gateway.DepositConfirmed, gateway.DepositFailed}
	return d.Tx != "" && d.Asset != "" && d.Amount >= 0 && validScale(d.Scale) && slices.Contains(states, d.State)
}

func (d deposit) notice(event string, raw []byte) gateway.Notice {
	return gateway.Notice{
		Kind: gateway.NoticeDeposit, EventID: event, Tx: d.Tx, Ref: d.Ref, Intent: d.Intent, Asset: d.Asset,
		Amount: d.Amount, Scale: d.Scale, State: d.State, Confirmations: d.Confirmations, Needed: d.Needed,
		At: d.At.UTC(), Raw: raw,
	}
}

type payoutRequest struct {
	Key         string `json:"key"`
	Asset       string `json:"asset"`
	Amount      int64  `json:"amount"`
	Scale       int    `json:"scale"`
	Destination string `json:"destination"`
	CallbackURL string `json:"callback_url,omitempty"`
}

type payout struct {
	Key    string    `json:"key"`
	Ref    string    `json:"ref"`
	State  string    `json:"state"`
	Reason string    `json:"reason"`
	Asset  string    `json:"asset"`
	Amount int64     `json:"amount"`
	Scale  int       `json:"scale"`
	At     time.Time `json:"at"`
}

func (p payout) valid() bool {
	state := gateway.PayoutState(p.State)
	return p.Key != "" && state.Valid() && state != gateway.PayoutManual && validScale(p.Scale)
}

func (p payout) result() gateway.PayoutResult {
	return gateway.PayoutResult{
		State: gateway.PayoutState(p.State), Ref: p.Ref, Reason: short(p.Reason), Asset: p.Asset, Amount: p.Amount, Scale: p.Scale,
	}
}

func (p payout) notice(event string, raw []byte) gateway.Notice {
	return gateway.Notice{
		Kind: gateway.NoticePayout, EventID: event, Key: p.Key, Ref: p.Ref, Asset: p.Asset, Amount: p.Amount,
		Scale: p.Scale, State: p.State, Reason: short(p.Reason), At: p.At.UTC(), Raw: raw,
	}
}

type refund struct {
	Key    string `json:"key"`
	Tx     string `json:"tx"`
	Ref    string `json:"ref,omitempty"`
	Asset  string `json:"asset"`
	Amount int64  `json:"amount"`
	Scale  int    `json:"scale"`
}

type statement struct {
	Entries []entry `json:"entries"`
	Next    string  `json:"next"`
}

type entry struct {
	Kind   string    `json:"kind"`
	Key    string    `json:"key"`
	Ref    string    `json:"ref"`
	Tx     string    `json:"tx"`
	Asset  string    `json:"asset"`
	Amount int64     `json:"amount"`
	Scale  int       `json:"scale"`
	At     time.Time `json:"at"`
}

func (e entry) valid() bool {
	kinds := []gateway.EntryKind{gateway.EntryDeposit, gateway.EntryPayout, gateway.EntryRefund}
	return slices.Contains(kinds, gateway.EntryKind(e.Kind)) && e.Asset != "" && e.Amount >= 0 && validScale(e.Scale)
}

func validScale(scale int) bool { return scale >= 0 && scale <= gateway.MaxScale }

// The codes that mean a definite no. Everything else leaves doubt.
func payoutRefusals() []string {
	return []string{
		"payout.refused", "payout.destination_invalid", "payout.amount_invalid", "payout.asset_unsupported",
		"payout.insufficient_funds",
	}
}

func depositRefusals() []string {
	return []string{"deposit.refused", "deposit.amount_invalid", "deposit.asset_unsupported", "deposit.intent_conflict"}
}

// That a payment was refunded already, or the key used, is no refusal: the payer may have the money.
func refundRefusals() []string {
	return []string{"refund.refused", "refund.not_found", "refund.amount_invalid"}
}

// code is the error code of an answer, or the empty string.
func code(a gateway.Answer) string {
	var said struct {
		Code string `json:"code"`
	}
	if json.Unmarshal(a.Body, &said) != nil {
		return ""
	}
	return said.Code
}

// refusal is ErrRefused for a definite code and ErrUnknown for all else.
func refusal(a gateway.Answer, definite func() []string) error {
	said := code(a)
	if a.Status >= 400 && a.Status < 500 && slices.Contains(definite(), said) {
		return gateway.Refused(said)
	}
	return doubt(a)
}

// missing is ErrNotFound for a 404 with the code, and ErrUnknown for all else: a proxy's 404 proves nothing.
func missing(a gateway.Answer, want string) error {
	if a.Status == http.StatusNotFound && code(a) == want {
		return gateway.ErrNotFound
	}
	return doubt(a)
}

func doubt(a gateway.Answer) error {
	return fmt.Errorf("%w: the gateway answered %d", gateway.ErrUnknown, a.Status)
}

func unreadable() error { return fmt.Errorf("%w: the answer cannot be read", gateway.ErrUnknown) }

// short bounds a text that a gateway sent.
func short(text string) string {
	const most = 200
	runes := []rune(text)
	if len(runes) > most {
		runes = runes[:most]
	}
	return string(runes)
}
