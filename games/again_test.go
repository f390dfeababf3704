package games_test

import (
	"fmt"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/internal/redis"
	"fairground/test/fixture"
)

// TestADeadProcessesLockDeniesNothing asks again what a process asked for before it died with the
// players' locks in hand.
func TestADeadProcessesLockDeniesNothing(t *testing.T) {
	t.Parallel()
	client, err := redis.Open(t.Context(), "redis://"+miniredis.RunT(t).Addr()) // where nothing runs out by itself
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	locker, err := redis.NewLocker(redis.ModeRedis, client)
	require.NoError(t, err)
	w := fixture.New(t, fixture.Options{Players: 3, Locker: locker})
	dice := openRound(t, w, "dice", "").ID
	packet := openRound(t, w, "redpacket", `{"total": 100, "shares": 2, "mode": "equal"}`).ID
	stake := bet(w, dice, 1, "big", 100, "bet")
	share := games.ClaimRequest{Tenant: w.Tenant, Round: packet, Player: w.Players[1], Key: "claim"}
	bet1, err := w.Engine.PlaceBet(t.Context(), stake)
	require.NoError(t, err)
	claim1, err := w.Engine.Claim(t.Context(), share)
	require.NoError(t, err)

	for _, player := range w.Players {
		_, err := locker.Lock(t.Context(), fmt.Sprintf("bet:%d:%d", w.Tenant, player))
		require.NoError(t, err)
	}
	_, err = w.Engine.PlaceBet(t.Context(), stake)
	require.ErrorIs(t, err, games.ErrBusy)
	stake.Again, share.Again = true, true
	bet2, err := w.Engine.PlaceBet(t.Context(), stake)
	require.NoError(t, err)
	require.True(t, bet2.Replayed)
	require.Equal(t, bet1.Bet, bet2.Bet)
	claim2, err := w.Engine.Claim(t.Context(), share)
	require.NoError(t, err)
	require.True(t, claim2.Replayed)
	require.Equal(t, claim1.Slot, claim2.Slot)

	// What the dead process had not come to is done now.
	lost := bet(w, dice, 2, "small", 100, "bet")
	lost.Again = true
	placed, err := w.Engine.PlaceBet(t.Context(), lost)
	require.NoError(t, err)
	require.False(t, placed.Replayed)
	for _, round := range []string{dice, packet} {
		finish(t, w, round)
	}
}
