package cashier

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/cashier/gateway"
	"fairground/internal/postgres"
	"fairground/models"
)

// ask calls one function of the database as a transaction of its own and gives its answer, or the refusal it holds.
func (c *Cashier) ask(ctx context.Context, tenant int64, act, sql string, args ...any) (json.RawMessage, error) {
	var raw []byte
	if err := c.db.Call(ctx, tenant, sql, args, &raw); err != nil {
		return nil, meaning(act, err)
	}
	if err := refusal(raw); err != nil {
		return nil, err
	}
	return raw, nil
}

// meaning turns the codes that the functions raise into refusals.
func meaning(act string, err error) error {
	wrapped := fmt.Errorf("cashier: %s: %w", act, err)
	switch postgres.Code(err) {
	case "P0002":
		return fmt.Errorf("%w: %w", ErrNoAccount, wrapped)
	case "P0F01":
		return ErrNotVerified
	default:
		return wrapped
	}
}

// withdrawalRow is Withdrawal as api_withdrawal_view gives it.
type withdrawalRow struct {
	Tenant       int64                   `json:"tenant"`
	Group        int64                   `json:"group"`
	Player       int64                   `json:"player"`
	ID           string                  `json:"id"`
	GroupID      string                  `json:"group_id"`
	PlayerID     string                  `json:"player_id"`
	PlayerName   string                  `json:"player_name"`
	Asset        string                  `json:"asset"`
	Scale        int                     `json:"scale"`
	Amount       int64                   `json:"amount"`
	Gateway      string                  `json:"gateway"`
	Destination  string                  `json:"destination"`
	Status       models.WithdrawalStatus `json:"status"`
	Version      int                     `json:"version"`
	Cycle        int                     `json:"cycle"`
	Reviews      int                     `json:"reviews"`
	StepUp       bool                    `json:"step_up"`
	ReasonCode   models.ReasonCode       `json:"reason_code"`
	Reason       string                  `json:"reason"`
	InitialBy    string                  `json:"initial_by"`
	SecondaryBy  string                  `json:"secondary_by"`
	ClaimedBy    string                  `json:"claimed_by"`
	ClaimedUntil *time.Time              `json:"claimed_until"`
	DueAt        *time.Time              `json:"due_at"`
	ExpiresAt    *time.Time              `json:"expires_at"`
	Escalated    bool                    `json:"escalated"`
	Payout       gateway.PayoutState     `json:"payout"`
	GatewayRef   string                  `json:"gateway_ref"`
	RequestedAt  time.Time               `json:"requested_at"`
	UpdatedAt    time.Time               `json:"updated_at"`
	EndedAt      *time.Time              `json:"ended_at"`
}

// readWithdrawal reads a view; times come out in UTC.
func readWithdrawal(raw []byte) (Withdrawal, error) {
	var row withdrawalRow
	if err := json.Unmarshal(raw, &row); err != nil {
		return Withdrawal{}, fmt.Errorf("cashier: read a withdrawal: %w", err)
	}
	w := Withdrawal(row)
	w.RequestedAt, w.UpdatedAt = w.RequestedAt.UTC(), w.UpdatedAt.UTC()
	for _, at := range []*time.Time{w.ClaimedUntil, w.DueAt, w.ExpiresAt, w.EndedAt} {
		if at != nil {
			*at = at.UTC()
		}
	}
	return w, nil
}

// answered reads the withdrawal that an answer carries.
func answered(raw json.RawMessage, err error) (Withdrawal, error) {
	if err != nil {
		return Withdrawal{}, err
	}
	var answer struct {
		Withdrawal json.RawMessage `json:"withdrawal"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return Withdrawal{}, fmt.Errorf("cashier: read an answer: %w", err)
	}
	return readWithdrawal(answer.Withdrawal)
}

// stateRow is State as the database answers it.
type stateRow struct {
	Status     models.WithdrawalStatus `json:"status"`
	Version    int                     `json:"version"`
	Cycle      int                     `json:"cycle"`
	InitialBy  string                  `json:"initial_by"`
	EscalateAt time.Time               `json:"escalate_at"`
	ExpireAt   time.Time               `json:"expire_at"`
	Payout     gateway.PayoutState     `json:"payout"`
	Reason     string                  `json:"reason"`
	Pending    bool                    `json:"pending"`
}

// state calls a function that answers with a withdrawal's state.
func (c *Cashier) state(ctx context.Context, tenant int64, act, sql string, args ...any) (State, error) {
	raw, err := c.ask(ctx, tenant, act, sql, args...)
	if err != nil {
		return State{}, err
	}
	return readState(raw)
}

func readState(raw json.RawMessage) (State, error) {
	var row stateRow
	if err := json.Unmarshal(raw, &row); err != nil {
		return State{}, fmt.Errorf("cashier: read a state: %w", err)
	}
	s := State(row)
	s.EscalateAt, s.ExpireAt = s.EscalateAt.UTC(), s.ExpireAt.UTC()
	return s, nil
}

// read runs fn in a transaction that writes nothing.
func (c *Cashier) read(ctx context.Context, tenant int64, act string, fn func(ctx context.Context, tx pgx.Tx) error) error {
	err := c.db.InTenantWith(ctx, tenant, postgres.TxOptions{ReadOnly: true}, fn)
	if err == nil || models.CodeOf(err) != "" {
		return err
	}
	return fmt.Errorf("cashier: %s: %w", act, err)
}
