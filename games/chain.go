package games

import "context"

// ChainFormat names the shape of a Chain.
const ChainFormat = "fairground.chain.v1"

// ChainRef says which seed of which published chain was used.
type ChainRef struct {
	ID    string `json:"id"`
	Index int    `json:"index"` // from 0
	Hash  string `json:"hash"`  // of the chain, see fairness.ChainHash
}

// Chain is a list of server seeds, by their commitments, that was published before the first of them was used.
type Chain struct {
	Format    string   `json:"format"` // ChainFormat
	ID        string   `json:"id"`
	For       string   `json:"for"`     // "rounds" of a group or "plays" of a player
	Owner     string   `json:"owner"`   // public id of the group or the player
	Size      int      `json:"size"`    // how many seeds
	Used      int      `json:"used"`    // how many were taken so far, in order
	Hash      string   `json:"hash"`    // see fairness.ChainHash
	Commits   []string `json:"commits"` // SHA-256 of each seed, hex
	CreatedAt string   `json:"created_at"`
}

// Chain is a published chain. It needs no tenant. It returns ErrChainNotFound.
func (e *Engine) Chain(_ context.Context, _ string) (Chain, error) {
	return Chain{}, errNotBuilt
}
