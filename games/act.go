package games

import (
	"context"
	"encoding/json"
	"fmt"

	"fairground/games/game"
)

// ActRequest asks to act in a run with the player's oldest bet that may.
type ActRequest struct {
	Tenant int64
	Round  string
	Player int64
	Slot   int    // the game's own numbering
	Choice string // what is done
	Key    string // idempotency key, unique per player
	Again  bool   // as in BetRequest
}

// ActReceipt is an act that counts.
type ActReceipt struct {
	Round    string
	Bet      int64 // opaque, as in Receipt
	Slot     int
	Choice   string
	AtMS     int64           // milliseconds since the run began, by the database's clock
	Shown    json.RawMessage // of that moment, see game.Live
	Replayed bool            // the key was used before with the same payload
}

// Act records what a player does in a run, with the oldest of the player's bets that has not acted on the slot and may act
// now. The database alone decides the moment. One transaction; players do not wait for each other. The same key and payload
// answers with the same receipt. It returns ErrInvalidKey, games.invalid_choice, ErrRoundNotFound (it is not live),
// ErrRoundClosed, ErrTooEarly, ErrTooLate, ErrAlreadyActed, ErrNoBet, ErrNotMember, ErrKeyReused or, unless Again, ErrBusy.
func (e *Engine) Act(ctx context.Context, req ActRequest) (ActReceipt, error) {
	if err := checkKey(req.Key); err != nil {
		return ActReceipt{}, err
	}
	meta, err := e.meta(ctx, req.Tenant, req.Round)
	if err != nil {
		return ActReceipt{}, err
	}
	rules, ok := meta.rules.(game.Live)
	if !ok || !meta.live {
		return ActReceipt{}, ErrRoundNotFound
	}
	bets, err := e.betsOf(ctx, req)
	if err != nil {
		return ActReceipt{}, err
	}
	ids, from, to, err := windows(rules, meta.opening, bets, req)
	if err != nil {
		return ActReceipt{}, gameError(err)
	}
	unlock, err := e.lockPlayer(ctx, req.Tenant, req.Player, req.Again)
	if err != nil {
		return ActReceipt{}, err
	}
	defer unlock()
	var answer json.RawMessage
	hash := requestHash("act", req.Round, int64(req.Slot), req.Choice)
	err = e.db.Call(ctx, req.Tenant, `SELECT api_round_act($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		[]any{req.Tenant, req.Round, req.Player, req.Slot, req.Choice, ids, from, to, req.Key, hash}, &answer)
	if err != nil {
		return ActReceipt{}, fmt.Errorf("act in a round: %w", busy(err, req.Again))
	}
	return e.actReceipt(ctx, req, answer)
}

func (e *Engine) actReceipt(ctx context.Context, req ActRequest, answer json.RawMessage) (ActReceipt, error) {
	out := struct {
		Code     string
		Bet      int64
		AtMS     int64 `json:"at_ms"`
		Replayed bool
	}{}
	if err := json.Unmarshal(answer, &out); err != nil {
		return ActReceipt{}, fmt.Errorf("read the answer of act: %w", err)
	}
	if err := refusal(out.Code, answer); err != nil {
		return ActReceipt{}, err
	}
	r, err := e.run(ctx, req.Tenant, req.Round)
	if err != nil {
		return ActReceipt{}, err
	}
	shown, err := r.shown(out.AtMS)
	if err != nil {
		return ActReceipt{}, fmt.Errorf("show round %s: %w", req.Round, err)
	}
	return ActReceipt{Round: req.Round, Bet: out.Bet, Slot: req.Slot, Choice: req.Choice, AtMS: out.AtMS, Shown: shown, Replayed: out.Replayed}, nil
}

// ownBet is a bet of a player with the id that the database knows it by.
type ownBet struct {
	id  int64
	bet game.Bet
}

const ownBets = `SELECT (SELECT public_id FROM players WHERE tenant_id = $1 AND player_id = $3),
	array_agg(b.bet_id ORDER BY b.bet_id), array_agg(b.choice ORDER BY b.bet_id), array_agg(b.stake ORDER BY b.bet_id), array_agg(b.seed ORDER BY b.bet_id),
	array_agg((SELECT count(*) FROM bets x WHERE x.tenant_id = $1 AND x.round_id = $2 AND x.bet_id <= b.bet_id) ORDER BY b.bet_id)
	FROM bets b WHERE b.tenant_id = $1 AND b.round_id = $2 AND b.player_id = $3`

// betsOf are the player's bets of a round, oldest first. Seq counts only once the round is closed, as acts do.
func (e *Engine) betsOf(ctx context.Context, req ActRequest) ([]ownBet, error) {
	var player *string
	var ids, stakes, seqs []int64
	var choices, seeds []string
	err := e.db.Call(ctx, req.Tenant, ownBets, []any{req.Tenant, req.Round, req.Player}, &player, &ids, &choices, &stakes, &seeds, &seqs)
	if err != nil {
		return nil, fmt.Errorf("read the player's bets: %w", err)
	}
	if player == nil {
		return nil, ErrNotMember
	}
	bets := make([]ownBet, len(ids))
	for i, id := range ids {
		bets[i] = ownBet{id: id, bet: game.Bet{Seq: seqs[i], Player: *player, Choice: choices[i], Stake: stakes[i], Seed: seeds[i]}}
	}
	return bets, nil
}

// windows are the milliseconds in which each bet may act so. A bet whose rules refuse the act is left out; when they refuse
// it for all, or for none that is there, it is the act that is wrong.
func windows(rules game.Live, open game.Opening, bets []ownBet, req ActRequest) (ids, from, to []int64, err error) {
	ids, from, to = []int64{}, []int64{}, []int64{}
	var refused error
	for _, b := range bets {
		f, t, err := rules.CheckAct(open, b.bet, game.Act{Slot: req.Slot, Player: b.bet.Player, Seq: b.bet.Seq, Choice: req.Choice})
		if err != nil {
			refused = err
			continue
		}
		ids, from, to = append(ids, b.id), append(from, f), append(to, t)
	}
	if len(ids) == 0 {
		return nil, nil, nil, refused
	}
	return ids, from, to, nil
}
