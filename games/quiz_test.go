package games_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/test/fixture"
)

// TestAQuizIsPlayedWithAnImportedBank answers a round whose questions nobody could read beforehand, and proves it.
func TestAQuizIsPlayedWithAnImportedBank(t *testing.T) {
	t.Parallel()
	l := &library{World: fixture.New(t, fixture.Options{Players: 3})}
	l.owner = l.hire(t, "owner")
	bank, err := l.Engine.ImportBank(t.Context(), l.bank(smallBank)) // every answer is b
	require.NoError(t, err)
	const config = `{"window_seconds":60,"entry":10,"min_players":2,"bank":"house-bank","bank_hash":%q,"bank_size":2,"questions":2,"seconds":120,"mode":"fastest"}`
	l.inForce(t, "quiz", fmt.Sprintf(config, bank.Hash))
	round := openRound(t, l.World, "quiz", "")
	for player := range l.Players {
		_, err := l.Engine.PlaceBet(t.Context(), bet(l.World, round.ID, player, "enter", 10, fmt.Sprintf("enter-%d", player)))
		require.NoError(t, err)
	}
	drawn := draw(t, l.World, round.ID)
	answer := func(player, slot int, letter string) error {
		_, err := l.Engine.Act(t.Context(), games.ActRequest{
			Tenant: l.Tenant, Round: round.ID, Player: l.Players[player], Slot: slot, Choice: letter, Key: fmt.Sprintf("answer-%d-%d", player, slot),
		})
		return err
	}
	require.NoError(t, answer(0, 0, "a"))
	require.NoError(t, answer(1, 0, "b"))
	require.ErrorIs(t, answer(1, 1, "b"), games.ErrTooEarly)
	view, err := l.Engine.Live(t.Context(), l.Tenant, round.ID)
	require.NoError(t, err)
	require.Contains(t, string(view.Shown), `"slot":0`)
	require.NotContains(t, string(view.Shown), `"answer"`)
	forward(t, l.World, round.ID, 120*time.Second)
	require.ErrorIs(t, answer(2, 0, "b"), games.ErrTooLate)
	require.NoError(t, answer(2, 1, "b"))
	require.NoError(t, answer(1, 1, "b"))
	forward(t, l.World, round.ID, 120*time.Second)
	drawn.LiveUntil = drawn.LiveUntil.Add(-240 * time.Second)
	finishRun(t, l.World, round.ID, drawn)

	proof := requireProof(t, l.World, round.ID)
	require.Len(t, proof.Payouts, 1)
	require.EqualValues(t, 30, proof.Payouts[0].Amount)
	require.EqualValues(t, 2, proof.Payouts[0].Seq, "the second player knew both")
	forged := proof
	var content map[string]any
	require.NoError(t, json.Unmarshal(proof.Outcome.Content, &content))
	first, ok := content["questions"].([]any)[0].(map[string]any)
	require.True(t, ok)
	first["answer"] = "a"
	out := *proof.Outcome
	out.Content, err = json.Marshal(content)
	require.NoError(t, err)
	forged.Outcome = &out
	require.False(t, games.Verify(forged).OK())
	l.RequireCleanAudit(t)
}

// inForce puts a config in force without the two people that a tenant with operators needs.
func (l *library) inForce(t *testing.T, name, config string) {
	t.Helper()
	canonical, err := games.Canonical(json.RawMessage(config))
	require.NoError(t, err)
	_, err = l.Owner.Exec(t.Context(), `INSERT INTO game_configs (tenant_id, game, version, config, hash) VALUES ($1, $2, 2, $3, encode(sha256($4), 'hex'))`,
		l.Tenant, name, config, canonical)
	require.NoError(t, err)
}

// TestAQuizOpensOnlyWithItsBank refuses a config whose bank was not imported, before anybody pays.
func TestAQuizOpensOnlyWithItsBank(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 1})
	publish(t, w, "quiz", `{"window_seconds":60,"entry":10,"min_players":2,"bank":"elsewhere",
		"bank_hash":"00000000000000000000000000000000000000000000000000000000000000ff","bank_size":2,"questions":2,"seconds":5,"mode":"first"}`)
	_, err := w.Engine.Open(t.Context(), games.OpenRequest{Tenant: w.Tenant, Group: w.Group, Player: w.Players[0], Game: "quiz", Key: "open"})
	require.ErrorIs(t, err, games.ErrBankNotFound)
}
