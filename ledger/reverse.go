package ledger

import "context"

// Reverse undoes a transfer, once, with a transfer of its own that swaps the postings. What a
// player has spent meanwhile becomes the Receipt's Debt, a receivable from that player; no
// balance becomes negative. A reversal is final: it can't be reversed itself.
//
// Only the owner of the database may call it: the application role is refused (42501) and reverses through the cashier,
// which asks a second person.
//
// Errors: ErrTransferNotFound, ErrNotReversible, ErrAlreadyReversed, ErrInsufficientFunds when
// a pool or a house has spent it (not kept), ErrKeyReused, ErrInvalidKey, and those of
// postgres.DB.
func (l *Ledger) Reverse(ctx context.Context, tenant, transfer int64, key, reason string) (Receipt, error) {
	if err := checkKey("key", key); err != nil {
		return Receipt{}, err
	}
	return l.request(ctx, tenant, "reverse", `SELECT ledger_reverse($1, $2, $3, $4, $5)`,
		tenant, transfer, key, fingerprint(transfer, reason), reason)
}
