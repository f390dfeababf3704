package cashier

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"fairground/cashier/gateway"
	"fairground/internal/secret"
	"fairground/players"
)

// ReceiveWebhook takes a callback of a gateway account: it checks it, stores what is new in one transaction, and calls nobody.
// Workflows do the rest. A repeat of what was stored is a success.
//
// Errors: players.ErrTenantNotFound for an account that does not exist; gateway.ErrForged, ErrStale, ErrMalformed and
// ErrUnsupported, which are counted; and those of postgres.DB, after which the gateway should try again.
func (c *Cashier) ReceiveWebhook(ctx context.Context, account string, header http.Header, body []byte) error {
	tenant, err := c.players.Lookup(ctx, players.DirectoryKind("gateway"), account)
	if err != nil {
		return err
	}
	gw, _, err := c.Gateway(ctx, tenant, account)
	if err != nil {
		return err
	}
	notices, err := gw.ParseWebhook(header, body, c.clock.Now())
	if err != nil {
		c.countRefusal(ctx, tenant, account, err)
		return fmt.Errorf("cashier: receive a callback of %s: %w", account, err)
	}
	return c.receive(ctx, tenant, account, notices, body)
}

// receive stores notices that were checked.
func (c *Cashier) receive(ctx context.Context, tenant int64, account string, notices []gateway.Notice, body []byte) error {
	list := make([]inboxNotice, 0, len(notices))
	for _, n := range notices {
		stored, ok := storable(n)
		if !ok {
			c.countRefusal(ctx, tenant, account, gateway.ErrMalformed)
			return fmt.Errorf("cashier: receive a callback of %s: %w", account, gateway.ErrMalformed)
		}
		list = append(list, stored)
	}
	return c.store(ctx, tenant, account, list, body)
}

func (c *Cashier) store(ctx context.Context, tenant int64, account string, list []inboxNotice, body []byte) error {
	text, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("cashier: write notices: %w", err)
	}
	hash := sha256.Sum256(body)
	_, err = c.inquire(ctx, tenant, "receive a callback", `SELECT api_gateway_receive($1, $2, $3, $4, $5)`,
		tenant, account, json.RawMessage(text), hash[:], c.attest(tenant))
	return err
}

// inboxNotice is a notice as the database takes it.
type inboxNotice struct {
	Kind          string `json:"kind"`
	Event         string `json:"event"`
	Item          string `json:"item"` // the id of the quarantine entry it may lead to
	Tx            string `json:"tx"`
	Ref           string `json:"ref"`
	Intent        string `json:"intent"`
	Key           string `json:"key"`
	Asset         string `json:"asset"`
	Scale         int    `json:"scale"`
	Amount        int64  `json:"amount"`
	Payer         *int64 `json:"payer,omitempty"`
	State         string `json:"state"`
	Confirmations int    `json:"confirmations"`
	Needed        int    `json:"needed"`
	At            any    `json:"at"`
}

// Limits of what a gateway may name things.
const (
	maxEvent = 200
	maxName  = 200
)

// storable is a notice in the form that is kept; false when it says too much or too little to be kept.
func storable(n gateway.Notice) (inboxNotice, bool) {
	s := inboxNotice{
		Kind: string(n.Kind), Event: n.EventID, Item: secret.ID("q"), Tx: n.Tx, Ref: n.Ref, Intent: n.Intent, Key: n.Key, Asset: strings.ToLower(n.Asset),
		Scale: n.Scale, Amount: n.Amount, State: n.State, Confirmations: max(n.Confirmations, 0), Needed: max(n.Needed, 0), At: orNil(n.At),
	}
	for _, name := range []string{s.Tx, s.Ref, s.Intent, s.Key, s.Asset} {
		if len(name) > maxName || strings.ContainsRune(name, 0) {
			return s, false
		}
	}
	if s.Event == "" || len(s.Event) > maxEvent || strings.ContainsRune(s.Event, 0) {
		return s, false
	}
	switch n.Kind {
	case gateway.NoticeDeposit:
		states := []string{gateway.DepositPending, gateway.DepositConfirmed, gateway.DepositFailed}
		return s, s.Tx != "" && s.Amount >= 0 && s.Scale >= 0 && s.Scale <= gateway.MaxScale && slices.Contains(states, s.State)
	case gateway.NoticePayout:
		return s, s.Key != ""
	default:
		return s, false
	}
}

// countRefusal counts a callback that was refused. Failing to count fails nothing.
func (c *Cashier) countRefusal(ctx context.Context, tenant int64, account string, refused error) {
	reason := "malformed"
	switch {
	case errors.Is(refused, gateway.ErrForged):
		reason = "forged"
	case errors.Is(refused, gateway.ErrStale):
		reason = "stale"
	case errors.Is(refused, gateway.ErrUnsupported):
		reason = "unsupported"
	}
	c.logger.WarnContext(ctx, "a gateway's callback was refused", slog.String("account", account), slog.String("reason", reason))
	if err := c.db.Call(ctx, tenant, `SELECT api_gateway_refused($1, $2, $3)`, []any{tenant, account, reason}); err != nil {
		c.logger.WarnContext(ctx, "a refused callback was not counted", slog.String("account", account), slog.Any("error", err))
	}
}
