package cashier

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/cashier/gateway"
)

// purposeGateway seals the settings of gateway accounts.
const purposeGateway = "cashier:gateway"

// accountRow is an account with its sealed settings.
type accountRow struct {
	Account
	sealed []byte
	seeded bool
	moved  bool // by a change that leads to another processor
}

const accountColumns = `account_id, kind, title, assets, enabled, deposits, payouts, refunds, settings, min_confirmations,
	extract(epoch FROM intent_ttl)::float8, extract(epoch FROM late_credit)::float8, version, created_at, updated_at, settings_sealed, seeded`

func scanAccount(row pgx.CollectableRow) (accountRow, error) {
	var a accountRow
	var ttl, late float64
	err := row.Scan(&a.ID, &a.Kind, &a.Title, &a.Assets, &a.Enabled, &a.Deposits, &a.Payouts, &a.Refunds, &a.Settings, &a.MinConfirmations,
		&ttl, &late, &a.Version, &a.CreatedAt, &a.UpdatedAt, &a.sealed, &a.seeded)
	a.IntentTTL, a.LateCredit = seconds(ttl), seconds(late)
	a.CreatedAt, a.UpdatedAt = a.CreatedAt.UTC(), a.UpdatedAt.UTC()
	return a, err
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Accounts lists a tenant's gateway accounts by title, those that are off included.
func (c *Cashier) Accounts(ctx context.Context, tenant int64) ([]Account, error) {
	rows, err := c.accounts(ctx, tenant, "tenant_id = $1", tenant)
	list := make([]Account, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.Account)
	}
	return list, err
}

// Account reads one account. It returns ErrAccountNotFound and the errors of postgres.DB.
func (c *Cashier) Account(ctx context.Context, tenant int64, id string) (Account, error) {
	row, err := c.account(ctx, tenant, id)
	return row.Account, err
}

// Gateway opens an account, whether it is on or off: money on its way must arrive.
// It returns ErrAccountNotFound, gateway.ErrSettings and the errors of postgres.DB.
func (c *Cashier) Gateway(ctx context.Context, tenant int64, id string) (gateway.Gateway, Account, error) {
	row, err := c.account(ctx, tenant, id)
	if err != nil {
		return nil, Account{}, err
	}
	values, err := c.unseal(tenant, row)
	if err != nil {
		return nil, Account{}, err
	}
	if c.publicURL != "" && values[callbackSetting] == "" {
		values = maps.Collect(maps.All(values)) // of an account without settings it is nil
		values[callbackSetting] = c.hook(id)    // payouts name it; a kind without callbacks ignores it
	}
	gw, err := c.make(row.Kind, values)
	return gw, row.Account, err
}

// callbackSetting names the setting with the address that a gateway calls about payouts.
const callbackSetting = "callback_url"

// hook is where a gateway calls about an account.
func (c *Cashier) hook(account string) string { return c.publicURL + "/v1/hooks/payments/" + account }

func (c *Cashier) account(ctx context.Context, tenant int64, id string) (accountRow, error) {
	rows, err := c.accounts(ctx, tenant, "tenant_id = $1 AND account_id = $2", tenant, id)
	if err != nil {
		return accountRow{}, err
	}
	if len(rows) == 0 {
		return accountRow{}, ErrAccountNotFound
	}
	return rows[0], nil
}

// accounts reads by a condition, which is a constant of this room.
func (c *Cashier) accounts(ctx context.Context, tenant int64, where string, args ...any) ([]accountRow, error) {
	var list []accountRow
	err := c.read(ctx, tenant, "read gateway accounts", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT "+accountColumns+" FROM gateway_accounts WHERE "+where+" ORDER BY title", args...)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, scanAccount)
		return err
	})
	return list, err
}

// make builds a gateway of the catalogue.
func (c *Cashier) make(kind string, values map[string]string) (gateway.Gateway, error) {
	k, ok := c.kinds[kind]
	if !ok {
		return nil, invalidAccount("kind", "a kind of the catalogue")
	}
	return k.New(gateway.Settings{Values: values, HTTP: c.http, Clock: c.clock})
}

// seal keeps settings so that they open only as this account's.
func (c *Cashier) seal(tenant int64, id string, values map[string]string) (sealed []byte, names []string, err error) {
	text, err := json.Marshal(values)
	if err != nil {
		return nil, nil, fmt.Errorf("cashier: write settings: %w", err)
	}
	sealed, err = c.box.Seal(purposeGateway, text, settingsOf(tenant, id))
	if err != nil {
		return nil, nil, fmt.Errorf("cashier: seal settings: %w", err)
	}
	return sealed, slices.Sorted(maps.Keys(values)), nil
}

func (c *Cashier) unseal(tenant int64, a accountRow) (map[string]string, error) {
	text, err := c.box.Open(purposeGateway, a.sealed, settingsOf(tenant, a.ID))
	if err != nil {
		return nil, fmt.Errorf("cashier: open the settings of %s: %w", a.ID, err)
	}
	values := map[string]string{}
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, fmt.Errorf("cashier: the settings of %s can't be read", a.ID)
	}
	return values, nil
}

// settingsOf binds sealed settings to their row.
func settingsOf(tenant int64, id string) []byte {
	return []byte(strconv.FormatInt(tenant, 10) + "/" + id)
}

func invalidAccount(field, fix string) error {
	e := *ErrInvalidAccount
	e.Field, e.Fix = field, fix
	return &e
}
