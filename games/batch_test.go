package games_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"fairground/games"
	"fairground/models"
	"fairground/test/fixture"
)

// TestBetsThatArriveTogetherAreDecidedOneByOne sends a crowd at once: good bets, an overdraft, a
// stranger, a twin of one key and a reused key. Each gets its own answer, and fewer transactions
// than bets were needed.
func TestBetsThatArriveTogetherAreDecidedOneByOne(t *testing.T) {
	t.Parallel()
	const crowd = 60
	w := fixture.New(t, fixture.Options{Players: crowd})
	round := openRound(t, w, "dice", "")
	_, err := w.Engine.PlaceBet(t.Context(), bet(w, round.ID, 0, "big", 10, "used"))
	require.NoError(t, err)
	_, err = w.Owner.Exec(t.Context(), `UPDATE members SET status = 'kicked' WHERE tenant_id = $1 AND player_id = $2`, w.Tenant, w.Players[2])
	require.NoError(t, err)

	want := map[int]string{0: "ledger.key_reused", 1: "ledger.insufficient_funds", 2: "players.not_member"}
	codes := make([]string, crowd)
	var group errgroup.Group
	for i := range crowd {
		req := bet(w, round.ID, i, "big", 100, "crowd")
		switch i {
		case 0:
			req.Key = "used"
		case 1:
			req.Stake = 5000
		}
		group.Go(func() error {
			_, err := w.Engine.PlaceBet(t.Context(), req)
			codes[i] = models.CodeOf(err)
			if err != nil && codes[i] == "" {
				return err
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	for i, code := range codes {
		require.Equal(t, want[i], code, "player %d", i)
	}

	var bets, transactions int64
	require.NoError(t, w.Owner.QueryRow(t.Context(), `SELECT count(*), count(DISTINCT xmin::text) FROM bets WHERE round_id = $1`, round.ID).Scan(&bets, &transactions))
	require.EqualValues(t, crowd-len(want)+1, bets)
	require.Less(t, transactions, bets, "bets that wait together share a transaction")
}

// TestOnePlayersBetsKeepTheirOrder sends many bets of one player at once: they never share a
// transaction, so each sees the balance the one before left.
func TestOnePlayersBetsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 1})
	round := openRound(t, w, "dice", "")
	var group errgroup.Group
	accepted := make(chan games.Receipt, 30)
	for i := range 30 {
		group.Go(func() error {
			receipt, err := w.Engine.PlaceBet(t.Context(), bet(w, round.ID, 0, "odd", 100, fmt.Sprintf("k%d", i)))
			if models.CodeOf(err) == "ledger.insufficient_funds" {
				return nil
			}
			accepted <- receipt
			return err
		})
	}
	require.NoError(t, group.Wait())
	close(accepted)
	balances := map[int64]bool{}
	for receipt := range accepted {
		balances[receipt.Balance] = true
	}
	require.Len(t, balances, 10, "1,000 points are ten bets of 100, each with a balance of its own")
	require.Zero(t, w.Balance(t, w.Players[0]))
}
