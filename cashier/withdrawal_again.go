package cashier

import (
	"context"

	"fairground/operators"
)

// AskedBefore is the withdrawal that was accepted under the request's key, so that a repeat need not be verified again: a
// code of an authenticator counts once. It returns ErrWithdrawalNotFound for a new key, ErrKeyReused for one that stands
// for another request, and the errors of postgres.DB.
func (c *Cashier) AskedBefore(ctx context.Context, r WithdrawalRequest) (Withdrawal, error) {
	if !validKey(r.Key) {
		return Withdrawal{}, ErrInvalidKey
	}
	return answered(c.ask(ctx, r.Tenant, "look a request up", `SELECT api_withdrawal_asked($1, $2, $3, $4)`, r.Tenant, r.Player, r.Key, r.fingerprint()))
}

// Resume writes down that an operator has the workflow of an open withdrawal started again; the caller starts it. It needs
// withdrawals.resolve. Errors: ErrWithdrawalNotFound, ErrWrongStage, those of operators and of postgres.DB.
func (c *Cashier) Resume(ctx context.Context, a operators.Authority, id string) (Withdrawal, error) {
	return answered(c.ask(ctx, a.Tenant, "resume a withdrawal", `SELECT api_withdrawal_resume($1, $2, $3, $4, $5)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, id))
}

// fingerprint is what a key stands for.
func (r WithdrawalRequest) fingerprint() []byte {
	return fingerprint(r.Group, r.Asset, r.Amount, r.Address)
}
