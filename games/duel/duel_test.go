package duel_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/games/duel"
	"fairground/games/game"
	"fairground/games/game/gametest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	gametest.Run(t, duel.New(), `{"stake":10}`, `{"stake":5000}`)
}

func rules(t *testing.T, config string) game.Rules {
	t.Helper()
	r, err := duel.New().Parse(json.RawMessage(config))
	require.NoError(t, err)
	return r
}

const raked = `{"window_seconds":60,"min_stake":1,"max_stake":1000000000000,"default_stake":3,"rake_bp":250}`

func TestWinnerTakesThePotLessTheRake(t *testing.T) {
	t.Parallel()
	r := rules(t, raked)
	for _, c := range []struct{ stake, prize int64 }{{1, 2}, {19, 38}, {20, 39}, {100, 195}, {1_000_000_000_000, 1_950_000_000_000}} {
		raw, err := json.Marshal(map[string]int64{"stake": c.stake})
		require.NoError(t, err)
		opening, err := r.Open(raw)
		require.NoError(t, err)
		bets := []game.Bet{*opening.OpenerBet, {Seq: 2, Choice: "tails", Stake: c.stake}}
		for side, seq := range map[string]int64{"heads": 1, "tails": 2} {
			payouts, err := r.Settle(opening, game.Outcome{Data: json.RawMessage(`{"side":"` + side + `"}`)}, bets, nil)
			require.NoError(t, err)
			require.Equal(t, []game.Payout{{Seq: seq, Amount: c.prize}}, payouts)
		}
		most, err := r.CheckBet(opening, bets[1])
		require.NoError(t, err)
		require.Equal(t, c.prize, most)
	}
}

func TestAJoinerTakesTailsForTheSameStake(t *testing.T) {
	t.Parallel()
	r := rules(t, raked)
	opening, err := r.Open(nil)
	require.NoError(t, err)
	require.Equal(t, &game.Bet{Seq: 1, Choice: "heads", Stake: 3}, opening.OpenerBet)
	require.Equal(t, 2, opening.Seats)
	require.Equal(t, 1, opening.BetsEach)
	for _, c := range []struct {
		bet   game.Bet
		code  game.Code
		field string
	}{
		{game.Bet{Choice: "heads", Stake: 3}, game.CodeInvalidChoice, "choice"},
		{game.Bet{Choice: "", Stake: 3}, game.CodeInvalidChoice, "choice"},
		{game.Bet{Seq: 1, Choice: "tails", Stake: 3}, game.CodeInvalidChoice, "choice"},
		{game.Bet{Choice: "tails", Stake: 4}, game.CodeInvalidStake, "stake"},
	} {
		_, err := r.CheckBet(opening, c.bet)
		var e *game.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, c.code, e.Code)
		require.Equal(t, c.field, e.Field)
	}
}

func TestSettleRefusesHalfADuel(t *testing.T) {
	t.Parallel()
	r := rules(t, raked)
	opening, err := r.Open(nil)
	require.NoError(t, err)
	heads := *opening.OpenerBet
	for _, bets := range [][]game.Bet{nil, {heads}, {heads, heads}} {
		_, err := r.Settle(opening, game.Outcome{Data: json.RawMessage(`{"side":"heads"}`)}, bets, nil)
		require.Error(t, err)
	}
	tails := game.Bet{Seq: 2, Choice: "tails", Stake: 3}
	_, err = r.Settle(opening, game.Outcome{Data: json.RawMessage(`{"side":"edge"}`)}, []game.Bet{heads, tails}, nil)
	require.Error(t, err)
}

func TestDefaultStakeLiesInTheBounds(t *testing.T) {
	t.Parallel()
	_, err := duel.New().Parse(json.RawMessage(`{"window_seconds":60,"min_stake":10,"max_stake":20,"default_stake":21,"rake_bp":0}`))
	var e *game.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "default_stake", e.Field)
	require.Equal(t, "between 10 and 20", e.Fix)
}
