package games

import (
	"context"
	"encoding/json"

	"fairground/games/game"
)

// PlayProofFormat names the shape of a PlayProof; it changes when the shape does.
const PlayProofFormat = "fairground.play.v1"

// PlayProof is all that anybody needs to recompute an instant play. It is public: the player stands in it by the public id.
// Amounts are minor units, times UTC (ProofTime), hashes and seeds lower-case hex.
type PlayProof struct {
	Format        string          `json:"format"` // PlayProofFormat
	Play          string          `json:"play"`
	Game          string          `json:"game"`
	ConfigVersion int             `json:"config_version"`
	Config        json.RawMessage `json:"config"`
	ConfigHash    string          `json:"config_hash"` // SHA-256 of the config's canonical JSON
	Asset         string          `json:"asset"`
	Player        string          `json:"player"`
	Choice        string          `json:"choice"`
	Stake         int64           `json:"stake"`
	Params        json.RawMessage `json:"params"`
	PlayedAt      string          `json:"played_at"`
	Chain         ChainRef        `json:"chain"`
	Commit        string          `json:"commit"`                // SHA-256 of the server seed, published with the chain
	ServerSeed    string          `json:"server_seed,omitempty"` // once the player has rotated it
	ClientSeed    string          `json:"client_seed"`
	Nonce         int64           `json:"nonce"`
	Outcome       *game.Outcome   `json:"outcome"`
	Payout        int64           `json:"payout"`
}

// PlayProof is a play's public proof. It needs no tenant: the directory knows the chain. It returns ErrPlayNotFound.
func (e *Engine) PlayProof(_ context.Context, _ string) (PlayProof, error) {
	return PlayProof{}, errNotBuilt
}
