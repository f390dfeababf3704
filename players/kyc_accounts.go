package players

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/jackc/pgx/v5"

	"fairground/internal/secret"
	"fairground/players/kyc"
	"fairground/players/kyc/sandbox"
	"fairground/players/kyc/sumsub"
)

// KYCConfig says how identity providers are reached.
type KYCConfig struct {
	HTTP      *http.Client        // nil: one with a timeout of 10 seconds
	PublicURL string              // where providers reach the API, without a slash at its end
	Kinds     map[string]kyc.Kind // nil: KYCKinds
}

// KYCKinds is the catalogue of identity providers.
func KYCKinds() map[string]kyc.Kind {
	return map[string]kyc.Kind{
		sandbox.Name: {Title: "Sandbox", New: sandbox.New, Fields: sandbox.Fields},
		sumsub.Name:  {Title: "Sumsub", New: sumsub.New, Fields: sumsub.Fields},
	}
}

// ConfigureKYC chooses the tenant's identity provider, on an operator's authority (gateways.configure, stepped up). A provider
// keeps its account id, and with it the callback's address. It returns ErrInvalidKYC and the refusals of an Actor.
func (p *Players) ConfigureKYC(ctx context.Context, a Actor, s KYCSettings) (KYCAccount, error) {
	return p.putKYC(ctx, a.Tenant, s, `SELECT api_player_kyc_configure($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, a.Via, a.Proof, a.Reason, a.RequestID)
}

// SeedKYC chooses the identity provider of a tenant that has none yet; another time it changes nothing. It is for the
// installation's own start. It returns ErrInvalidKYC.
func (p *Players) SeedKYC(ctx context.Context, tenant int64, s KYCSettings) (KYCAccount, error) {
	return p.putKYC(ctx, tenant, s, `SELECT api_player_kyc_seed($1, $2, $3, $4, $5, $6)`)
}

// putKYC seals the settings under the id that the account has or will have.
func (p *Players) putKYC(ctx context.Context, tenant int64, s KYCSettings, sql string, by ...any) (KYCAccount, error) {
	if _, err := p.newProvider(s.Provider, s.Values); err != nil {
		return KYCAccount{}, err
	}
	var id string
	err := p.db.Call(ctx, tenant, `SELECT account_id FROM kyc_accounts WHERE tenant_id = $1 AND provider = $2`, []any{tenant, s.Provider}, &id)
	if errors.Is(err, pgx.ErrNoRows) {
		id, err = secret.ID("kyc"), nil
	}
	if err != nil {
		return KYCAccount{}, fmt.Errorf("players: find the KYC account: %w", err)
	}
	plain, err := json.Marshal(s.Values)
	if err != nil {
		return KYCAccount{}, fmt.Errorf("players: write the KYC settings: %w", err)
	}
	sealed, err := p.box.Seal(purposeKYC, plain, []byte(id))
	if err != nil {
		return KYCAccount{}, fmt.Errorf("players: seal the KYC settings: %w", err)
	}
	var out struct {
		Account, Provider string
		Enabled           bool
	}
	args := append([]any{tenant, id, s.Provider, sealed, sum(p.attestAccount(id)), s.Enabled}, by...)
	if err := p.ask(ctx, tenant, "configure KYC", &out, sql, args...); err != nil {
		return KYCAccount{}, err
	}
	return KYCAccount{ID: out.Account, Provider: out.Provider, Enabled: out.Enabled}, nil
}

// KYCAccounts lists the tenant's accounts at identity providers; at most one is enabled.
func (p *Players) KYCAccounts(ctx context.Context, tenant int64) ([]KYCAccount, error) {
	var list []KYCAccount
	err := p.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT account_id, provider, enabled FROM kyc_accounts WHERE tenant_id = $1 ORDER BY created_at, account_id`, tenant)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[KYCAccount])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("players: list the KYC accounts: %w", err)
	}
	return list, nil
}

// provider opens the enabled account, of the id unless that is empty. It returns pgx.ErrNoRows when there is none: an account
// that was turned off is not believed any more.
func (p *Players) provider(ctx context.Context, tenant int64, account string) (kyc.Provider, string, error) {
	var name string
	var sealed []byte
	err := p.db.Call(ctx, tenant, `SELECT account_id, provider, settings FROM kyc_accounts
		WHERE tenant_id = $1 AND enabled AND (account_id = $2 OR $2 = '')`, []any{tenant, account}, &account, &name, &sealed)
	if err != nil {
		return nil, "", err
	}
	plain, err := p.box.Open(purposeKYC, sealed, []byte(account))
	if err != nil {
		return nil, "", fmt.Errorf("open the KYC settings: %w", err)
	}
	values := map[string]string{}
	if err := json.Unmarshal(plain, &values); err != nil {
		return nil, "", fmt.Errorf("read the KYC settings: %w", err)
	}
	made, err := p.newProvider(name, values)
	return made, account, err
}

func (p *Players) newProvider(name string, values map[string]string) (kyc.Provider, error) {
	kinds := p.kyc.Kinds
	if kinds == nil {
		kinds = KYCKinds()
	}
	kind, ok := kinds[name]
	if !ok {
		return nil, ErrInvalidKYC
	}
	made, err := kind.New(kyc.Settings{Values: values, HTTP: p.kyc.HTTP, Clock: p.clock})
	if err != nil {
		e := *ErrInvalidKYC
		e.Fix = err.Error()
		return nil, &e
	}
	return made, nil
}

// attestAccount proves to the database that the program itself judged a callback of the account.
func (p *Players) attestAccount(id string) []byte { return p.macAttest("kyc/" + id) }
