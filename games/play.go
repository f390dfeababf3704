package games

import (
	"context"
	"encoding/json"
	"time"

	"fairground/games/game"
)

// PlayRequest asks for one stake in an instant game.
type PlayRequest struct {
	Tenant, Group, Player int64
	Game                  string
	Choice                string
	Stake                 int64  // minor units
	Key                   string // idempotency key, unique per player
	Again                 bool   // as in BetRequest
}

// PlayReceipt is an instant play: taken, drawn and paid.
type PlayReceipt struct {
	ID            string // public
	Game          string
	ConfigVersion int
	Choice        string
	Stake         int64 // minor units
	Payout        int64 // stake included, minor units
	Balance       int64 // after the play, minor units
	Outcome       game.Outcome
	Report        json.RawMessage // of a Reporter, else null
	Chain         string          // of the server's seeds
	Index         int             // of the server's seed in the chain
	Nonce         int64
	At            time.Time // UTC
	Replayed      bool      // the key was used before with the same payload
}

// Play takes a stake, draws and pays in one transaction. The same key and payload answers with the same play. It returns
// ErrUnknownGame, ErrNotInstant, games.invalid_choice, games.invalid_stake, ErrInvalidKey, ErrGroupInactive, ErrNotMember,
// players.frozen, players.excluded, ErrHouseLimit, ErrInsufficient, ErrKeyReused or, unless Again, ErrBusy.
func (e *Engine) Play(_ context.Context, _ PlayRequest) (PlayReceipt, error) {
	return PlayReceipt{}, errNotBuilt
}
