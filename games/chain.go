package games

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/fairness"
	"fairground/internal/secret"
)

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
	Format    string       `json:"format"` // ChainFormat
	ID        string       `json:"id"`
	For       chainPurpose `json:"for"`     // rounds of a group or plays of a player
	Owner     string       `json:"owner"`   // public id of the group or the player
	Size      int          `json:"size"`    // how many seeds
	Used      int          `json:"used"`    // how many were taken so far, in order
	Hash      string       `json:"hash"`    // see fairness.ChainHash
	Commits   []string     `json:"commits"` // SHA-256 of each seed, hex
	CreatedAt string       `json:"created_at"`
}

// chainPurpose says what is drawn from a chain.
type chainPurpose string

const (
	chainRounds chainPurpose = "rounds"
	chainPlays  chainPurpose = "plays"
)

// size is how many seeds a chain is published with: a group opens a round every few minutes, a player rotates now and then.
func (p chainPurpose) size() int {
	if p == chainRounds {
		return 256
	}
	return 16
}

const purposeChain = "seed.chain"

// Chain is a published chain. It needs no tenant. It returns ErrChainNotFound.
func (e *Engine) Chain(ctx context.Context, id string) (Chain, error) {
	tenant, err := e.chainTenant(ctx, id)
	if err != nil {
		return Chain{}, err
	}
	var commits, hash []byte
	var created time.Time
	c := Chain{Format: ChainFormat, ID: id}
	const one = `SELECT c.purpose, coalesce(g.public_id, p.public_id), c.commits, c.hash, c.created_at,
		CASE WHEN h.chain_id = c.chain_id THEN h.next WHEN s.chain_id = c.chain_id THEN s.seed_index + 1
		     WHEN c.ordinal < n.ordinal THEN octet_length(c.commits) / 32 ELSE 0 END
		FROM seed_chains c
		LEFT JOIN groups g ON c.purpose = 'rounds' AND g.tenant_id = $1 AND g.group_id = c.owner_id
		LEFT JOIN players p ON c.purpose = 'plays' AND p.tenant_id = $1 AND p.player_id = c.owner_id
		LEFT JOIN seed_heads h ON h.tenant_id = $1 AND h.group_id = g.group_id
		LEFT JOIN player_seeds s ON s.tenant_id = $1 AND s.player_id = p.player_id
		LEFT JOIN seed_chains n ON n.tenant_id = $1 AND n.chain_id = coalesce(h.chain_id, s.chain_id)
		WHERE c.tenant_id = $1 AND c.chain_id = $2`
	if err := e.db.Call(ctx, tenant, one, []any{tenant, id}, &c.For, &c.Owner, &commits, &hash, &created, &c.Used); err != nil {
		return Chain{}, fmt.Errorf("read chain %s: %w", id, err)
	}
	for at := 0; at+32 <= len(commits); at += 32 {
		c.Commits = append(c.Commits, hex.EncodeToString(commits[at:at+32]))
	}
	c.Size, c.Hash, c.CreatedAt = len(c.Commits), hex.EncodeToString(hash), ProofTime(created)
	return c, nil
}

// chainTenant is the tenant a chain belongs to. It returns ErrChainNotFound.
func (e *Engine) chainTenant(ctx context.Context, id string) (int64, error) {
	var tenant int64
	err := e.db.Global(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT tenant_id FROM directory WHERE kind = 'chain' AND key = $1`, id).Scan(&tenant)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, ErrChainNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("find the tenant of chain %s: %w", id, err)
	}
	return tenant, nil
}

// publishChain makes the chain that comes next for an owner and publishes its commitments, unless a twin did. client is a
// player's part of the first plays.
func (e *Engine) publishChain(ctx context.Context, tenant int64, purpose chainPurpose, owner int64, ordinal int, client string) error {
	master, err := fairness.NewSeed()
	if err != nil {
		return fmt.Errorf("make a chain: %w", err)
	}
	id := secret.ID("c")
	commits, list := make([][32]byte, purpose.size()), []byte(nil)
	for i := range commits {
		commits[i] = fairness.ChainSeed(master, id, i).Commit()
		list = append(list, commits[i][:]...)
	}
	hash := fairness.ChainHash(id, commits)
	sealed, err := e.box.Seal(purposeChain, master[:], []byte(id))
	if err != nil {
		return fmt.Errorf("seal a chain: %w", err)
	}
	var answer json.RawMessage
	err = e.db.Call(ctx, tenant, `SELECT api_seed_chain($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		[]any{tenant, string(purpose), owner, ordinal, id, list, hash[:], sealed, client}, &answer)
	if err != nil {
		return fmt.Errorf("publish a chain: %w", err)
	}
	var out struct{ Code string }
	if err := json.Unmarshal(answer, &out); err != nil {
		return fmt.Errorf("read the answer of publishing a chain: %w", err)
	}
	return refusal(out.Code, answer)
}

// chainSeed opens a chain's master and derives one of its seeds, which it checks against the commitment.
func (e *Engine) chainSeed(id string, sealed []byte, index int, commit []byte) (fairness.Seed, error) {
	raw, err := e.box.Open(purposeChain, sealed, []byte(id))
	if err != nil {
		return fairness.Seed{}, fmt.Errorf("open chain %s: %w", id, err)
	}
	if len(raw) != len(fairness.Seed{}) {
		return fairness.Seed{}, fmt.Errorf("the master of chain %s has %d bytes", id, len(raw))
	}
	seed := fairness.ChainSeed(fairness.Seed(raw), id, index)
	if sum := seed.Commit(); string(sum[:]) != string(commit) {
		return fairness.Seed{}, fmt.Errorf("seed %d of chain %s does not match its commitment", index, id)
	}
	return seed, nil
}

// codeOtherSeed is the SQLSTATE of a round that was made with another seed than the next of its group's chain.
const codeOtherSeed = "FG001"

// seedTries is how often a round is made again because another opening took its seed.
const seedTries = 32

// nextRoundSeed is the next seed of a group's chain; the chain is published first. Another opening may take it: then the
// database refuses this one with codeOtherSeed.
func (e *Engine) nextRoundSeed(ctx context.Context, tenant, group int64) (fairness.Seed, error) {
	const one = `SELECT c.chain_id, c.ordinal, h.next, octet_length(c.commits) / 32, api_seed_commit(c.commits, h.next), c.master_sealed
		FROM seed_heads h JOIN seed_chains c ON c.tenant_id = $1 AND c.chain_id = h.chain_id WHERE h.tenant_id = $1 AND h.group_id = $2`
	for range 3 {
		var id string
		var ordinal, next, size int
		var commit, sealed []byte
		err := e.db.Call(ctx, tenant, one, []any{tenant, group}, &id, &ordinal, &next, &size, &commit, &sealed)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			ordinal = -1
		case err != nil:
			return fairness.Seed{}, fmt.Errorf("find the next seed of group %d: %w", group, err)
		case next < size:
			return e.chainSeed(id, sealed, next, commit)
		}
		if err := e.publishChain(ctx, tenant, chainRounds, group, ordinal+1, ""); err != nil {
			return fairness.Seed{}, err
		}
	}
	return fairness.Seed{}, ErrBusy
}

// addChain says in a proof where the round's seed comes from. Rounds that are older than the chains have none.
func (e *Engine) addChain(ctx context.Context, tenant int64, p *Proof) error {
	var ref ChainRef
	const one = `SELECT s.chain_id, s.seed_index, encode(c.hash, 'hex') FROM round_seeds s
		JOIN seed_chains c ON c.tenant_id = $1 AND c.chain_id = s.chain_id WHERE s.tenant_id = $1 AND s.round_id = $2`
	err := e.db.Call(ctx, tenant, one, []any{tenant, p.Round}, &ref.ID, &ref.Index, &ref.Hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read where the seed of round %s comes from: %w", p.Round, err)
	}
	p.Chain = &ref
	return nil
}

// chain checks where a round's seed comes from.
func (v *verifier) chain(list *Chain) error {
	if v.proof.Chain == nil {
		return errors.New("the proof names no chain")
	}
	return checkChain(*v.proof.Chain, v.proof.Commit, list)
}
