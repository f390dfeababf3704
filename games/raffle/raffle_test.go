package raffle_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/fairness"
	"fairground/games/game"
	"fairground/games/game/gametest"
	"fairground/games/raffle"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	gametest.Run(t, raffle.New())
}

func config(prizes, rest string, perRun, oneMore int, each bool) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"window_seconds":60,"price":10,"max_tickets":50,"max_purchases":10,"min_tickets":3,"prizes":%s,
		"prizes_per_run":%d,"one_more_per_tickets":%d,"one_prize_each":%t,"rest":%q}`, prizes, perRun, oneMore, each, rest))
}

const (
	two  = `[{"share_bp":5000,"stock":1},{"share_bp":1111,"stock":3}]`
	many = `[{"share_bp":3000,"stock":1},{"share_bp":500,"stock":10}]`
)

func bets() []game.Bet {
	var all []game.Bet
	for i, tickets := range []int64{1, 5, 2, 9, 1, 50, 3} {
		all = append(all, game.Bet{Seq: int64(i) + 1, Player: fmt.Sprintf("p_%d", i%5), Choice: "ticket", Stake: 10 * tickets, Seed: "s"})
	}
	return all
}

func TestVectors(t *testing.T) {
	t.Parallel()
	gametest.Vectors(t, raffle.New(), 6, bets(), raffle.New().Info().DefaultConfig, config(two, "house", 2, 0, false), config(two, "first", 4, 0, true), config(many, "house", 1, 7, false))
}

type report struct {
	Hash    string
	Tickets int64
	Pot     int64
	Winners []struct {
		Prize          int
		Ticket, Amount int64
		Player         string
	}
}

func play(t *testing.T, c json.RawMessage, bets []game.Bet, nonce uint64) (report, []game.Payout) {
	t.Helper()
	rules, err := raffle.New().Parse(c)
	require.NoError(t, err)
	return playUnder(t, rules, bets, nonce)
}

func playUnder(t *testing.T, rules game.Rules, bets []game.Bet, nonce uint64) (report, []game.Payout) {
	t.Helper()
	opening, err := rules.Open(nil)
	require.NoError(t, err)
	out, err := rules.Draw(opening, fairness.NewStream(fairness.Seed{1}, "raffle", nonce))
	require.NoError(t, err)
	payouts, err := rules.Settle(opening, out, bets, nil)
	require.NoError(t, err)
	reporter, ok := rules.(game.Reporter)
	require.True(t, ok)
	raw, err := reporter.Report(opening, out, bets, nil)
	require.NoError(t, err)
	var r report
	require.NoError(t, json.Unmarshal(raw, &r))
	return r, payouts
}

func TestSharesAndRest(t *testing.T) {
	t.Parallel()
	for n := range uint64(50) {
		r, payouts := play(t, config(two, "house", 4, 0, false), bets(), n)
		require.EqualValues(t, 71, r.Tickets)
		require.EqualValues(t, 710, r.Pot)
		require.Len(t, r.Winners, 4)
		paid, seen := int64(0), map[int64]bool{}
		for i, w := range r.Winners {
			require.False(t, seen[w.Ticket], "a ticket wins once")
			seen[w.Ticket] = true
			require.Equal(t, i+1, w.Prize)
			require.Equal(t, []int64{355, 78, 78, 78}[i], w.Amount, "floor of the share")
			require.True(t, w.Ticket >= 1 && w.Ticket <= 71)
		}
		for _, p := range payouts {
			paid += p.Amount
		}
		require.EqualValues(t, 355+3*78, paid)
		r, payouts = play(t, config(two, "first", 4, 0, false), bets(), n)
		require.EqualValues(t, 710-3*78, r.Winners[0].Amount, "the first gets the rest, remainders included")
		paid = 0
		for _, p := range payouts {
			paid += p.Amount
		}
		require.EqualValues(t, 710, paid)
	}
}

func TestHowManyWin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config json.RawMessage
		bets   int
		want   int
	}{
		{config(many, "house", 1, 0, false), 7, 1},
		{config(many, "house", 1, 7, false), 7, 11},  // 71 tickets: ten more
		{config(many, "house", 1, 10, false), 7, 8},  // seven more
		{config(many, "house", 1, 10, false), 2, 1},  // six tickets
		{config(many, "house", 11, 0, false), 2, 6},  // no more than tickets
		{config(many, "house", 11, 0, true), 7, 5},   // no more than players
		{config(many, "house", 11, 1, false), 7, 11}, // no more than stock
	} {
		r, _ := play(t, c.config, bets()[:c.bets], 1)
		require.Len(t, r.Winners, c.want, string(c.config))
		if strings.Contains(string(c.config), `"one_prize_each":true`) {
			players := map[string]bool{}
			for _, w := range r.Winners {
				require.False(t, players[w.Player], "one prize a player")
				players[w.Player] = true
			}
		}
	}
}

// TestEveryTicketIsEquallyLikely counts the first and the last winner over many raffles with fixed seeds.
func TestEveryTicketIsEquallyLikely(t *testing.T) {
	t.Parallel()
	three := []game.Bet{{Seq: 1, Player: "p_a", Choice: "ticket", Stake: 30}, {Seq: 2, Player: "p_b", Choice: "ticket", Stake: 20}, {Seq: 3, Player: "p_c", Choice: "ticket", Stake: 50}}
	rules, err := raffle.New().Parse(config(two, "house", 3, 0, false))
	require.NoError(t, err)
	const each = 1000
	counts := [2][10]float64{}
	for n := range uint64(10 * each) {
		r, _ := playUnder(t, rules, three, n)
		counts[0][r.Winners[0].Ticket-1]++
		counts[1][r.Winners[2].Ticket-1]++
	}
	for _, count := range counts {
		chi := 0.0
		for _, c := range count {
			chi += (c - each) * (c - each) / each
		}
		require.Less(t, chi, 33.7, "9 degrees of freedom, 1 in 10,000")
	}
}

// TestTheListDecidesWithTheKey checks that one more ticket, or another owner, changes the hash of the list.
func TestTheListDecidesWithTheKey(t *testing.T) {
	t.Parallel()
	c := config(two, "house", 3, 0, false)
	base, _ := play(t, c, bets(), 1)
	more, other := bets(), bets()
	more[0].Stake += 10
	other[0].Player = "p_x"
	for _, changed := range [][]game.Bet{more, other} {
		r, _ := play(t, c, changed, 1)
		require.NotEqual(t, base.Hash, r.Hash)
	}
	seeds := bets()
	seeds[0].Seed = "another"
	r, _ := play(t, c, seeds, 1)
	require.Equal(t, base, r, "seeds reach the key by the round's stream alone")
}

func TestBetsAreWholeTickets(t *testing.T) {
	t.Parallel()
	rules, err := raffle.New().Parse(config(two, "house", 1, 0, false))
	require.NoError(t, err)
	opening, err := rules.Open(nil)
	require.NoError(t, err)
	require.EqualValues(t, 30, opening.MinPot)
	require.Equal(t, 10, opening.BetsEach)
	for _, stake := range []int64{0, -10, 5, 15, 501, 510} {
		_, err := rules.CheckBet(opening, game.Bet{Choice: "ticket", Stake: stake})
		var e *game.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, game.Error{Code: game.CodeInvalidStake, Field: "stake", Fix: "10 for each ticket, at most 50 tickets: 500"}, *e)
	}
	_, err = rules.Settle(opening, game.Outcome{Data: json.RawMessage(`{"key":"00"}`)}, bets(), nil)
	require.Error(t, err)
}

func TestConfigErrorsNameFieldAndNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config     json.RawMessage
		field, fix string
	}{
		{config(`[{"share_bp":5000,"stock":1},{"share_bp":1251,"stock":4}]`, "house", 1, 0, false), "prizes", "less: all in stock are 100.04 % of the pot, and no more than 100 % can be given away"},
		{config(two, "house", 5, 0, false), "prizes_per_run", "at most 4, the prizes in stock"},
		{config(`[]`, "house", 1, 0, false), "prizes", "at least 1 items"},
		{config(two, "me", 1, 0, false), "rest", "one of [house first]"},
	} {
		_, err := raffle.New().Parse(c.config)
		var e *game.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, game.Error{Code: game.CodeInvalidConfig, Field: c.field, Fix: c.fix}, *e)
	}
}

func TestReturns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config    json.RawMessage
		low, high int64
	}{
		{config(two, "first", 1, 5, false), 1_000_000, 1_000_000},
		{config(two, "house", 3, 0, false), 500_000, 722_200},
		{config(two, "house", 1, 0, false), 500_000, 500_000},
		{config(two, "house", 1, 9, false), 500_000, 833_300},
	} {
		rules, err := raffle.New().Parse(c.config)
		require.NoError(t, err)
		e, ok := rules.(game.Enumerable)
		require.True(t, ok)
		require.Equal(t, []game.Return{{Choice: "ticket", Exact: c.low == c.high, Low: c.low, High: c.high}}, e.Returns())
	}
}
