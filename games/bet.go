package games

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"fairground/games/game"
	"fairground/internal/redis"
	"fairground/internal/secret"
)

// BetRequest asks for one stake in an open round.
type BetRequest struct {
	Tenant int64
	Round  string
	Player int64
	Choice string
	Stake  int64  // minor units
	Seed   string // the seed of this bet; empty for the player's own or a fresh one
	Key    string // idempotency key, unique per player
	Again  bool   // asked before, outcome unknown: the key decides, the player's lock does not
}

// Receipt is an accepted bet.
type Receipt struct {
	Round    string
	Bet      int64 // opaque; its place in the round is known once the round has closed
	Choice   string
	Stake    int64 // minor units
	Balance  int64 // after the bet, minor units
	Full     bool  // the round took its last seat with this bet
	Replayed bool  // the key was used before with the same payload
}

// PlaceBet takes a stake: one transaction, no workflow. The same key and payload answers with the
// same receipt. It returns games.invalid_choice, games.invalid_stake, ErrInvalidKey, ErrInvalidSeed,
// ErrRoundNotFound, ErrRoundClosed, ErrRoundFull, ErrAlreadyBet, ErrHouseLimit, ErrNotMember,
// ErrInsufficient, ErrKeyReused or, unless Again, ErrBusy.
func (e *Engine) PlaceBet(ctx context.Context, req BetRequest) (Receipt, error) {
	if err := checkKey(req.Key); err != nil {
		return Receipt{}, err
	}
	if req.Seed != "" && !seedPattern.MatchString(req.Seed) {
		return Receipt{}, ErrInvalidSeed
	}
	meta, err := e.meta(ctx, req.Tenant, req.Round)
	if err != nil {
		return Receipt{}, err
	}
	most, err := meta.rules.CheckBet(meta.opening, game.Bet{Choice: req.Choice, Stake: req.Stake, Seed: req.Seed})
	if err != nil {
		return Receipt{}, gameError(err)
	}
	unlock, err := e.lockPlayer(ctx, req.Tenant, req.Player, req.Again)
	if err != nil {
		return Receipt{}, err
	}
	defer unlock()

	hash := requestHash("bet", req.Round, req.Choice, req.Stake, req.Seed)
	counted := meta.opening.Seats > 0 || meta.opening.BetsEach > 0 || meta.opening.MaxExposure > 0
	answer, err := e.bets.Do(ctx, &betCall{req: req, most: most, fresh: freshSeed(), hash: hash, alone: counted})
	if err != nil {
		return Receipt{}, fmt.Errorf("place a bet: %w", busy(err, req.Again))
	}
	out := struct {
		Code     string
		Bet      int64
		Balance  int64
		Full     bool
		Replayed bool
	}{}
	if err := json.Unmarshal(answer, &out); err != nil {
		return Receipt{}, fmt.Errorf("read the answer of bet: %w", err)
	}
	if err := refusal(out.Code, answer); err != nil {
		return Receipt{}, err
	}
	return Receipt{
		Round: req.Round, Bet: out.Bet, Choice: req.Choice, Stake: req.Stake,
		Balance: out.Balance, Full: out.Full, Replayed: out.Replayed,
	}, nil
}

// lockPlayer keeps one player's requests from queueing up in the database. It is admission
// control: losing it costs latency, never money. A request made again passes without it: whoever
// made it before may have died with the lock in hand, and "busy" would deny what was taken.
func (e *Engine) lockPlayer(ctx context.Context, tenant, player int64, again bool) (func(), error) {
	if again {
		return func() {}, nil
	}
	unlock, err := e.locker.Lock(ctx, "bet:"+strconv.FormatInt(tenant, 10)+":"+strconv.FormatInt(player, 10))
	if errors.Is(err, redis.ErrBusy) {
		return nil, fmt.Errorf("%w: %w", ErrBusy, err)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the player: %w", err)
	}
	return unlock, nil
}

// requestHash is the SHA-256 of a request's payload: what the same key must repeat.
func requestHash(parts ...any) []byte {
	h := sha256.New()
	for _, p := range parts {
		switch v := p.(type) {
		case string:
			h.Write(strconv.AppendQuote(nil, v))
		case int64:
			h.Write(strconv.AppendInt(nil, v, 10))
		default:
			panic(fmt.Sprintf("requestHash: %T is neither string nor int64", p))
		}
		h.Write([]byte{'\n'})
	}
	return h.Sum(nil)
}

func checkKey(key string) error {
	if key == "" || len(key) > 128 {
		return ErrInvalidKey
	}
	return nil
}

func freshSeed() string { return secret.ID("") }
