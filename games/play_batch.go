package games

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fairground/fairness"
	"fairground/games/game"
	"fairground/internal/group"
)

// playCrowd is how many plays wait before a second batch is sent beside the first.
const playCrowd = 32

// playCall is one play on its way to the database. When a batch takes it no other play of the player is under way in this
// process, so the nonce is known.
type playCall struct {
	req     PlayRequest
	bound   boundConfig
	opening game.Opening
	most    int64
	pot     potRules
	hash    []byte
	room    bool

	drawn  drawnPlay
	answer playAnswer
	failed error // its rules could not draw it
}

// drawnPlay is what a play comes to if the database takes it.
type drawnPlay struct {
	source  playerSource
	outcome game.Outcome
	text    string // the outcome's JSON
	payout  int64
	report  json.RawMessage
	lucky   bool // it wins the pot
}

type playAnswer struct {
	Code     string
	Play     string
	Balance  int64
	Jackpot  int64
	At       time.Time
	Replayed bool
}

// Seat is the player: plays of one player have one order.
func (c *playCall) Seat() group.Seat { return group.Seat{Tenant: c.req.Tenant, Player: c.req.Player} }

// Alone is false: a play counts nothing that others share.
func (c *playCall) Alone() bool { return false }

const sendPlays = `SELECT api_plays($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`

// sendPlays draws a batch of plays and runs it as one transaction.
func (e *Engine) sendPlays(ctx context.Context, batch []*playCall) ([]json.RawMessage, error) {
	drawn := make([]*playCall, 0, len(batch))
	for _, c := range batch {
		if c.failed = e.drawPlay(ctx, c); c.failed == nil {
			drawn = append(drawn, c)
		}
	}
	answers := make([]json.RawMessage, len(batch))
	if len(drawn) == 0 {
		return answers, nil
	}
	var got []json.RawMessage
	if err := e.db.Call(ctx, batch[0].req.Tenant, sendPlays, playColumns(drawn), &got); err != nil {
		for _, c := range drawn { // what came of them is unknown
			e.sources.take(c.key())
		}
		return nil, err
	}
	if len(got) != len(drawn) {
		return nil, fmt.Errorf("%d plays got %d answers", len(drawn), len(got))
	}
	next := 0
	for i, c := range batch {
		if c.failed != nil {
			continue
		}
		answers[i] = got[next]
		next++
		c.failed = e.heard(c, answers[i])
	}
	return answers, nil
}

func (c *playCall) key() playerKey { return playerKey{c.req.Tenant, c.req.Player} }

// heard reads an answer and moves what is known of the player's seed with it.
func (e *Engine) heard(c *playCall, raw json.RawMessage) error {
	c.answer = playAnswer{}
	if err := json.Unmarshal(raw, &c.answer); err != nil {
		return fmt.Errorf("read the answer of a play: %w", err)
	}
	switch {
	case c.answer.Code == codeStale, c.answer.Replayed:
		e.sources.take(c.key())
	case c.answer.Code == "ok":
		next := c.drawn.source
		next.Nonce++
		e.sources.put(c.key(), next)
	}
	return nil
}

// drawPlay computes what a play comes to with the player's next nonce, unless it was computed with that already.
func (e *Engine) drawPlay(ctx context.Context, c *playCall) error {
	source, err := e.source(ctx, c.req.Tenant, c.req.Player)
	if err != nil || c.drawn.text != "" && c.drawn.source == source {
		return err
	}
	d := drawnPlay{source: source}
	bet := game.Bet{Seq: 1, Player: source.public, Choice: c.req.Choice, Stake: c.req.Stake, Seed: source.ClientSeed}
	d.outcome, err = c.bound.rules.Draw(c.opening, fairness.NewStream(source.seed, source.ClientSeed, uint64(source.Nonce))) //nolint:gosec // never negative
	if err != nil {
		return fmt.Errorf("draw a play of %s: %w", c.req.Game, err)
	}
	if d.payout, d.report, err = settlePlay(c.bound.rules, c.opening, d.outcome, bet); err != nil {
		return fmt.Errorf("settle a play of %s: %w", c.req.Game, err)
	}
	d.lucky = c.pot.lucky(source, c.req.Stake)
	text, err := json.Marshal(d.outcome)
	if err != nil {
		return fmt.Errorf("write the outcome of a play of %s: %w", c.req.Game, err)
	}
	d.text = string(text)
	c.drawn = d
	return nil
}

// settlePlay is what the one bet of a play gets back, and the report of games that write one.
func settlePlay(rules game.Rules, opening game.Opening, outcome game.Outcome, bet game.Bet) (int64, json.RawMessage, error) {
	payouts, err := rules.Settle(opening, outcome, []game.Bet{bet}, nil)
	if err != nil {
		return 0, nil, err
	}
	var sum int64
	for _, p := range payouts {
		if p.Seq != 1 || p.Amount < 0 {
			return 0, nil, fmt.Errorf("bet %d is paid %d, and there is only bet 1", p.Seq, p.Amount)
		}
		sum += p.Amount
	}
	reporter, ok := rules.(game.Reporter)
	if !ok {
		return sum, nil, nil
	}
	report, err := reporter.Report(opening, outcome, []game.Bet{bet}, nil)
	return sum, report, err
}

// playColumns are the arguments of api_plays.
func playColumns(calls []*playCall) []any {
	n := len(calls)
	groups, players, stakes, most, payouts, nonces := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	names, choices, outcomes, chains, keys := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	versions, indexes, rooms, hashes := make([]int, n), make([]int, n), make([]bool, n), make([][]byte, n)
	pots, potVersions, lucky := make([]*string, n), make([]*int, n), make([]bool, n)
	for i, c := range calls {
		groups[i], players[i], names[i], versions[i], choices[i] = c.req.Group, c.req.Player, c.req.Game, c.bound.row.Version, c.req.Choice
		stakes[i], most[i], payouts[i], outcomes[i], rooms[i] = c.req.Stake, c.most, c.drawn.payout, c.drawn.text, c.room
		chains[i], indexes[i], nonces[i] = c.drawn.source.Chain, c.drawn.source.Index, c.drawn.source.Nonce
		keys[i], hashes[i] = c.req.Key, c.hash
		if c.pot.id != "" {
			pots[i], potVersions[i], lucky[i] = &c.pot.id, &c.pot.version, c.drawn.lucky
		}
	}
	return []any{
		calls[0].req.Tenant, groups, players, names, versions, choices, stakes, most, payouts, outcomes, rooms, chains, indexes, nonces, keys, hashes,
		pots, potVersions, lucky,
	}
}
