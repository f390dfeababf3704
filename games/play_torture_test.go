package games_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"fairground/games"
	"fairground/internal/postgres"
	"fairground/test/fixture"
)

// TestPlaysSurviveKilledConnections has two processes play for the same players at once, one player far more than the others,
// a third of the plays sent twice, seeds rotated in between, while connections are killed. Every play is there once and no
// nonce is missing.
func TestPlaysSurviveKilledConnections(t *testing.T) {
	t.Parallel()
	const players, each = 8, 24
	w := coinWorld(t, fixture.Options{Players: players, Points: 1_000_000})
	other := w.NewEngine(noLocker(t))
	other.AddGame(coin{})
	engines := []*games.Engine{w.Engine, other}

	ctx, stop := context.WithCancel(t.Context())
	killed := make(chan int)
	go func() {
		n := 0
		for ctx.Err() == nil {
			var k int
			_ = w.Owner.QueryRow(ctx, `SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
				WHERE datname = current_database() AND application_name = 'fairground' AND pid <> pg_backend_pid() AND state = 'active' LIMIT 1) AS x`).Scan(&k)
			n += k
			time.Sleep(100 * time.Millisecond)
		}
		killed <- n
	}()

	var mu sync.Mutex
	told := map[string]string{} // play by player and key
	var turn atomic.Int64
	one := func(req games.PlayRequest) error {
		receipt, err := playUntilHeard(t, engines[turn.Add(1)%2], req)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		key := fmt.Sprint(req.Player, "/", req.Key)
		if before, ok := told[key]; ok && before != receipt.ID {
			return fmt.Errorf("%s was told %s and %s", key, before, receipt.ID)
		}
		told[key] = receipt.ID
		return nil
	}
	var crowd errgroup.Group
	for p := range players + 3 { // three more hands play for player 0
		crowd.Go(func() error {
			for i := range each {
				player := p
				if p >= players {
					player = 0
				}
				req := toss(w, player, "heads", 10, fmt.Sprintf("%d-%d", p, i))
				req.Again = true // whoever died with a lock in hand must not hold up the others
				var copies errgroup.Group
				for range 1 + i%3/2 {
					copies.Go(func() error { return one(req) })
				}
				if err := copies.Wait(); err != nil {
					return err
				}
				if i%16 == 9 {
					if err := rotateUntilHeard(t, engines[i%2], games.RotateRequest{Tenant: w.Tenant, Player: req.Player, Key: req.Key}); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	err := crowd.Wait()
	stop()
	n := <-killed
	require.NoError(t, err)
	require.Positive(t, n, "connections were killed")
	require.Len(t, told, (players+3)*each)
	requireEveryNonceOnce(t, w, len(told))
}

// requireEveryNonceOnce checks the stored plays against what was told, the seeds and the events.
func requireEveryNonceOnce(t *testing.T, w *fixture.World, plays int) {
	t.Helper()
	var stored, gaps, events, open int
	require.NoError(t, w.Owner.QueryRow(t.Context(), `SELECT count(*), (SELECT count(*) FROM outbox WHERE type = 'play.settled.v1') FROM plays`).Scan(&stored, &events))
	require.Equal(t, plays, stored, "every play that was told is stored once, and no other")
	require.Equal(t, plays, events)
	require.NoError(t, w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM (SELECT 1 FROM plays GROUP BY chain_id, seed_index
		HAVING min(nonce) <> 0 OR max(nonce) <> count(*) - 1) AS x`).Scan(&gaps))
	require.Zero(t, gaps, "nonces have no gaps")
	require.NoError(t, w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM (
		SELECT nonces, (SELECT count(*) FROM plays y WHERE (y.chain_id, y.seed_index) = (r.chain_id, r.seed_index)) AS made FROM player_seed_reveals r
		UNION ALL SELECT nonce, (SELECT count(*) FROM plays y WHERE (y.chain_id, y.seed_index) = (s.chain_id, s.seed_index)) FROM player_seeds s) AS x
		WHERE nonces <> made`).Scan(&open))
	require.Zero(t, open, "a seed counts its plays")
	var id string
	require.NoError(t, w.Owner.QueryRow(t.Context(), `SELECT 'pl_' || substr(y.chain_id, 3) || '_' || y.seed_index || '_' || y.nonce FROM plays y
		JOIN player_seed_reveals r USING (chain_id, seed_index) LIMIT 1`).Scan(&id))
	var proof games.PlayProof
	require.Eventually(t, func() bool { // the pool may still hold connections that were killed
		var err error
		proof, err = w.Engine.PlayProof(t.Context(), id)
		return err == nil
	}, 30*time.Second, 10*time.Millisecond)
	report := games.VerifyPlayOf(proof, coin{})
	require.True(t, report.OK(), "%+v", report)
}

func again(t *testing.T, err error) bool {
	t.Helper()
	return errors.Is(err, games.ErrBusy) || errors.Is(err, postgres.ErrUnavailable) || errors.Is(err, postgres.ErrBusy) || errors.Is(err, postgres.ErrTimeout)
}

// playUntilHeard repeats a play whose answer was lost, as a client would.
func playUntilHeard(t *testing.T, e *games.Engine, req games.PlayRequest) (games.PlayReceipt, error) {
	t.Helper()
	for {
		receipt, err := e.Play(t.Context(), req)
		if !again(t, err) {
			return receipt, err
		}
	}
}

func rotateUntilHeard(t *testing.T, e *games.Engine, req games.RotateRequest) error {
	t.Helper()
	for {
		_, err := e.RotateSeed(t.Context(), req)
		if !again(t, err) {
			return err
		}
	}
}

// TestOnePlayersPlaysAtOnce sends many plays of one player and many twins of each: they come one after the other.
func TestOnePlayersPlaysAtOnce(t *testing.T) {
	t.Parallel()
	w := coinWorld(t, fixture.Options{Players: 1, Points: 100_000})
	var crowd errgroup.Group
	for i := range 60 {
		crowd.Go(func() error {
			req := toss(w, 0, "tails", 100, fmt.Sprint(i/2)) // each twice
			req.Again = true
			_, err := playUntilHeard(t, w.Engine, req)
			return err
		})
	}
	require.NoError(t, crowd.Wait())
	state, err := w.Engine.Seeds(t.Context(), w.Tenant, w.Players[0])
	require.NoError(t, err)
	require.EqualValues(t, 30, state.Nonce)
}
