package items_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/items"
	"fairground/models"
	"fairground/test/fixture"
)

// TestATicketComesBackFromAVoidedRound makes no points of a ticket: a round that never filled gives the stake back to the house
// and the ticket to its owner.
func TestATicketComesBackFromAVoidedRound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fixture.Options{})
	item := w.sell(t, items.EffectExtraTicket, items.Params{Game: "raffle", MaxStake: 10}, nil)
	unit := w.buy(t, 1, item, "k")
	before, total := w.Balance(t, w.Players[1]), w.Total(t)
	for n := range 2 {
		round := w.roundAs(t, "raffle", fmt.Sprint(n))
		_, err := w.Engine.BetWithTicket(t.Context(), games.TicketRequest{
			Tenant: w.Tenant, Player: w.Players[1], Unit: unit.ID, Round: round, Choice: "ticket", Stake: 10, Key: fmt.Sprint("t", n),
		})
		require.NoError(t, err)
		for range 2 {
			out, err := w.Engine.Close(t.Context(), w.Tenant, round, true)
			require.NoError(t, err)
			require.Equal(t, models.RoundVoided, out.Status)
		}
		require.Equal(t, before, w.Balance(t, w.Players[1]), "a ticket is no points")
		require.Equal(t, total, w.Total(t))
		back, err := w.shop.Unit(t.Context(), w.Tenant, w.Players[1], unit.ID)
		require.NoError(t, err)
		require.Equal(t, items.StatusOwned, back.Status)
		require.Empty(t, back.UsedFor)
		w.requireExplained(t)
	}
}

// TestAnInsuranceCoversNoFreeStake pays nothing for a stake that the house gave.
func TestAnInsuranceCoversNoFreeStake(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fixture.Options{})
	ticket := w.sell(t, items.EffectExtraTicket, items.Params{Game: "dice", MaxStake: 50}, nil)
	cover := w.sell(t, items.EffectInsurance, items.Params{ShareBP: 10_000, Most: 300, Hours: 24}, nil)
	_, err := w.shop.Use(t.Context(), w.Tenant, w.Players[1], w.buy(t, 1, cover, "c").ID, "u")
	require.NoError(t, err)
	for n, choice := range []string{"sum.4", "sum.17"} { // one of them is lost for certain
		unit := w.buy(t, 1, ticket, choice)
		round := w.roundAs(t, "dice", fmt.Sprint(n))
		_, err := w.Engine.BetWithTicket(t.Context(), games.TicketRequest{
			Tenant: w.Tenant, Player: w.Players[1], Unit: unit.ID, Round: round, Choice: choice, Stake: 50, Key: choice,
		})
		require.NoError(t, err)
		w.finish(t, round)
		paid, err := w.shop.Insure(t.Context(), w.Tenant, round)
		require.NoError(t, err)
		require.Zero(t, paid)
	}
}

// TestATicketWaitsBeforeItHoldsThePurse has every way of betting take its locks in one order: whoever holds a lock of the round
// may go on to the purses.
func TestATicketWaitsBeforeItHoldsThePurse(t *testing.T) {
	t.Parallel()
	for class, name := range map[int]string{7002: "dice", 7005: "raffle"} { // a raffle counts its bets
		choice := map[string]string{"dice": "big", "raffle": "ticket"}[name]
		w := newWorld(t, fixture.Options{})
		unit := w.buy(t, 1, w.sell(t, items.EffectExtraTicket, items.Params{Game: name, MaxStake: 50}, nil), "k")
		round := w.roundAs(t, name, "r")
		held, err := w.Owner.Begin(t.Context())
		require.NoError(t, err)
		defer func() { _ = held.Rollback(context.WithoutCancel(t.Context())) }()
		_, err = held.Exec(t.Context(), `SELECT pg_advisory_xact_lock($1, hashtext($2))`, class, round)
		require.NoError(t, err)
		done := make(chan error, 1)
		go func() {
			_, err := w.Engine.BetWithTicket(t.Context(), games.TicketRequest{
				Tenant: w.Tenant, Player: w.Players[1], Unit: unit.ID, Round: round, Choice: choice, Stake: 50, Key: "t",
			})
			done <- err
		}()
		require.Eventually(t, func() bool {
			var waits bool
			err := held.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = $1
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`, class).Scan(&waits)
			return err == nil && waits
		}, 30*time.Second, 10*time.Millisecond)
		_, err = held.Exec(t.Context(), `SELECT 1 FROM balances FOR NO KEY UPDATE NOWAIT`)
		require.NoError(t, err, "the purse is free while a ticket waits for lock %d", class)
		require.NoError(t, held.Rollback(t.Context()))
		require.NoError(t, <-done)
	}
}
