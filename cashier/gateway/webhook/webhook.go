package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"fairground/cashier/gateway"
	"fairground/internal/clock"
)

// Fields documents the settings of an account of this kind.
func Fields() []gateway.Field {
	return []gateway.Field{
		{Name: "base_url", Title: "Address of the processor's API", Required: true},
		{Name: "secret", Title: "Shared secret for signatures (at least 16 characters)", Secret: true, Required: true},
		{Name: "key_id", Title: "Key id sent as X-Fairground-Key, if the processor asks for one"},
		{Name: "callback_url", Title: "Address that notices of payouts are sent to"},
		{Name: "title", Title: "Name shown to players"},
		{Name: "assets", Title: "Assets it carries, separated by commas"},
	}
}

// minSecret is the shortest shared secret, in bytes.
const minSecret = 16

// Gateway speaks the generic protocol.
type Gateway struct {
	base, keyID, callback string
	info                  gateway.Info
	secret                []byte
	caller                *gateway.Caller
	clock                 clock.Clock
}

// New makes a gateway of an account's settings. It returns gateway.ErrSettings.
func New(s gateway.Settings) (gateway.Gateway, error) {
	if err := s.Check(Fields()); err != nil {
		return nil, err
	}
	if err := gateway.CheckURL("base_url", s.Values["base_url"]); err != nil {
		return nil, err
	}
	if len(s.Values["secret"]) < minSecret {
		return nil, fmt.Errorf("%w: secret needs at least %d characters", gateway.ErrSettings, minSecret)
	}
	title := s.Values["title"]
	if title == "" {
		title = "Payment processor"
	}
	return &Gateway{
		base: strings.TrimRight(s.Values["base_url"], "/"), keyID: s.Values["key_id"], callback: s.Values["callback_url"],
		info: gateway.Info{
			Kind: "webhook", Title: title, Assets: gateway.SplitAssets(s.Values["assets"]),
			Deposits: true, Payouts: true, Refunds: true, Statements: true, Webhooks: true,
		},
		secret: []byte(s.Values["secret"]), caller: gateway.NewCaller(s.HTTP), clock: s.Clock,
	}, nil
}

// Info implements gateway.Gateway.
func (g *Gateway) Info() gateway.Info {
	info := g.info
	info.Assets = slices.Clone(info.Assets)
	return info
}

// CreateDeposit implements gateway.Gateway.
func (g *Gateway) CreateDeposit(ctx context.Context, r gateway.DepositRequest) (gateway.Instruction, error) {
	wanted := depositRequest{
		Intent: r.Intent, Asset: r.Asset, Amount: r.Amount, Scale: r.Scale, Description: r.Description,
		CallbackURL: firstOf(r.CallbackURL, g.callback), ExpiresAt: r.ExpiresAt,
	}
	answer, err := g.call(ctx, http.MethodPost, "/deposits", r.Intent, wanted)
	if err != nil {
		return gateway.Instruction{}, err
	}
	if answer.Status >= 300 {
		return gateway.Instruction{}, refusal(answer, depositRefusals)
	}
	var said instruction
	if json.Unmarshal(answer.Body, &said) != nil || said.Ref == "" {
		return gateway.Instruction{}, unreadable()
	}
	return gateway.Instruction{
		Ref: said.Ref, URL: said.URL, Address: said.Address, Memo: said.Memo, ExpiresAt: said.ExpiresAt.UTC(),
	}, nil
}

// Deposit implements gateway.Gateway.
func (g *Gateway) Deposit(ctx context.Context, tx string) (gateway.Notice, error) {
	answer, err := g.call(ctx, http.MethodGet, "/deposits/"+url.PathEscape(tx), "", nil)
	if err != nil {
		return gateway.Notice{}, err
	}
	if answer.Status >= 300 {
		return gateway.Notice{}, missing(answer, "deposit.not_found")
	}
	var said deposit
	if json.Unmarshal(answer.Body, &said) != nil || said.Tx != tx || !said.valid() {
		return gateway.Notice{}, unreadable()
	}
	return said.notice("", answer.Body), nil
}

// Payout implements gateway.Gateway.
func (g *Gateway) Payout(ctx context.Context, r gateway.PayoutRequest) (gateway.PayoutResult, error) {
	wanted := payoutRequest{
		Key: r.Key, Asset: r.Asset, Amount: r.Amount, Scale: r.Scale, Destination: r.Destination, CallbackURL: g.callback,
	}
	answer, err := g.call(ctx, http.MethodPost, "/payouts", r.Key, wanted)
	if err != nil {
		return unknownPayout("no answer"), err
	}
	if answer.Status >= 300 {
		reason := code(answer)
		if !answer.Doubtful() && slices.Contains(payoutRefusals(), reason) {
			return gateway.PayoutResult{State: gateway.PayoutFailed, Reason: reason}, nil
		}
		return unknownPayout("refused without a definite code"), doubt(answer)
	}
	var said payout
	if json.Unmarshal(answer.Body, &said) != nil || said.Key != r.Key || !said.valid() {
		return unknownPayout("the answer cannot be read"), unreadable()
	}
	if said.Asset != r.Asset || said.Amount != r.Amount || said.Scale != r.Scale {
		return unknownPayout("the answer is of another amount"), fmt.Errorf("%w: another amount stands under the key", gateway.ErrUnknown)
	}
	return said.result(), nil
}

// PayoutStatus implements gateway.Gateway.
func (g *Gateway) PayoutStatus(ctx context.Context, key string) (gateway.PayoutResult, error) {
	answer, err := g.call(ctx, http.MethodGet, "/payouts/"+url.PathEscape(key), "", nil)
	if err != nil {
		return unknownPayout("no answer"), err
	}
	if answer.Status >= 300 {
		return unknownPayout("no status"), missing(answer, "payout.not_found")
	}
	var said payout
	if json.Unmarshal(answer.Body, &said) != nil || said.Key != key || said.Asset == "" || !said.valid() {
		return unknownPayout("the answer cannot be read"), unreadable()
	}
	return said.result(), nil
}

// Refund implements gateway.Gateway.
func (g *Gateway) Refund(ctx context.Context, r gateway.RefundRequest) error {
	wanted := refund{Key: r.Key, Tx: r.Tx, Asset: r.Asset, Amount: r.Amount, Scale: r.Scale}
	answer, err := g.call(ctx, http.MethodPost, "/refunds", r.Key, wanted)
	if err != nil {
		return err
	}
	if answer.Status >= 300 {
		return refusal(answer, refundRefusals)
	}
	var said refund
	if json.Unmarshal(answer.Body, &said) != nil || said.Key != r.Key || said.Tx != r.Tx {
		return unreadable()
	}
	return nil
}

// Statement implements gateway.Gateway.
func (g *Gateway) Statement(ctx context.Context, from, to time.Time, cursor string) (gateway.Statement, error) {
	query := url.Values{"from": {stamp(from)}, "to": {stamp(to)}}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	answer, err := g.call(ctx, http.MethodGet, "/statement?"+query.Encode(), "", nil)
	if err != nil {
		return gateway.Statement{}, err
	}
	var said statement
	if answer.Status >= 300 || json.Unmarshal(answer.Body, &said) != nil || said.Entries == nil {
		return gateway.Statement{}, doubt(answer)
	}
	page := gateway.Statement{Next: said.Next, Entries: make([]gateway.Entry, 0, len(said.Entries))}
	for _, e := range said.Entries {
		if !e.valid() {
			return gateway.Statement{}, unreadable()
		}
		page.Entries = append(page.Entries, gateway.Entry{
			Kind: gateway.EntryKind(e.Kind), Key: e.Key, Ref: e.Ref, Tx: e.Tx,
			Asset: e.Asset, Amount: e.Amount, Scale: e.Scale, At: e.At.UTC(),
		})
	}
	return page, nil
}

// call signs and sends one request; body nil sends none.
func (g *Gateway) call(ctx context.Context, method, path, key string, body any) (gateway.Answer, error) {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return gateway.Answer{}, fmt.Errorf("write the request: %w", err)
		}
	}
	header := Sign(g.secret, g.clock.Now(), newNonce(), raw)
	header.Set("Accept", "application/json")
	if body != nil {
		header.Set("Content-Type", "application/json")
	}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	if g.keyID != "" {
		header.Set("X-Fairground-Key", g.keyID)
	}
	return g.caller.Do(ctx, gateway.Call{Method: method, URL: g.base + path, Header: header, Body: raw})
}

// stamp writes a moment as the protocol does.
func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func unknownPayout(reason string) gateway.PayoutResult {
	return gateway.PayoutResult{State: gateway.PayoutUnknown, Reason: reason}
}
