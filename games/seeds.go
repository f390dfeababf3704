package games

import (
	"context"
	"errors"
)

// SeedState is what a player's instant plays are drawn from. The server's seed itself stays secret until it is rotated.
type SeedState struct {
	Chain      string // the published chain that the server's seeds come from
	Index      int    // place of the seed in use in it, from 0
	Commit     string // SHA-256 of the seed in use, hex
	ClientSeed string // the player's part
	Nonce      int64  // of the next play, from 0
	NextCommit string // SHA-256 of the seed after it, hex
}

// RotateRequest asks for the next server seed and names the player's part for it.
type RotateRequest struct {
	Tenant, Player int64
	ClientSeed     string // empty for a random one
	Key            string // idempotency key, unique per player
}

// Rotation is a server seed that is used up and shown, and the state after it.
type Rotation struct {
	Revealed RevealedSeed
	Now      SeedState
	Replayed bool // the key was used before with the same payload
}

// RevealedSeed is a server seed that nothing is drawn from any more.
type RevealedSeed struct {
	Chain      string
	Index      int
	ServerSeed string // hex
	Commit     string // its SHA-256, hex
	ClientSeed string
	Nonces     int64 // how many plays were drawn from it: nonces 0 to Nonces-1
}

var errNotBuilt = errors.New("instant play is not built yet")

// Seeds is what a player's next instant play is drawn from.
func (e *Engine) Seeds(_ context.Context, _, _ int64) (SeedState, error) {
	return SeedState{}, errNotBuilt
}

// RotateSeed reveals the server seed in use, which makes its plays verifiable, and takes the next one. The same key and
// payload answers with the same rotation. It returns ErrInvalidKey, ErrInvalidSeed, ErrKeyReused or ErrBusy.
func (e *Engine) RotateSeed(_ context.Context, _ RotateRequest) (Rotation, error) {
	return Rotation{}, errNotBuilt
}
