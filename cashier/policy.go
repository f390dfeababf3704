package cashier

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/operators"
)

//go:embed queries/policies.sql
var policiesSQL string

// Policy says how an asset of a tenant may be withdrawn. Amounts are minor units.
type Policy struct {
	Asset        string
	Scale        int
	Enabled      bool // off: nothing comes in or goes out
	MinAmount    int64
	MaxAmount    int64 // 0: no limit
	DailyAmount  int64 // a player's sum in 24 hours; 0: no limit
	AutoBelow    int64 // amounts below it need no review; only with a DailyAmount
	SingleBelow  int64 // amounts below it need one review
	StepUpAbove  int64 // the last approval of this amount or more needs a fresh second factor
	Claim        time.Duration
	Escalate     time.Duration // after it a review is overdue
	Expire       time.Duration // after it a review ends with the money back
	KYCLevel     int
	MinAge       int
	Markets      []string // ISO 3166 country codes; empty: all
	Cooldown     time.Duration
	AddressWait  time.Duration
	Version      int // it was read at; 0: nobody has set it
	UpdatedAt    time.Time
	UpdatedBy    string // an operator's public id; empty: the installation
	WaitingItems int    // withdrawals before their payout; read only
}

// DefaultPolicy is the policy of an asset that nobody has configured: off, and every amount needs two people.
func DefaultPolicy(asset string) Policy {
	return Policy{
		Asset: asset, MinAmount: 1, Claim: 15 * time.Minute, Escalate: 4 * time.Hour, Expire: 24 * time.Hour, Markets: []string{},
		Cooldown: 24 * time.Hour, AddressWait: 24 * time.Hour,
	}
}

// Policies lists the policies of a tenant's cash assets by code, those nobody configured with the defaults.
func (c *Cashier) Policies(ctx context.Context, tenant int64) ([]Policy, error) {
	var list []Policy
	err := c.read(ctx, tenant, "list policies", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, policiesSQL, tenant)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Policy])
		return err
	})
	for i := range list {
		list[i].UpdatedAt = list[i].UpdatedAt.UTC()
	}
	return list, err
}

// Policy reads the policy of one cash asset. It returns ErrAssetOff for an asset that is no money, and the errors of postgres.DB.
func (c *Cashier) Policy(ctx context.Context, tenant int64, asset string) (Policy, error) {
	list, err := c.Policies(ctx, tenant)
	if err != nil {
		return Policy{}, err
	}
	for _, p := range list {
		if p.Asset == asset {
			return p, nil
		}
	}
	return Policy{}, ErrAssetOff
}

// SetPolicy replaces the policy of a cash asset that was read at p.Version. It needs cashier.configure and a step-up. Requests made before keep the
// number of reviews they were given.
//
// Errors: ErrInvalidPolicy with the field, ErrAssetOff, ErrStale when somebody else has set it since, ErrItemsWaiting when a threshold would rise while withdrawals of the
// asset wait, those of operators and of postgres.DB.
func (c *Cashier) SetPolicy(ctx context.Context, a operators.Authority, p Policy, reason string) (Policy, error) {
	if err := p.check(); err != nil {
		return Policy{}, err
	}
	request, err := p.encode()
	if err != nil {
		return Policy{}, err
	}
	if _, err := c.ask(ctx, a.Tenant, "set a policy", `SELECT api_cash_policy_set($1, $2, $3, $4, $5, $6)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, request, reason); err != nil {
		return Policy{}, err
	}
	return c.Policy(ctx, a.Tenant, p.Asset)
}

// SeedPolicy turns the sandbox asset on in a tenant that has no policy for it: for demonstrations. The database takes no
// thresholds this way and no other asset, so every withdrawal still needs two people. It does nothing the second time.
func (c *Cashier) SeedPolicy(ctx context.Context, tenant int64, p Policy) error {
	if err := p.check(); err != nil {
		return err
	}
	request, err := p.encode()
	if err != nil {
		return err
	}
	_, err = c.ask(ctx, tenant, "seed a policy", `SELECT api_cash_policy_seed($1, $2)`, tenant, request)
	return err
}

var market = regexp.MustCompile(`^[A-Z]{2}$`)

// check refuses what no policy can mean.
func (p Policy) check() error {
	invalid := func(field, fix string) error {
		e := *ErrInvalidPolicy
		e.Field, e.Fix = field, fix
		return &e
	}
	switch {
	case p.MinAmount < 1:
		return invalid("min_amount", "at least 1")
	case p.MaxAmount != 0 && p.MaxAmount < p.MinAmount:
		return invalid("max_amount", "0 for no limit, or at least min_amount")
	case p.DailyAmount < 0:
		return invalid("daily_amount", "0 for no limit, or more")
	case p.AutoBelow < 0:
		return invalid("auto_below", "0 or more")
	case p.AutoBelow > 0 && p.DailyAmount == 0:
		return invalid("daily_amount", "more than 0 while auto_below is set: else many small withdrawals pass without any review")
	case p.SingleBelow < 0:
		return invalid("single_below", "0 or more")
	case p.StepUpAbove < 0:
		return invalid("step_up_above", "0 or more")
	case p.Claim < time.Minute || p.Claim > 24*time.Hour:
		return invalid("claim", "1 minute to 24 hours")
	case p.Escalate < time.Second:
		return invalid("escalate_after", "at least 1 second")
	case p.Expire <= p.Escalate || p.Expire > 30*24*time.Hour:
		return invalid("expire_after", "longer than escalate_after, at most 30 days")
	case p.KYCLevel < 0 || p.KYCLevel > 9:
		return invalid("kyc_level", "0 to 9")
	case p.MinAge < 0 || p.MinAge > 120:
		return invalid("min_age", "0 to 120")
	case p.Cooldown < 0 || p.Cooldown > 30*24*time.Hour:
		return invalid("credential_cooldown", "0 to 30 days")
	case p.AddressWait < 0 || p.AddressWait > 30*24*time.Hour:
		return invalid("address_wait", "0 to 30 days")
	}
	for _, m := range p.Markets {
		if !market.MatchString(m) {
			return invalid("markets", "country codes of two capital letters")
		}
	}
	return nil
}

// encode is the policy as the database reads it; durations are seconds.
func (p Policy) encode() (json.RawMessage, error) {
	markets := p.Markets
	if markets == nil {
		markets = []string{}
	}
	text, err := json.Marshal(map[string]any{
		"asset": p.Asset, "enabled": p.Enabled, "min_amount": p.MinAmount, "max_amount": p.MaxAmount, "daily_amount": p.DailyAmount,
		"version": p.Version, "auto_below": p.AutoBelow, "single_below": p.SingleBelow, "step_up_above": p.StepUpAbove,
		"claim_for": p.Claim.Seconds(), "escalate_after": p.Escalate.Seconds(), "expire_after": p.Expire.Seconds(),
		"kyc_level": p.KYCLevel, "min_age": p.MinAge, "markets": markets,
		"credential_cooldown": p.Cooldown.Seconds(), "address_wait": p.AddressWait.Seconds(),
	})
	if err != nil {
		return nil, fmt.Errorf("cashier: write a policy: %w", err)
	}
	return text, nil
}

// Reviews is how many reviews an amount needs.
func (p Policy) Reviews(amount int64) int {
	switch {
	case amount < p.AutoBelow:
		return 0
	case amount < p.SingleBelow:
		return 1
	default:
		return 2
	}
}
