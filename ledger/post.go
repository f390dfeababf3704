package ledger

import (
	"context"
	"fmt"
)

// Move takes Amount minor units, more than zero, from one account to another.
type Move struct {
	From, To AccountRef
	Amount   int64
}

// Posting is a set of moves within one group and asset that happen together or not at all.
type Posting struct {
	Tenant, Group int64
	Asset         string
	Scope         string // whose keys: keys of different scopes never meet
	Key           string // idempotency key, 1 to 128 characters
	Kind          string // what it is, for statements: "transfer", "prize"
	Ref           string // what it is about, for statements
	Moves         []Move
}

// Post posts the moves as one transfer. It may not take from an issuer (see Grant) nor touch
// escrow or withheld money, which belong to rounds and holds.
//
// Errors: ErrInsufficientFunds, ErrKeyReused, ErrAccountNotFound, ErrUnknownAsset,
// ErrInvalidPosting, ErrInvalidAmount, ErrInvalidKey, and those of postgres.DB.
func (l *Ledger) Post(ctx context.Context, p Posting) (Receipt, error) {
	if err := p.check(); err != nil {
		return Receipt{}, err
	}
	n := len(p.Moves)
	fromPurpose, fromOwner := make([]string, n), make([]string, n)
	toPurpose, toOwner := make([]string, n), make([]string, n)
	amount := make([]int64, n)
	payload := []any{p.Group, p.Asset, p.Kind, p.Ref}
	for i, m := range p.Moves {
		fromPurpose[i], fromOwner[i] = string(m.From.Purpose), m.From.Owner
		toPurpose[i], toOwner[i] = string(m.To.Purpose), m.To.Owner
		amount[i] = m.Amount
		payload = append(payload, m.From.Purpose, m.From.Owner, m.To.Purpose, m.To.Owner, m.Amount)
	}
	return l.request(ctx, p.Tenant, "post",
		`SELECT api_ledger_post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		p.Tenant, p.Group, p.Asset, "post."+p.Scope, p.Key, fingerprint(payload...), p.Kind, p.Ref,
		fromPurpose, fromOwner, toPurpose, toOwner, amount)
}

func (p Posting) check() error {
	if err := checkKey("key", p.Key); err != nil {
		return err
	}
	if len(p.Moves) == 0 {
		return withField(ErrInvalidPosting, "moves", "name at least one move")
	}
	for i, m := range p.Moves {
		if err := checkAmount(fmt.Sprintf("moves.%d.amount", i), m.Amount); err != nil {
			return err
		}
		if m.From == m.To {
			return withField(ErrInvalidPosting, fmt.Sprintf("moves.%d", i), "name two different accounts")
		}
	}
	return nil
}
