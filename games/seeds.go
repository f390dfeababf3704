package games

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"fairground/fairness"
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

// Rotation is a server seed that is used up and shown, and the state now.
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

// playerSource is what the engine keeps of a player between plays.
type playerSource struct {
	SeedState
	ordinal int // of the chain
	seed    fairness.Seed
	public  string // the player's public id
}

type playerKey struct{ tenant, player int64 }

// Seeds is what a player's next instant play is drawn from. It returns ErrNotMember for nobody's id.
func (e *Engine) Seeds(ctx context.Context, tenant, player int64) (SeedState, error) {
	source, err := e.readSource(ctx, tenant, player)
	return source.SeedState, err
}

// source is what a player's next play is drawn from, as far as this process knows: the database decides.
func (e *Engine) source(ctx context.Context, tenant, player int64) (playerSource, error) {
	if source, ok := e.sources.get(playerKey{tenant, player}); ok {
		return source, nil
	}
	source, err := e.readSource(ctx, tenant, player)
	if err != nil {
		return playerSource{}, err
	}
	e.sources.put(playerKey{tenant, player}, source)
	return source, nil
}

const readSource = `SELECT s.chain_id, s.seed_index, s.client_seed, s.nonce, c.ordinal, c.master_sealed, p.public_id, api_seed_commit(c.commits, s.seed_index),
	coalesce(nullif(api_seed_commit(c.commits, s.seed_index + 1), ''), api_seed_commit(n.commits, 0), '')
	FROM player_seeds s
	JOIN seed_chains c ON c.tenant_id = $1 AND c.chain_id = s.chain_id
	JOIN players p ON p.tenant_id = $1 AND p.player_id = s.player_id
	LEFT JOIN seed_chains n ON n.tenant_id = $1 AND n.purpose = 'plays' AND n.owner_id = s.player_id AND n.ordinal = c.ordinal + 1
	WHERE s.tenant_id = $1 AND s.player_id = $2`

// readSource reads a player's seeds. It publishes the chain that the next seed comes from if there is none yet.
func (e *Engine) readSource(ctx context.Context, tenant, player int64) (playerSource, error) {
	for range 3 {
		var s playerSource
		var sealed, commit, next []byte
		err := e.db.Call(ctx, tenant, readSource, []any{tenant, player}, &s.Chain, &s.Index, &s.ClientSeed, &s.Nonce, &s.ordinal, &sealed, &s.public, &commit, &next)
		if errors.Is(err, pgx.ErrNoRows) {
			s.ordinal = -1
		} else if err != nil {
			return playerSource{}, fmt.Errorf("read the seeds of a player: %w", err)
		}
		if len(next) > 0 {
			s.Commit, s.NextCommit = hex.EncodeToString(commit), hex.EncodeToString(next)
			s.seed, err = e.chainSeed(s.Chain, sealed, s.Index, commit)
			return s, err
		}
		if err := e.publishChain(ctx, tenant, chainPlays, player, s.ordinal+1, freshSeed()); err != nil {
			return playerSource{}, err
		}
	}
	return playerSource{}, ErrBusy
}

// RotateSeed reveals the server seed in use, which makes its plays verifiable, and takes the next one. The same key and
// payload answers with the same revealed seed. It returns ErrInvalidKey, ErrInvalidSeed, ErrNotMember, ErrKeyReused or ErrBusy.
func (e *Engine) RotateSeed(ctx context.Context, req RotateRequest) (Rotation, error) {
	if err := checkKey(req.Key); err != nil {
		return Rotation{}, err
	}
	if req.ClientSeed != "" && !seedPattern.MatchString(req.ClientSeed) {
		return Rotation{}, ErrInvalidSeed
	}
	defer e.sources.take(playerKey{req.Tenant, req.Player})
	for range playTries {
		source, err := e.readSource(ctx, req.Tenant, req.Player)
		if err != nil {
			return Rotation{}, err
		}
		revealed, replayed, err := e.rotate(ctx, req, source)
		if errors.Is(err, errStale) {
			continue
		}
		if err != nil {
			return Rotation{}, err
		}
		now, err := e.readSource(ctx, req.Tenant, req.Player)
		return Rotation{Revealed: revealed, Now: now.SeedState, Replayed: replayed}, err
	}
	return Rotation{}, ErrBusy
}

// errStale says that the database knows of a newer seed, nonce or config.
var errStale = errors.New("another seed is in use")

func (e *Engine) rotate(ctx context.Context, req RotateRequest, source playerSource) (RevealedSeed, bool, error) {
	client := req.ClientSeed
	if client == "" {
		client = freshSeed()
	}
	var answer json.RawMessage
	err := e.db.Call(ctx, req.Tenant, `SELECT api_seed_rotate($1, $2, $3, $4, $5, $6, $7, $8)`,
		[]any{req.Tenant, req.Player, source.Chain, source.Index, source.seed[:], client, req.Key, requestHash("rotate", req.ClientSeed)}, &answer)
	if err != nil {
		return RevealedSeed{}, false, fmt.Errorf("rotate a seed: %w", busy(err, false))
	}
	var out struct {
		Code, Chain string
		Index       int
		Nonces      int64
		ClientSeed  string `json:"client_seed"`
		Replayed    bool
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return RevealedSeed{}, false, fmt.Errorf("read the answer of a rotation: %w", err)
	}
	if out.Code == codeStale {
		return RevealedSeed{}, false, errStale
	}
	if err := refusal(out.Code, answer); err != nil {
		return RevealedSeed{}, false, err
	}
	shown := RevealedSeed{Chain: out.Chain, Index: out.Index, ClientSeed: out.ClientSeed, Nonces: out.Nonces}
	seed, err := e.revealedSeed(ctx, req.Tenant, out.Chain, out.Index)
	if err != nil {
		return RevealedSeed{}, false, err
	}
	sum := seed.Commit()
	shown.ServerSeed, shown.Commit = seed.Hex(), hex.EncodeToString(sum[:])
	return shown, out.Replayed, nil
}

func (e *Engine) revealedSeed(ctx context.Context, tenant int64, chain string, index int) (fairness.Seed, error) {
	var raw []byte
	const one = `SELECT seed FROM player_seed_reveals WHERE tenant_id = $1 AND chain_id = $2 AND seed_index = $3`
	if err := e.db.Call(ctx, tenant, one, []any{tenant, chain, index}, &raw); err != nil {
		return fairness.Seed{}, fmt.Errorf("read a revealed seed: %w", err)
	}
	if len(raw) != len(fairness.Seed{}) {
		return fairness.Seed{}, fmt.Errorf("seed %d of chain %s has %d bytes", index, chain, len(raw))
	}
	return fairness.Seed(raw), nil
}
