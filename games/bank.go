package games

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"fairground/games/game"
	"fairground/operators"
)

// BankImport is a bank of questions as an operator brings it: exactly one of Items and CSV.
type BankImport struct {
	By     operators.Authority
	Bank   string          // its name in the tenant: 1 to 32 lower-case letters, digits, - and _
	Title  string          // what operators see, 1 to 80 characters
	Items  json.RawMessage // JSON: [{"question": …, "options": ["…", "…"], "answer": "b"}, …]
	CSV    string          // with a header: question,a,b,c,d,answer
	Reason string          // kept in the operation log
}

// Bank is what anybody may know of a bank. The questions are sealed.
type Bank struct {
	Bank       string
	Version    int // from 1; a version never changes
	Title      string
	Size       int
	Hash       string // what a config commits to
	ImportedAt time.Time
}

// ImportBank stores a bank as the next version of its name. It needs banks.import and a step-up. Nothing is stored unless
// all of it is.
//
// Errors: games.invalid_bank with line and field, those of operators and of postgres.DB.
func (e *Engine) ImportBank(_ context.Context, _ BankImport) (Bank, error) {
	return Bank{}, errors.New("import a bank: not yet")
}

// ListBanks lists the banks of a tenant, every version, by name and then newest first.
func (e *Engine) ListBanks(_ context.Context, _ int64) ([]Bank, error) {
	return nil, errors.New("list banks: not yet")
}

// bankOf is the bank that a round of a Banked game plays with, as Pick takes it. It is secret: never log it.
func (e *Engine) bankOf(_ context.Context, _ int64, rules game.Banked, open game.Opening) (json.RawMessage, error) {
	if own, ok := rules.(game.Stocked); ok {
		if bank, ok := own.OwnBank(open); ok {
			return bank, nil
		}
	}
	return nil, errors.New("read a bank: not yet")
}
