package games

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"

	"fairground/fairness"
	"fairground/games/game"
	"fairground/internal/postgres"
	"fairground/internal/secret"
)

// AssetPoints is the asset that rounds are played in until a tenant turns others on.
const AssetPoints = "points"

const purposeSeed = "round.seed"

var seedPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// OpenRequest asks for a new round.
type OpenRequest struct {
	Tenant, Group, Player int64
	Game                  string
	Params                json.RawMessage // the game's own, nil for its defaults
	Key                   string          // idempotency key, unique per player
	Again                 bool            // as in BetRequest

	auto string // the automatic round that opens it, instead of a player
}

// Open commits to a fresh server seed and opens a round. The same key answers with the same
// round. It returns ErrUnknownGame, games.invalid_params, games.invalid_stake, ErrGroupInactive,
// ErrNotMember, ErrRoundRunning, ErrHouseLimit, ErrInsufficient, ErrKeyReused, that of a bank that is not there or,
// unless Again, ErrBusy.
func (e *Engine) Open(ctx context.Context, req OpenRequest) (RoundView, error) {
	if err := checkKey(req.Key); err != nil {
		return RoundView{}, err
	}
	return withConfigInForce(func() (RoundView, error) { return e.open(ctx, req) })
}

func (e *Engine) open(ctx context.Context, req OpenRequest) (RoundView, error) {
	g, ok := e.games[req.Game]
	if !ok {
		return RoundView{}, ErrUnknownGame
	}
	bound, err := e.currentConfig(ctx, req.Tenant, req.Game)
	if err != nil {
		return RoundView{}, err
	}
	opening, err := bound.rules.Open(req.Params)
	if err != nil {
		return RoundView{}, gameError(err)
	}
	if err := e.checkContent(ctx, req.Tenant, bound.rules, opening); err != nil {
		return RoundView{}, err
	}
	hash := requestHash("open", req.Group, req.Game, string(opening.Params))
	var answer json.RawMessage
	for range seedTries { // another opening in the group may take the seed
		payload, err := e.openPayload(ctx, req, g.Info(), bound, opening)
		if err != nil {
			return RoundView{}, err
		}
		answer, err = e.callOpen(ctx, req, hash, payload)
		if postgres.Code(err) == codeOtherSeed {
			continue
		}
		if err != nil {
			return RoundView{}, fmt.Errorf("open a round: %w", busy(err, req.Again))
		}
		break
	}
	if answer == nil {
		return RoundView{}, ErrBusy
	}
	var out struct{ Code, Round string }
	if err := json.Unmarshal(answer, &out); err != nil {
		return RoundView{}, fmt.Errorf("read the answer of open: %w", err)
	}
	if err := refusal(out.Code, answer); err != nil {
		return RoundView{}, err
	}
	return e.Round(ctx, req.Tenant, out.Round)
}

type openBet struct {
	Choice    string `json:"choice"`
	Stake     int64  `json:"stake"`
	MaxPayout int64  `json:"max_payout"`
	Seed      string `json:"seed"`
}

type openPayload struct {
	Auto          string          `json:"auto,omitempty"`
	Round         string          `json:"round"`
	Group         int64           `json:"group"`
	Player        int64           `json:"player"`
	Game          string          `json:"game"`
	ConfigVersion int             `json:"config_version"`
	Asset         string          `json:"asset"`
	Bank          game.Bank       `json:"bank"`
	Acting        bool            `json:"acting"`
	Live          bool            `json:"live,omitempty"`
	Source        game.Source     `json:"source,omitempty"`
	MinPot        int64           `json:"min_pot,omitempty"`
	Exclusive     bool            `json:"exclusive"`
	Params        json.RawMessage `json:"params"`
	WindowMS      int64           `json:"window_ms"`
	Seats         int             `json:"seats"`
	BetsEach      int             `json:"bets_each"`
	Slots         []game.Slot     `json:"slots"`
	ActReserve    int64           `json:"act_reserve"`
	MaxExposure   int64           `json:"max_exposure"`
	Commit        string          `json:"commit"`
	SeedSealed    string          `json:"seed_sealed"`
	ClientSeed    *string         `json:"client_seed,omitempty"`
	Outcome       *game.Outcome   `json:"outcome,omitempty"`
	Bet           *openBet        `json:"bet,omitempty"`
}

func (e *Engine) openPayload(ctx context.Context, req OpenRequest, info game.Info, bound boundConfig, opening game.Opening) (openPayload, error) {
	seed, err := e.nextRoundSeed(ctx, req.Tenant, req.Group)
	if err != nil {
		return openPayload{}, err
	}
	commit := seed.Commit()
	p := openPayload{
		Auto: req.auto, Round: secret.ID("r"), Group: req.Group, Player: req.Player, Game: req.Game, ConfigVersion: bound.row.Version,
		Asset: AssetPoints, Bank: info.Bank, Acting: acting(info), Exclusive: !acting(info), Params: opening.Params,
		Live: isLive(info), Source: info.Source, MinPot: opening.MinPot,
		WindowMS: opening.Window.Milliseconds(), Seats: opening.Seats, BetsEach: opening.BetsEach, Slots: []game.Slot{},
		ActReserve: opening.ActReserve, MaxExposure: opening.MaxExposure, Commit: hex.EncodeToString(commit[:]),
	}
	sealed, err := e.box.Seal(purposeSeed, seed[:], []byte(p.Round))
	if err != nil {
		return openPayload{}, fmt.Errorf("seal a server seed: %w", err)
	}
	p.SeedSealed = hex.EncodeToString(sealed)
	if opening.OpenerBet == nil {
		return p, nil
	}
	public, own, err := e.playerSeed(ctx, req.Tenant, req.Player)
	if err != nil {
		return openPayload{}, err
	}
	bet := *opening.OpenerBet
	bet.Seq, bet.Player, bet.Seed = 1, public, own
	most, err := bound.rules.CheckBet(opening, bet)
	if err != nil {
		return openPayload{}, gameError(err)
	}
	p.Bet = &openBet{Choice: bet.Choice, Stake: bet.Stake, MaxPayout: most, Seed: bet.Seed}
	if !p.Acting {
		return p, nil
	}
	client := fairness.ClientSeed(p.Round, []fairness.Entry{{Seq: 1, Player: public, Seed: own}})
	outcome, err := bound.rules.Draw(opening, fairness.NewStream(seed, client, 0))
	if err != nil {
		return openPayload{}, fmt.Errorf("draw round %s: %w", p.Round, err)
	}
	p.ClientSeed, p.Outcome, p.Slots = &client, &outcome, outcome.Slots
	return p, nil
}

// playerSeed is a player's pseudonym and the seed of the next bet: the player's own or a fresh one.
func (e *Engine) playerSeed(ctx context.Context, tenant, player int64) (public, seed string, err error) {
	const one = `SELECT public_id, coalesce(seed, $3) FROM players WHERE tenant_id = $1 AND player_id = $2`
	if err := e.db.Call(ctx, tenant, one, []any{tenant, player, freshSeed()}, &public, &seed); err != nil {
		return "", "", fmt.Errorf("read the player's seed: %w", err)
	}
	return public, seed, nil
}
