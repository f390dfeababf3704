package cashier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"fairground/cashier/gateway"
	"fairground/internal/secret"
	"fairground/operators"
)

const (
	defaultIntentTTL  = time.Hour
	defaultLateCredit = 24 * time.Hour
	maxAccountTitle   = 128
	maxAccountTime    = 30 * 24 * time.Hour
	maxConfirmations  = 1000
)

// starsAsset is what Telegram Stars are called; it is no asset of the ledger.
const starsAsset = "xtr"

// AddAccount adds a gateway account, on at once. It needs gateways.configure and a step-up.
//
// Errors: ErrInvalidAccount with the field, ErrTitleTaken, ErrAssetUnknown, those of operators and of postgres.DB.
func (c *Cashier) AddAccount(ctx context.Context, a operators.Authority, n NewAccount) (Account, error) {
	row, values, err := n.row(secret.ID("gw"))
	if err != nil {
		return Account{}, err
	}
	return c.storeAccount(ctx, a, row, values, n.Reason)
}

// SetAccount changes a gateway account; settings that are not named stay. It needs gateways.configure and a step-up. An
// account that is off takes no new intents and payouts, but what is on its way still arrives.
//
// While a payout through it is on its way it stays with its processor: another one would pay the same key again.
//
// Errors: ErrAccountNotFound, ErrAccountStale when somebody else changed it meanwhile, ErrItemsWaiting, and those of AddAccount.
func (c *Cashier) SetAccount(ctx context.Context, a operators.Authority, id string, change AccountChange) (Account, error) {
	if !a.May(operators.GatewaysConfigure) {
		return Account{}, operators.ErrForbidden
	}
	row, err := c.account(ctx, a.Tenant, id)
	if err != nil {
		return Account{}, err
	}
	values, err := c.unseal(a.Tenant, row)
	if err != nil {
		return Account{}, err
	}
	was, err := c.make(row.Kind, values)
	if err != nil {
		return Account{}, err
	}
	if err := c.protect(row.Kind, change.Values, values); err != nil {
		return Account{}, err
	}
	present := maps.Clone(values)
	change.apply(&row.Account, values)
	row.moved = moves(present, values)
	// What the kind could not do before these settings was not switched off by anybody.
	row.Deposits = orElse(change.Deposits, row.Deposits || !was.Info().Deposits)
	row.Payouts = orElse(change.Payouts, row.Payouts || !was.Info().Payouts)
	return c.storeAccount(ctx, a, row, values, change.Reason)
}

// SeedAccount makes an account of the sandbox asset or of Stars, once by its title: for demonstrations and commands, with no
// operator behind it. A repeat takes over new settings.
// Errors: ErrInvalidAccount, ErrAssetUnknown, ErrTitleTaken by an account of an operator's, and those of postgres.DB.
func (c *Cashier) SeedAccount(ctx context.Context, tenant int64, n NewAccount) (Account, error) {
	old, err := c.accounts(ctx, tenant, "tenant_id = $1 AND title = $2", tenant, strings.TrimSpace(n.Title))
	if err != nil {
		return Account{}, err
	}
	id, same := secret.ID("gw"), false
	row, values, err := n.row(id)
	if err != nil {
		return Account{}, err
	}
	if len(old) > 0 {
		row.ID = old[0].ID
		present, err := c.unseal(tenant, old[0])
		same = err == nil && maps.Equal(present, values) && slices.Equal(old[0].Assets, row.Assets)
	}
	request, sealed, err := c.encodeAccount(tenant, row, values)
	if err != nil {
		return Account{}, err
	}
	if _, err := c.inquire(ctx, tenant, "seed a gateway account", `SELECT api_gateway_account_seed($1, $2, $3, $4)`, tenant, request, sealed, same); err != nil {
		return Account{}, err
	}
	return c.Account(ctx, tenant, row.ID)
}

// protect refuses to send secrets that the operator does not show to an address that the operator names: whoever changes where
// an account points must know its secrets.
func (c *Cashier) protect(kind string, change, present map[string]string) error {
	moved := false
	for name, value := range change {
		moved = moved || (strings.HasSuffix(name, "_url") && present[name] != value)
	}
	if !moved {
		return nil
	}
	for _, f := range c.kinds[kind].Fields() {
		if _, shown := change[f.Name]; f.Secret && present[f.Name] != "" && !shown {
			return invalidAccount("values", "with "+f.Name+" again, because an address changes")
		}
	}
	return nil
}

// moves tells whether settings lead to another processor, or to another account at it, as far as their names tell.
func moves(before, after map[string]string) bool {
	stays := func(name, _ string) bool {
		return slices.Contains([]string{"secret", "title", "assets", callbackSetting}, name)
	}
	before, after = maps.Clone(before), maps.Clone(after)
	maps.DeleteFunc(before, stays)
	maps.DeleteFunc(after, stays)
	return !maps.Equal(before, after)
}

// row is a new account as it will be stored.
func (n NewAccount) row(id string) (accountRow, map[string]string, error) {
	row := accountRow{Account: Account{
		ID: id, Kind: n.Kind, Title: strings.TrimSpace(n.Title), Assets: n.Assets, Enabled: true, Deposits: true, Payouts: true,
		MinConfirmations: n.MinConfirmations, IntentTTL: n.IntentTTL, LateCredit: n.LateCredit,
	}}
	if row.IntentTTL == 0 {
		row.IntentTTL = defaultIntentTTL
	}
	switch {
	case row.LateCredit == 0:
		row.LateCredit = defaultLateCredit
	case row.LateCredit < 0:
		row.LateCredit = 0
	}
	values := maps.Clone(n.Values)
	if values == nil {
		values = map[string]string{}
	}
	maps.DeleteFunc(values, func(_, v string) bool { return v == "" })
	return row, values, row.check()
}

// apply makes the change to a row and its settings.
func (ch AccountChange) apply(a *Account, values map[string]string) {
	a.Title = strings.TrimSpace(orElse(ch.Title, a.Title))
	a.Enabled = orElse(ch.Enabled, a.Enabled)
	a.MinConfirmations = orElse(ch.MinConfirmations, a.MinConfirmations)
	a.IntentTTL = orElse(ch.IntentTTL, a.IntentTTL)
	a.LateCredit = orElse(ch.LateCredit, a.LateCredit)
	if ch.Assets != nil {
		a.Assets = ch.Assets
	}
	maps.Copy(values, ch.Values)
	maps.DeleteFunc(values, func(_, v string) bool { return v == "" })
}

func orElse[T any](value *T, other T) T {
	if value != nil {
		return *value
	}
	return other
}

// storeAccount writes the next version of an account for an operator.
func (c *Cashier) storeAccount(ctx context.Context, a operators.Authority, row accountRow, values map[string]string, reason string) (Account, error) {
	if err := row.check(); err != nil {
		return Account{}, err
	}
	request, sealed, err := c.encodeAccount(a.Tenant, row, values)
	if err != nil {
		return Account{}, err
	}
	_, err = c.inquire(ctx, a.Tenant, "set a gateway account", `SELECT api_gateway_account_set($1, $2, $3, $4, $5, $6, $7)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, request, sealed, reason)
	if err != nil {
		return Account{}, err
	}
	return c.Account(ctx, a.Tenant, row.ID)
}

// encodeAccount checks the settings by making the gateway and seals them.
func (c *Cashier) encodeAccount(tenant int64, row accountRow, values map[string]string) (request json.RawMessage, sealed []byte, err error) {
	gw, err := c.make(row.Kind, values)
	if err == nil {
		err = unknownSetting(c.kinds[row.Kind].Fields(), values)
	}
	if errors.Is(err, gateway.ErrSettings) {
		return nil, nil, invalidAccount("values", strings.TrimPrefix(err.Error(), gateway.ErrSettings.Error()+": "))
	}
	if err != nil {
		return nil, nil, err
	}
	info := gw.Info()
	if row.Kind == "stars" != slices.Contains(row.Assets, starsAsset) || (row.Kind == "stars" && len(row.Assets) != 1) {
		return nil, nil, invalidAccount("assets", "xtr alone for Stars, and for nothing else")
	}
	sealed, names, err := c.seal(tenant, row.ID, values)
	if err != nil {
		return nil, nil, err
	}
	attest := sha256.Sum256(c.attest(tenant))
	request, err = json.Marshal(map[string]any{
		"id": row.ID, "attest": hex.EncodeToString(attest[:]), "kind": row.Kind, "title": row.Title, "assets": row.Assets, "enabled": row.Enabled, "version": row.Version,
		"deposits": row.Deposits && info.Deposits, "payouts": row.Payouts && info.Payouts,
		"refunds":  info.Refunds || row.Kind == "stars", // the bot refunds Stars
		"settings": append([]string{}, names...), "min_confirmations": row.MinConfirmations,
		"intent_ttl": row.IntentTTL.Seconds(), "late_credit": row.LateCredit.Seconds(), "moved": row.moved,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("cashier: write an account: %w", err)
	}
	return request, sealed, nil
}

// unknownSetting refuses names that the kind does not have.
func unknownSetting(fields []gateway.Field, values map[string]string) error {
	for name := range values {
		if !slices.ContainsFunc(fields, func(f gateway.Field) bool { return f.Name == name }) {
			return invalidAccount("values", "only the settings of the kind")
		}
	}
	return nil
}

// check refuses what no account can mean.
func (row accountRow) check() error {
	switch {
	case row.Title == "" || len([]rune(row.Title)) > maxAccountTitle || strings.ContainsFunc(row.Title, unicode.IsControl):
		return invalidAccount("title", fmt.Sprintf("1 to %d characters without control characters", maxAccountTitle))
	case len(row.Assets) == 0 || len(row.Assets) > 32:
		return invalidAccount("assets", "1 to 32 assets")
	case row.MinConfirmations < 0 || row.MinConfirmations > maxConfirmations:
		return invalidAccount("min_confirmations", fmt.Sprintf("0 to %d", maxConfirmations))
	case row.IntentTTL < time.Second || row.IntentTTL > maxAccountTime:
		return invalidAccount("intent_ttl", "1 second to 30 days")
	case row.LateCredit < 0 || row.LateCredit > maxAccountTime:
		return invalidAccount("late_credit", "0 for never, at most 30 days")
	}
	return nil
}
