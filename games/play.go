package games

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fairground/games/game"
	"fairground/internal/postgres"
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
	Jackpot       int64 // won of the group's pot beside the payout, minor units
	Balance       int64 // after the play, minor units
	Outcome       game.Outcome
	Report        json.RawMessage // of a Reporter, else null
	Chain         string          // of the server's seeds
	Index         int             // of the server's seed in the chain
	Nonce         int64
	At            time.Time // UTC
	Replayed      bool      // the key was used before with the same payload
}

const (
	// codeStale is the database's answer to what was computed with another seed, nonce, config or pot.
	codeStale = "stale"
	// playTries is how often it is computed again: other processes may play for the same player.
	playTries = 8
)

// Play takes a stake, draws and pays in one transaction. The same key and payload answers with the same play. It returns
// ErrUnknownGame, ErrNotInstant, games.invalid_choice, games.invalid_stake, ErrInvalidKey, ErrGroupInactive, ErrNotMember,
// players.frozen, players.excluded, ErrHouseLimit, ErrInsufficient, ErrKeyReused or, unless Again, ErrBusy.
func (e *Engine) Play(ctx context.Context, req PlayRequest) (PlayReceipt, error) {
	if err := checkKey(req.Key); err != nil {
		return PlayReceipt{}, err
	}
	g, ok := e.games[req.Game]
	if !ok {
		return PlayReceipt{}, ErrUnknownGame
	}
	if g.Info().Pace != game.PaceInstant {
		return PlayReceipt{}, ErrNotInstant
	}
	unlock, err := e.lockPlayer(ctx, req.Tenant, req.Player, req.Again)
	if err != nil {
		return PlayReceipt{}, err
	}
	defer unlock()
	for range playTries {
		receipt, err := e.play(ctx, req)
		if !errors.Is(err, errStale) {
			return receipt, err
		}
		e.sources.take(playerKey{req.Tenant, req.Player})
		e.current.take(gameKey{req.Tenant, req.Game})
		e.pots.take([2]int64{req.Tenant, req.Group})
	}
	return PlayReceipt{}, fmt.Errorf("%w: the player's seed keeps moving", ErrBusy)
}

// play sends a play once. It returns errStale when it was computed with another seed, nonce, config or pot than those in force.
func (e *Engine) play(ctx context.Context, req PlayRequest) (PlayReceipt, error) {
	bound, err := e.inForce(ctx, req.Tenant, req.Game)
	if err != nil {
		return PlayReceipt{}, err
	}
	call := &playCall{req: req, bound: bound, hash: requestHash("play", req.Group, req.Game, req.Choice, req.Stake)}
	if call.opening, err = bound.rules.Open(nil); err != nil {
		return PlayReceipt{}, gameError(err)
	}
	if call.most, err = bound.rules.CheckBet(call.opening, game.Bet{Seq: 1, Choice: req.Choice, Stake: req.Stake}); err != nil {
		return PlayReceipt{}, gameError(err)
	}
	if call.pot, err = e.potOf(ctx, req.Tenant, req.Group, req.Game); err != nil {
		return PlayReceipt{}, err
	}
	// Drawn here, beside the others: a batch draws again only what another play of the player has overtaken.
	if err = e.drawPlay(ctx, call); err != nil {
		return PlayReceipt{}, err
	}
	if call.room, err = e.houseRoom(ctx, req.Tenant, req.Group); err != nil {
		return PlayReceipt{}, err
	}
	raw, err := e.plays.Do(ctx, call)
	if postgres.Code(err) == codeConfigStale {
		return PlayReceipt{}, errStale
	}
	if err != nil {
		return PlayReceipt{}, fmt.Errorf("play: %w", busy(err, req.Again))
	}
	return e.receipt(ctx, call, raw)
}

// receipt turns the database's answer into what the player is told.
func (e *Engine) receipt(ctx context.Context, call *playCall, raw json.RawMessage) (PlayReceipt, error) {
	if call.failed != nil {
		return PlayReceipt{}, call.failed
	}
	answer := call.answer
	if answer.Code == codeStale {
		return PlayReceipt{}, errStale
	}
	if err := refusal(answer.Code, raw); err != nil {
		return PlayReceipt{}, err
	}
	if answer.Replayed {
		receipt, err := e.storedPlay(ctx, call.req.Tenant, answer.Play)
		receipt.Balance, receipt.Replayed = answer.Balance, true
		return receipt, err
	}
	d := call.drawn
	return PlayReceipt{
		ID: answer.Play, Game: call.req.Game, ConfigVersion: call.bound.row.Version, Choice: call.req.Choice, Stake: call.req.Stake, Payout: d.payout,
		Jackpot: answer.Jackpot, Balance: answer.Balance, Outcome: d.outcome, Report: d.report, Chain: d.source.Chain, Index: d.source.Index, Nonce: d.source.Nonce, At: answer.At.UTC(),
	}, nil
}

type gameKey struct {
	tenant int64
	game   string
}

// inForce is the config that plays are made under, as far as this process knows: the database decides.
func (e *Engine) inForce(ctx context.Context, tenant int64, name string) (boundConfig, error) {
	key := gameKey{tenant, name}
	if version, ok := e.current.get(key); ok {
		return e.config(ctx, tenant, name, version)
	}
	bound, err := e.currentConfig(ctx, tenant, name)
	if err == nil {
		e.current.put(key, bound.row.Version)
	}
	return bound, err
}

// roomAge is how long it is believed that a group's house may go on losing today. Counting what it gave out is slow, and the
// cap is one for a day.
const roomAge = 10 * time.Second

type houseRoom struct {
	open bool
	at   time.Time
}

// houseRoom says whether a group's house may still lose today. Rounds ask the same when they open.
func (e *Engine) houseRoom(ctx context.Context, tenant, group int64) (bool, error) {
	key := [2]int64{tenant, group}
	known, ok := e.rooms.get(key)
	if ok && e.clock.Now().Sub(known.at) < roomAge {
		return known.open, nil
	}
	counted := e.reading.DoChan(fmt.Sprintf("room %v", key), func() (any, error) {
		var open bool
		err := e.db.Call(context.WithoutCancel(ctx), tenant, `SELECT api_play_room($1, $2)`, []any{tenant, group}, &open)
		if err != nil {
			return true, fmt.Errorf("count what the house gave out: %w", err)
		}
		e.rooms.put(key, houseRoom{open: open, at: e.clock.Now()})
		return open, nil
	})
	if ok {
		return known.open, nil // the count goes on beside
	}
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case r := <-counted:
		open, _ := r.Val.(bool)
		return open, r.Err
	}
}
