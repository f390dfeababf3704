package cashier

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/internal/secret"
	"fairground/models"
	"fairground/operators"
)

// Claim keeps a withdrawal for one reviewer until ClaimedUntil; the reviewer may renew it.
// Errors: ErrWithdrawalNotFound, ErrClaimed, ErrWrongStage, those of operators and of postgres.DB.
func (c *Cashier) Claim(ctx context.Context, a operators.Authority, id string) (Withdrawal, error) {
	return answered(c.ask(ctx, a.Tenant, "claim a withdrawal", `SELECT api_withdrawal_claim($1, $2, $3, $4, $5, true)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, id))
}

// ReleaseClaim lets others at a withdrawal that the reviewer has claimed. Without a claim it does nothing.
// Errors: ErrWithdrawalNotFound, ErrClaimed, those of operators and of postgres.DB.
func (c *Cashier) ReleaseClaim(ctx context.Context, a operators.Authority, id string) (Withdrawal, error) {
	return answered(c.ask(ctx, a.Tenant, "release a claim", `SELECT api_withdrawal_claim($1, $2, $3, $4, $5, false)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, id))
}

// Decide writes an operator's decision and leaves the withdrawal where it is: Apply moves it. The same key again gives the
// row that was written.
//
// Errors: ErrWithdrawalNotFound, ErrStale, ErrWrongStage, ErrInvalidVerdict, ErrSamePerson, ErrOwnWithdrawal, ErrClaimed,
// ErrAlreadyDecided, ErrReasonRequired, ErrKeyReused, ErrInvalidKey; for an approval also those of the player (ErrFrozen,
// ErrKYCRequired, …); those of operators and of postgres.DB.
func (c *Cashier) Decide(ctx context.Context, a operators.Authority, d Decision) (DecisionRow, error) {
	if !validKey(d.Key) {
		return DecisionRow{}, ErrInvalidKey
	}
	if d.ReasonCode != "" && !slices.Contains(models.ReasonCodes(), d.ReasonCode) {
		return DecisionRow{}, ErrReasonRequired
	}
	request, err := json.Marshal(map[string]any{
		"decision": secret.ID("dec"), "withdrawal": d.Withdrawal, "version": d.Version, "verdict": d.Verdict,
		"reason_code": d.ReasonCode, "reason": d.Reason, "key": d.Key, "gateway_ref": d.GatewayRef,
	})
	if err != nil {
		return DecisionRow{}, fmt.Errorf("cashier: decide: %w", err)
	}
	raw, err := c.ask(ctx, a.Tenant, "decide", `SELECT api_withdrawal_decide($1, $2, $3, $4, $5)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, request)
	if err != nil {
		return DecisionRow{}, err
	}
	return readDecision(raw)
}

type decisionRow struct {
	ID         string            `json:"id"`
	Withdrawal string            `json:"withdrawal"`
	Stage      string            `json:"stage"`
	Cycle      int               `json:"cycle"`
	Verdict    Verdict           `json:"verdict"`
	Operator   string            `json:"operator"`
	ReasonCode models.ReasonCode `json:"reason_code"`
	Reason     string            `json:"reason"`
	GatewayRef string            `json:"gateway_ref"`
	At         time.Time         `json:"at"`
	Applied    bool              `json:"applied"`
	Replayed   bool              `json:"replayed"`
}

func readDecision(raw []byte) (DecisionRow, error) {
	var row decisionRow
	if err := json.Unmarshal(raw, &row); err != nil {
		return DecisionRow{}, fmt.Errorf("cashier: read a decision: %w", err)
	}
	d := DecisionRow(row)
	d.At = d.At.UTC()
	return d, nil
}

// PendingDecisions lists the decisions of a withdrawal that are written and neither applied nor overtaken, oldest first.
func (c *Cashier) PendingDecisions(ctx context.Context, tenant int64, id string) ([]DecisionRow, error) {
	var list []DecisionRow
	err := c.read(ctx, tenant, "list pending decisions", func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT d FROM api_withdrawal_pending($1, $2) AS d`, tenant, id)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (DecisionRow, error) {
			var raw []byte
			if err := row.Scan(&raw); err != nil {
				return DecisionRow{}, err
			}
			return readDecision(raw)
		})
		return err
	})
	return list, err
}
