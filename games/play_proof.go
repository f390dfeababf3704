package games

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

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
	Jackpot       *JackpotProof   `json:"jackpot,omitempty"` // of the group's pot, when the play fed it
}

var playPattern = regexp.MustCompile(`^pl_([a-z2-7]{16})_(0|[1-9][0-9]{0,8})_(0|[1-9][0-9]{0,17})$`)

// playID is the public id of a play: the seed and the nonce it was drawn from.
func playID(chain string, index int, nonce int64) string {
	return "pl_" + strings.TrimPrefix(chain, "c_") + "_" + strconv.Itoa(index) + "_" + strconv.FormatInt(nonce, 10)
}

// playPlace is the seed and the nonce a play was drawn from. It returns ErrPlayNotFound.
func playPlace(id string) (chain string, index int, nonce int64, err error) {
	parts := playPattern.FindStringSubmatch(id)
	if parts == nil {
		return "", 0, 0, ErrPlayNotFound
	}
	// The pattern has only texts that fit.
	index, _ = strconv.Atoi(parts[2])
	nonce, _ = strconv.ParseInt(parts[3], 10, 64)
	return "c_" + parts[1], index, nonce, nil
}

// playRow is a stored play.
type playRow struct {
	chain         string
	index         int
	nonce         int64
	player        int64
	group         string // public id
	public        string // the player's public id
	game          string
	version       int
	choice        string
	stake, payout int64
	outcome       game.Outcome
	at            time.Time
	hash, commit  []byte
	seed          []byte // once revealed
	client        string
	pot           playPot
}

const readPlay = `SELECT y.player_id, g.public_id, p.public_id, y.game, y.config_version, y.choice, y.stake, y.payout, y.outcome, y.played_at,
	c.hash, api_seed_commit(c.commits, y.seed_index), r.seed, coalesce(r.client_seed, s.client_seed),
	d.jackpot_id, d.version, v.config, v.hash, d.carry_before, d.pot_before, d.contribution, d.amount, d.winner_id IS NOT NULL
	FROM plays y
	JOIN seed_chains c ON c.tenant_id = $1 AND c.chain_id = y.chain_id
	JOIN players p ON p.tenant_id = $1 AND p.player_id = y.player_id
	JOIN groups g ON g.tenant_id = $1 AND g.group_id = y.group_id
	JOIN player_seeds s ON s.tenant_id = $1 AND s.player_id = y.player_id
	LEFT JOIN player_seed_reveals r ON r.tenant_id = $1 AND r.chain_id = y.chain_id AND r.seed_index = y.seed_index
	LEFT JOIN jackpot_draws d ON d.tenant_id = $1 AND d.ref = $5
	LEFT JOIN jackpot_versions v ON v.tenant_id = $1 AND v.jackpot_id = d.jackpot_id AND v.version = d.version
	WHERE y.tenant_id = $1 AND y.chain_id = $2 AND y.seed_index = $3 AND y.nonce = $4`

// loadPlay reads a play. It returns ErrPlayNotFound.
func (e *Engine) loadPlay(ctx context.Context, tenant int64, id string) (playRow, error) {
	chain, index, nonce, err := playPlace(id)
	if err != nil {
		return playRow{}, err
	}
	r := playRow{chain: chain, index: index, nonce: nonce}
	var outcome json.RawMessage
	err = e.db.Call(ctx, tenant, readPlay, []any{tenant, chain, index, nonce, id}, &r.player, &r.group, &r.public, &r.game, &r.version, &r.choice, &r.stake, &r.payout,
		&outcome, &r.at, &r.hash, &r.commit, &r.seed, &r.client,
		&r.pot.id, &r.pot.version, &r.pot.config, &r.pot.hash, &r.pot.carryBefore, &r.pot.potBefore, &r.pot.contribution, &r.pot.won, &r.pot.hit)
	if errors.Is(err, pgx.ErrNoRows) {
		return playRow{}, ErrPlayNotFound
	}
	if err != nil {
		return playRow{}, fmt.Errorf("read play %s: %w", id, err)
	}
	if err := json.Unmarshal(outcome, &r.outcome); err != nil {
		return playRow{}, fmt.Errorf("read the outcome of play %s: %w", id, err)
	}
	return r, nil
}

// bet is the play's one bet as the rules saw it.
func (r playRow) bet() game.Bet {
	return game.Bet{Seq: 1, Player: r.public, Choice: r.choice, Stake: r.stake, Seed: r.client}
}

// storedPlay is the receipt of a play that was made before, without a balance.
func (e *Engine) storedPlay(ctx context.Context, tenant int64, id string) (PlayReceipt, error) {
	r, err := e.loadPlay(ctx, tenant, id)
	if err != nil {
		return PlayReceipt{}, err
	}
	bound, err := e.config(ctx, tenant, r.game, r.version)
	if err != nil {
		return PlayReceipt{}, err
	}
	receipt := PlayReceipt{
		ID: id, Game: r.game, ConfigVersion: r.version, Choice: r.choice, Stake: r.stake, Payout: r.payout, Outcome: r.outcome,
		Chain: r.chain, Index: r.index, Nonce: r.nonce, At: r.at.UTC(),
	}
	if r.pot.won != nil {
		receipt.Jackpot = *r.pot.won
	}
	opening, err := bound.rules.Open(nil)
	if err != nil {
		return PlayReceipt{}, fmt.Errorf("reopen play %s: %w", id, err)
	}
	if reporter, ok := bound.rules.(game.Reporter); ok {
		if receipt.Report, err = reporter.Report(opening, r.outcome, []game.Bet{r.bet()}, nil); err != nil {
			return PlayReceipt{}, fmt.Errorf("report play %s: %w", id, err)
		}
	}
	return receipt, nil
}

// PlayView is a play as its player sees it.
type PlayView struct {
	PlayReceipt        // without a balance
	Group       string // public id
	Revealed    bool   // the server's seed was shown: the proof can be recomputed
}

// PlayView is one of a player's plays. It returns ErrPlayNotFound, for somebody else's as well.
func (e *Engine) PlayView(ctx context.Context, tenant, player int64, id string) (PlayView, error) {
	r, err := e.loadPlay(ctx, tenant, id)
	if err != nil {
		return PlayView{}, err
	}
	if r.player != player {
		return PlayView{}, ErrPlayNotFound
	}
	receipt, err := e.storedPlay(ctx, tenant, id)
	return PlayView{PlayReceipt: receipt, Group: r.group, Revealed: r.seed != nil}, err
}

// PlayProof is a play's public proof. It needs no tenant: the directory knows the chain. It returns ErrPlayNotFound.
func (e *Engine) PlayProof(ctx context.Context, id string) (PlayProof, error) {
	chain, _, _, err := playPlace(id)
	if err != nil {
		return PlayProof{}, err
	}
	tenant, err := e.chainTenant(ctx, chain)
	if errors.Is(err, ErrChainNotFound) {
		return PlayProof{}, ErrPlayNotFound
	}
	if err != nil {
		return PlayProof{}, err
	}
	r, err := e.loadPlay(ctx, tenant, id)
	if err != nil {
		return PlayProof{}, err
	}
	bound, err := e.config(ctx, tenant, r.game, r.version)
	if err != nil {
		return PlayProof{}, err
	}
	opening, err := bound.rules.Open(nil)
	if err != nil {
		return PlayProof{}, fmt.Errorf("reopen play %s: %w", id, err)
	}
	return PlayProof{
		Format: PlayProofFormat, Play: id, Game: r.game, ConfigVersion: r.version, Config: bound.row.Config, ConfigHash: bound.row.Hash, Asset: AssetPoints,
		Player: r.public, Choice: r.choice, Stake: r.stake, Params: opening.Params, PlayedAt: ProofTime(r.at),
		Chain: ChainRef{ID: r.chain, Index: r.index, Hash: hex.EncodeToString(r.hash)}, Commit: hex.EncodeToString(r.commit), ServerSeed: hex.EncodeToString(r.seed),
		ClientSeed: r.client, Nonce: r.nonce, Outcome: &r.outcome, Payout: r.payout, Jackpot: r.pot.proof(),
	}, nil
}
