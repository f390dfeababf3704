package cashier

import "context"

// The moves that a workflow makes. Each locks the withdrawal, moves it once and answers a repeat with where it stands.
// All return ErrWithdrawalNotFound and the errors of postgres.DB.

// Apply moves a withdrawal by one written decision. It returns ErrDecisionUnknown when the withdrawal has no such decision
// and ErrWrongStage when the withdrawal has left the stage it was made for.
func (c *Cashier) Apply(ctx context.Context, tenant int64, id, decision string) (State, error) {
	return c.state(ctx, tenant, "apply a decision", `SELECT api_withdrawal_apply($1, $2, $3)`, tenant, id, decision)
}

// Begin sends a requested withdrawal to its first review, or past all of them when it needs none.
func (c *Cashier) Begin(ctx context.Context, tenant int64, id string) (State, error) {
	return c.state(ctx, tenant, "begin a withdrawal", `SELECT api_withdrawal_begin($1, $2)`, tenant, id)
}

// Escalate marks a review as overdue, unless the withdrawal has moved on from version.
func (c *Cashier) Escalate(ctx context.Context, tenant int64, id string, version int) (State, error) {
	return c.state(ctx, tenant, "escalate a withdrawal", `SELECT api_withdrawal_escalate($1, $2, $3)`, tenant, id, version)
}

// Expire ends a withdrawal before its payout and gives the money back, unless it has moved on from version or a decision
// for its stage is written (State.Pending).
func (c *Cashier) Expire(ctx context.Context, tenant int64, id string, version int) (State, error) {
	return c.state(ctx, tenant, "expire a withdrawal", `SELECT api_withdrawal_expire($1, $2, $3)`, tenant, id, version)
}

// NeedPerson tells the reviewers that a payout waits for a person, and why.
func (c *Cashier) NeedPerson(ctx context.Context, tenant int64, id, why string) (State, error) {
	return c.state(ctx, tenant, "ask for a person", `SELECT api_withdrawal_need_person($1, $2, $3)`, tenant, id, why)
}

// WithdrawalState is where a withdrawal stands.
func (c *Cashier) WithdrawalState(ctx context.Context, tenant int64, id string) (State, error) {
	return c.state(ctx, tenant, "read a withdrawal's state", `SELECT api_withdrawal_state($1, $2)`, tenant, id)
}
