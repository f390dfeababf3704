package items_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/items"
	"fairground/models"
	"fairground/test/fixture"
)

// round opens a round of a game and returns its id.
func (w *world) round(t *testing.T, name, params string) string {
	t.Helper()
	v, err := w.Engine.Open(t.Context(), games.OpenRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[0], Game: name, Params: json.RawMessage(params), Key: "open"})
	require.NoError(t, err)
	return v.ID
}

// roundAs opens a round under a key of its own.
func (w *world) roundAs(t *testing.T, name, key string) string {
	t.Helper()
	v, err := w.Engine.Open(t.Context(), games.OpenRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[0], Game: name, Key: "open " + key})
	require.NoError(t, err)
	return v.ID
}

// finish ends a round.
func (w *world) finish(t *testing.T, round string) {
	t.Helper()
	_, err := w.Engine.Close(t.Context(), w.Tenant, round, true)
	require.NoError(t, err)
	_, err = w.Engine.Draw(t.Context(), w.Tenant, round)
	require.NoError(t, err)
	got, err := w.Engine.Settle(t.Context(), w.Tenant, round)
	require.NoError(t, err)
	require.Equal(t, models.RoundSettled, got.Status)
}

func (w *world) bet(t *testing.T, i int, round, choice string, stake int64) {
	t.Helper()
	_, err := w.Engine.PlaceBet(t.Context(), games.BetRequest{Tenant: w.Tenant, Round: round, Player: w.Players[i], Choice: choice, Stake: stake, Key: fmt.Sprint(choice, i)})
	require.NoError(t, err)
}

func TestAnInsurancePaysTheFirstLostRoundOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fixture.Options{Points: 10_000})
	cover := w.sell(t, items.EffectInsurance, items.Params{ShareBP: 5000, Most: 300, Hours: 24}, nil)
	for i := range w.Players {
		_, err := w.shop.Use(t.Context(), w.Tenant, w.Players[i], w.buy(t, i, cover, "k").ID, "u")
		require.NoError(t, err)
	}
	// Sums of 4 and of 17 can't both be thrown: whoever bets the same on both loses something for certain.
	round := w.round(t, "dice", `{}`)
	w.bet(t, 0, round, "sum.4", 100)
	w.bet(t, 1, round, "sum.17", 5000)
	w.finish(t, round)
	before := []int64{w.Balance(t, w.Players[0]), w.Balance(t, w.Players[1])}
	n, err := w.shop.Insure(t.Context(), w.Tenant, round)
	require.NoError(t, err)
	again, err := w.shop.Insure(t.Context(), w.Tenant, round)
	require.NoError(t, err)
	require.Zero(t, again)
	paid := 0
	for i, most := range []int64{50, 300} {
		list, _, err := w.shop.Inventory(t.Context(), w.Tenant, w.Group, w.Players[i], items.Page{})
		require.NoError(t, err)
		got := w.Balance(t, w.Players[i]) - before[i]
		require.Equal(t, list[0].Paid, got)
		if list[0].SpentAt == nil {
			require.Zero(t, got, "who won nothing was lost")
			continue
		}
		paid++
		require.Equal(t, most, got)
		require.Equal(t, round, list[0].SpentFor)
	}
	require.Equal(t, n, paid)
	require.Positive(t, paid)
}

func TestAnInsuranceBoughtAfterTheBetPaysNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fixture.Options{Points: 10_000})
	cover := w.sell(t, items.EffectInsurance, items.Params{ShareBP: 5000, Most: 300, Hours: 24}, nil)
	round := w.round(t, "dice", `{}`)
	w.bet(t, 0, round, "sum.4", 100)
	w.bet(t, 0, round, "sum.17", 100)
	w.bet(t, 0, round, "triple", 100)
	_, err := w.shop.Use(t.Context(), w.Tenant, w.Players[0], w.buy(t, 0, cover, "k").ID, "u")
	require.NoError(t, err)
	w.finish(t, round)
	n, err := w.shop.Insure(t.Context(), w.Tenant, round)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestAnExtraTicketIsABetThatTheHouseGives(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fixture.Options{})
	item := w.sell(t, items.EffectExtraTicket, items.Params{Game: "dice", MaxStake: 50}, nil)
	unit := w.buy(t, 1, item, "k")
	round := w.round(t, "dice", `{}`)
	ask := games.TicketRequest{Tenant: w.Tenant, Player: w.Players[1], Unit: unit.ID, Round: round, Choice: "big", Stake: 60, Key: "t"}
	_, err := w.Engine.BetWithTicket(t.Context(), ask)
	require.Equal(t, "items.stake_too_high", models.CodeOf(err))
	ask.Stake, ask.Choice = 50, "sideways"
	_, err = w.Engine.BetWithTicket(t.Context(), ask)
	require.Equal(t, "games.invalid_choice", models.CodeOf(err))
	_, err = w.shop.Use(t.Context(), w.Tenant, w.Players[1], unit.ID, "u")
	require.ErrorIs(t, err, items.ErrNeedsRound)

	ask.Choice = "big"
	before := w.Balance(t, w.Players[1])
	got, err := w.Engine.BetWithTicket(t.Context(), ask)
	require.NoError(t, err)
	again, err := w.Engine.BetWithTicket(t.Context(), ask)
	require.NoError(t, err)
	require.Equal(t, got.Bet, again.Bet)
	require.True(t, again.Replayed)
	require.Equal(t, before, w.Balance(t, w.Players[1]), "the house gave the stake")
	ask.Key = "t2"
	_, err = w.Engine.BetWithTicket(t.Context(), ask)
	require.Equal(t, "items.used", models.CodeOf(err))
	w.finish(t, round)

	late := w.buy(t, 1, item, "k2")
	ask.Unit, ask.Key = late.ID, "t3"
	_, err = w.Engine.BetWithTicket(t.Context(), ask)
	require.Equal(t, "games.round_closed", models.CodeOf(err))
	left, err := w.shop.Unit(t.Context(), w.Tenant, w.Players[1], late.ID)
	require.NoError(t, err)
	require.Equal(t, items.StatusOwned, left.Status, "a refused bet leaves the ticket")
}
