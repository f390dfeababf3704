package cryptopay

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"fairground/cashier/gateway"
)

// SignatureHeader carries HMAC-SHA256 of the body, in hexadecimal, under the key SHA-256(token).
const SignatureHeader = "Crypto-Pay-Api-Signature"

// Window is how old a callback's request_date may be.
const Window = 5 * time.Minute

type invoice struct {
	ID         int64     `json:"invoice_id"`
	Status     string    `json:"status"` // active, paid, expired
	Asset      string    `json:"asset"`
	Amount     string    `json:"amount"`
	PaidAsset  string    `json:"paid_asset"`
	PaidAmount string    `json:"paid_amount"`
	Payload    string    `json:"payload"`
	URL        string    `json:"bot_invoice_url"`
	PayURL     string    `json:"pay_url"` // older name of the same
	Expires    time.Time `json:"expiration_date,omitzero"`
	Created    time.Time `json:"created_at,omitzero"`
	PaidAt     time.Time `json:"paid_at,omitzero"`
}

// CreateDeposit implements gateway.Gateway. The style has no key for invoices: a repeat makes a second one with the same
// payload, and each is credited by its own number.
func (g *Gateway) CreateDeposit(ctx context.Context, r gateway.DepositRequest) (gateway.Instruction, error) {
	params := map[string]any{
		"currency_type": "crypto", "asset": strings.ToUpper(r.Asset),
		"amount": gateway.FormatAmount(r.Amount, r.Scale), "payload": r.Intent,
	}
	if r.Description != "" {
		params["description"] = r.Description
	}
	if left := r.ExpiresAt.Sub(g.clock.Now()); !r.ExpiresAt.IsZero() && left >= time.Second {
		params["expires_in"] = int64(left / time.Second)
	}
	var said invoice
	if err := g.call(ctx, "createInvoice", params, &said); err != nil {
		return gateway.Instruction{}, err
	}
	ref := strconv.FormatInt(said.ID, 10)
	return gateway.Instruction{Ref: ref, URL: orElse(said.URL, said.PayURL), ExpiresAt: said.Expires.UTC()}, nil
}

// Deposit implements gateway.Gateway; tx is the invoice's number.
func (g *Gateway) Deposit(ctx context.Context, tx string) (gateway.Notice, error) {
	id, err := strconv.ParseInt(tx, 10, 64)
	if err != nil || id <= 0 {
		return gateway.Notice{}, gateway.ErrNotFound
	}
	var said list[invoice]
	if err := g.call(ctx, "getInvoices", map[string]any{"invoice_ids": tx}, &said); err != nil {
		return gateway.Notice{}, doubt(err)
	}
	for _, one := range said.Items {
		if one.ID == id {
			return g.notice(one)
		}
	}
	return gateway.Notice{}, gateway.ErrNotFound
}

// notice reads an invoice. One that is not paid yet is pending with the amount it asks for.
func (g *Gateway) notice(i invoice) (gateway.Notice, error) {
	n := gateway.Notice{
		Kind: gateway.NoticeDeposit, Tx: strconv.FormatInt(i.ID, 10), Ref: strconv.FormatInt(i.ID, 10), Intent: i.Payload,
		State: gateway.DepositPending, Needed: 1, At: i.Created.UTC(),
	}
	asset, amount := orElse(i.PaidAsset, i.Asset), orElse(i.PaidAmount, i.Amount)
	switch i.Status {
	case "paid":
		n.State, n.Confirmations, n.At = gateway.DepositConfirmed, 1, i.PaidAt.UTC()
	case "expired":
		n.State = gateway.DepositFailed
	}
	var err error
	n.Asset = strings.ToLower(asset)
	n.Amount, n.Scale, err = gateway.ParseAmount(amount, g.scales[n.Asset])
	if err != nil || i.ID <= 0 || n.Asset == "" {
		return gateway.Notice{}, gateway.ErrMalformed
	}
	return n, nil
}

// ParseWebhook implements gateway.Gateway. The style tells of paid invoices only; other updates give no notice.
func (g *Gateway) ParseWebhook(header http.Header, body []byte, now time.Time) ([]gateway.Notice, error) {
	given, err := hex.DecodeString(header.Get(SignatureHeader))
	if err != nil || !hmac.Equal(given, g.sign(body)) {
		return nil, gateway.ErrForged
	}
	var said struct {
		ID      int64     `json:"update_id"`
		Type    string    `json:"update_type"`
		Date    time.Time `json:"request_date"`
		Payload invoice   `json:"payload"`
	}
	if json.Unmarshal(body, &said) != nil || said.Date.IsZero() {
		return nil, gateway.ErrMalformed
	}
	if age := now.Sub(said.Date); age > Window || age < -Window {
		return nil, gateway.ErrStale
	}
	if said.Type != "invoice_paid" {
		return []gateway.Notice{}, nil
	}
	n, err := g.notice(said.Payload)
	if err != nil {
		return nil, err
	}
	// An invoice is paid once: its number is what every repeat has in common, whatever the update's number is.
	n.EventID, n.Raw = "invoice_paid:"+n.Tx, body
	return []gateway.Notice{n}, nil
}

func (g *Gateway) sign(body []byte) []byte {
	h := hmac.New(sha256.New, g.key[:])
	h.Write(body)
	return h.Sum(nil)
}
