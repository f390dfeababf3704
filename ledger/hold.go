package ledger

import "context"

// HoldRequest sets a player's money aside until it is captured or released.
type HoldRequest struct {
	Tenant, Group, Player int64
	Asset                 string
	ID                    string // names the hold and is its key, 1 to 128 characters
	Amount                int64  // minor units, more than zero
}

// Hold moves the amount from what the player can spend to what is withheld.
//
// Errors: ErrInsufficientFunds (kept: take a new id to try again), ErrKeyReused,
// ErrAccountNotFound, ErrUnknownAsset, ErrInvalidAmount, ErrInvalidKey, and those of
// postgres.DB.
func (l *Ledger) Hold(ctx context.Context, h HoldRequest) (Receipt, error) {
	if err := checkKey("id", h.ID); err != nil {
		return Receipt{}, err
	}
	if err := checkAmount("amount", h.Amount); err != nil {
		return Receipt{}, err
	}
	return l.request(ctx, h.Tenant, "hold", `SELECT api_ledger_hold($1, $2, $3, $4, $5, $6, $7, 'hold')`,
		h.Tenant, h.Group, h.Asset, h.Player, h.ID, h.Amount, fingerprint(h.Group, h.Asset, h.Player, h.Amount))
}

// Release ends a hold and gives the money back. A repeat gives the first answer again.
//
// Errors: ErrHoldNotFound, ErrHoldResolved when it was captured, and those of postgres.DB.
func (l *Ledger) Release(ctx context.Context, tenant int64, hold string) (Receipt, error) {
	return l.resolve(ctx, tenant, hold, "voided", "")
}

// Capture ends a hold and sends the money to a clearing account. A repeat gives the first
// answer again.
//
// Errors: ErrHoldNotFound, ErrHoldResolved when it was released, ErrKeyReused when it was
// captured to another account, and those of postgres.DB.
func (l *Ledger) Capture(ctx context.Context, tenant int64, hold, clearing string) (Receipt, error) {
	return l.resolve(ctx, tenant, hold, "posted", clearing)
}

func (l *Ledger) resolve(ctx context.Context, tenant int64, hold, resolution, owner string) (Receipt, error) {
	kind := map[string]string{"posted": "capture", "voided": "release"}[resolution]
	return l.request(ctx, tenant, kind, `SELECT api_ledger_resolve($1, $2, $3, $4, $5, $6)`,
		tenant, hold, resolution, owner, fingerprint(owner), kind)
}
