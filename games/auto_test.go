package games_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/models"
	"fairground/test/fixture"
)

func TestAnAutomaticRoundOpensOncePerMoment(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{})
	a, err := w.Engine.SetAutoRound(t.Context(), owner(t, w), games.AutoRound{Group: w.Group, Game: "dice", EveryMinutes: 5, Zone: "Asia/Baku", Enabled: true}, "a test")
	require.NoError(t, err)
	require.Equal(t, 1, a.Version)
	due := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	got := make([]games.AutoOpened, 6)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			var err error
			if got[i], err = w.Engine.OpenAuto(t.Context(), w.Tenant, a.ID, due); err != nil {
				t.Errorf("open: %v", err)
			}
		})
	}
	all.Wait()
	require.NotEmpty(t, got[0].Round)
	for _, g := range got {
		require.Equal(t, got[0], g)
	}
	round, err := w.Engine.Round(t.Context(), w.Tenant, got[0].Round)
	require.NoError(t, err)
	require.Equal(t, models.RoundOpen, round.Status)
	require.Empty(t, round.OpenerID)
	rounds, err := w.Engine.OpenRounds(t.Context(), w.Tenant)
	require.NoError(t, err)
	require.Len(t, rounds, 1)

	next, err := w.Engine.OpenAuto(t.Context(), w.Tenant, a.ID, due.Add(5*time.Minute))
	require.NoError(t, err)
	require.Equal(t, games.ErrRoundRunning.Code, next.Refused)
	require.NotEmpty(t, next.Why)
	_, err = w.Engine.PlaceBet(t.Context(), bet(w, round.ID, 0, "big", 10, "k"))
	require.NoError(t, err)
	finish(t, w, round.ID)
	requireProof(t, w, round.ID)

	pace(t, w, games.Pacing{Group: games.Limits{RoundCooldown: time.Hour}})
	next, err = w.Engine.OpenAuto(t.Context(), w.Tenant, a.ID, due.Add(10*time.Minute))
	require.NoError(t, err)
	require.Equal(t, games.ErrCooldown.Code, next.Refused)
	require.NotNil(t, next.Until)
	pace(t, w, games.Pacing{})

	a.Enabled = false
	off, err := w.Engine.SetAutoRound(t.Context(), owner(t, w), a, "off")
	require.NoError(t, err)
	next, err = w.Engine.OpenAuto(t.Context(), w.Tenant, a.ID, due.Add(15*time.Minute))
	require.NoError(t, err)
	require.Equal(t, games.ErrAutoOff.Code, next.Refused)
	off.Enabled = true
	on, err := w.Engine.SetAutoRound(t.Context(), owner(t, w), off, "on")
	require.NoError(t, err)
	_, err = w.Owner.Exec(t.Context(), `UPDATE groups SET status = 'paused'`)
	require.NoError(t, err)
	next, err = w.Engine.OpenAuto(t.Context(), w.Tenant, a.ID, due.Add(20*time.Minute))
	require.NoError(t, err)
	require.Equal(t, games.ErrGroupInactive.Code, next.Refused)
	on.Deleted = true
	gone, err := w.Engine.SetAutoRound(t.Context(), owner(t, w), on, "gone")
	require.NoError(t, err)
	require.True(t, gone.Deleted)
	next, err = w.Engine.OpenAuto(t.Context(), w.Tenant, "ar_nothing", due)
	require.NoError(t, err)
	require.Equal(t, games.ErrAutoNotFound.Code, next.Refused)
}

func TestAutomaticRoundsAreKeptAndSynced(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{})
	op := owner(t, w)
	want := games.AutoRound{Group: w.Group, Game: "dice", Params: json.RawMessage(`{}`), Calendar: "*/15 18-22 * * 5,6", Zone: "Europe/Istanbul", Enabled: true}
	a, err := w.Engine.SetAutoRound(t.Context(), op, want, "")
	require.NoError(t, err)
	require.JSONEq(t, string(want.Params), string(a.Params))
	require.Equal(t, want.Calendar, a.Calendar)
	list, err := w.Engine.UnsyncedAutoRounds(t.Context(), w.Tenant)
	require.NoError(t, err)
	require.Equal(t, []games.AutoRound{a}, list)
	require.NoError(t, w.Engine.SyncedAutoRound(t.Context(), a))
	list, err = w.Engine.UnsyncedAutoRounds(t.Context(), w.Tenant)
	require.NoError(t, err)
	require.Empty(t, list)
	_, err = w.Engine.SetAutoRound(t.Context(), op, a, "")
	require.NoError(t, err)
	require.NoError(t, w.Engine.SyncedAutoRound(t.Context(), a), "word of an old version")
	list, err = w.Engine.UnsyncedAutoRounds(t.Context(), w.Tenant)
	require.NoError(t, err)
	require.Len(t, list, 1)
	_, err = w.Engine.SetAutoRound(t.Context(), op, a, "")
	refuses(t, err, games.ErrStale)

	for field, change := range map[string]func(*games.AutoRound){
		"every_minutes": func(r *games.AutoRound) { r.EveryMinutes = 5 },
		"calendar":      func(r *games.AutoRound) { r.Calendar = "60 * * * *" },
		"zone":          func(r *games.AutoRound) { r.Zone = "" },
		"game":          func(r *games.AutoRound) { r.Game, r.Params = "duel", json.RawMessage(`{"stake": 100}`) },
	} {
		bad := want
		change(&bad)
		_, err = w.Engine.SetAutoRound(t.Context(), op, bad, "")
		require.Equal(t, field, refused(t, err, games.ErrInvalidPacing).Field)
	}
}
