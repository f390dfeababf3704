package games_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/internal/clock"
	"fairground/models"
	"fairground/test/fixture"
)

// beaconWorld is a world whose rounds take public randomness.
func beaconWorld(t *testing.T) (*fixture.World, *network) {
	t.Helper()
	w := fixture.New(t, fixture.Options{})
	network := newNetwork(t, time.Now().Add(-time.Hour), 1)
	w.Engine = network.engine(t, w)
	return w, network
}

// engine is an engine of the world that asks the network.
func (n *network) engine(t *testing.T, w *fixture.World) *games.Engine {
	t.Helper()
	return games.New(games.Config{
		DB: w.DB, Box: w.Box, Clock: clock.System(), Locker: noLocker(t), Logger: slog.New(slog.DiscardHandler), Beacon: n.client(),
	})
}

// hasten makes a round's window end, and its randomness due, now.
func hasten(t *testing.T, w *fixture.World, round string) {
	t.Helper()
	_, err := w.Owner.Exec(t.Context(), `UPDATE rounds SET closes_at = clock_timestamp() WHERE round_id = $1`, round)
	require.NoError(t, err)
	_, err = w.Owner.Exec(t.Context(), `UPDATE round_beacons SET due_at = date_trunc('second', clock_timestamp()) + interval '2 seconds', source = jsonb_set(source, '{round}',
		to_jsonb(extract(epoch FROM date_trunc('second', clock_timestamp()))::bigint + 3 - (source->>'genesis_time')::bigint)) WHERE round_id = $1`, round)
	require.NoError(t, err)
}

func TestARoundTakesPublicRandomness(t *testing.T) {
	t.Parallel()
	w, network := beaconWorld(t)
	round := openRound(t, w, "dice", "")
	fixed, err := w.Engine.Proof(t.Context(), round.ID)
	require.NoError(t, err)
	require.NotNil(t, fixed.Beacon)
	require.Equal(t, network.Hash, fixed.Beacon.Chain)
	require.Empty(t, fixed.Beacon.Signature)
	_, err = w.Engine.PlaceBet(t.Context(), bet(w, round.ID, 0, "big", 100, "k"))
	require.NoError(t, err)
	_, err = w.Engine.Extend(t.Context(), w.Tenant, round.ID, round.ClosesAt.Add(time.Minute))
	require.ErrorIs(t, err, games.ErrRoundClosed, "nobody bets when the randomness is known")
	hasten(t, w, round.ID)
	_, err = w.Engine.Close(t.Context(), w.Tenant, round.ID, false)
	require.NoError(t, err)

	require.Eventually(t, func() bool {
		out, err := w.Engine.Draw(t.Context(), w.Tenant, round.ID)
		if errors.Is(err, games.ErrWaiting) {
			return false
		}
		require.NoError(t, err)
		return out.Status == models.RoundDrawn
	}, 30*time.Second, 50*time.Millisecond)
	_, err = w.Engine.Settle(t.Context(), w.Tenant, round.ID)
	require.NoError(t, err)
	proof := requireProof(t, w, round.ID)
	require.NotEmpty(t, proof.Beacon.Signature)

	for what, forge := range map[string]func(*games.BeaconRef){
		"another round":     func(b *games.BeaconRef) { b.Round++ },
		"another network":   func(b *games.BeaconRef) { b.Chain = fixed.Commit },
		"another signature": func(b *games.BeaconRef) { b.Signature = "00" + b.Signature[2:] },
		"an early round":    func(b *games.BeaconRef) { b.Round -= 1000 },
	} {
		forged, ref := proof, *proof.Beacon
		forge(&ref)
		forged.Beacon = &ref
		require.Equal(t, []games.CheckName{games.CheckBeacon}, games.Verify(forged).Failed(), what)
	}
	forged := proof
	forged.Beacon = nil
	require.Contains(t, games.Verify(forged).Failed(), games.CheckClientSeed, "and it can't be left out")
	raw, err := json.Marshal(proof)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"beacon"`)
	record(t, "dice-beacon", proof)
}

func TestARoundWithoutItsRandomnessIsVoided(t *testing.T) {
	t.Parallel()
	w, network := beaconWorld(t)
	round := openRound(t, w, "dice", "")
	_, err := w.Engine.PlaceBet(t.Context(), bet(w, round.ID, 0, "big", 100, "k"))
	require.NoError(t, err)
	network.Forge.Store(true) // what it signs is no better than nothing
	hasten(t, w, round.ID)
	_, err = w.Engine.Close(t.Context(), w.Tenant, round.ID, false)
	require.NoError(t, err)
	_, err = w.Engine.Draw(t.Context(), w.Tenant, round.ID)
	require.ErrorIs(t, err, games.ErrWaiting)
	network.Down.Store(true)
	_, err = w.Owner.Exec(t.Context(), `UPDATE rounds SET closed_at = closed_at - interval '70 seconds' WHERE round_id = $1`, round.ID)
	require.NoError(t, err)
	_, err = w.Owner.Exec(t.Context(), `UPDATE round_beacons SET due_at = due_at - interval '70 seconds' WHERE round_id = $1`, round.ID)
	require.NoError(t, err)
	out, err := w.Engine.Draw(t.Context(), w.Tenant, round.ID)
	require.NoError(t, err)
	require.Equal(t, models.RoundVoided, out.Status)
	require.Equal(t, games.ReasonNoBeacon, requireProof(t, w, round.ID).VoidReason)
	require.EqualValues(t, 2000, w.Total(t))
}

func TestARoundThatMayFillEarlyTakesNoPublicRandomness(t *testing.T) {
	t.Parallel()
	w, network := beaconWorld(t)
	network.Down.Store(true)
	for _, name := range []string{"duel", "redpacket"} {
		round := openRound(t, w, name, "")
		proof, err := w.Engine.Proof(t.Context(), round.ID)
		require.NoError(t, err)
		require.Nil(t, proof.Beacon, name)
	}
}
