package games_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"fairground/games"
	"fairground/test/fixture"
)

const twins = 12

// together runs the same request many times at once and returns what each was told. Busy is
// asked again, as a client would.
func together[T any](t *testing.T, request func() (T, error)) []T {
	t.Helper()
	answers := make([]T, twins)
	var group errgroup.Group
	for i := range twins {
		group.Go(func() error {
			for {
				var err error
				answers[i], err = request()
				if !errors.Is(err, games.ErrBusy) {
					return err
				}
			}
		})
	}
	require.NoError(t, group.Wait(), "a twin must hear what the first one heard")
	return answers
}

// TestTwinsHearTheSame sends one request many times at once, without the lock that would keep
// them apart: opening, a bet, the last seat of a duel and a claim each happen once.
func TestTwinsHearTheSame(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{Players: 3})
	open := func(name, params, key string) func() (games.RoundView, error) {
		return func() (games.RoundView, error) {
			return w.Engine.Open(t.Context(), games.OpenRequest{
				Tenant: w.Tenant, Group: w.Group, Player: w.Players[0], Game: name, Params: json.RawMessage(params), Key: key,
			})
		}
	}
	dice := together(t, open("dice", `{}`, "dice"))
	for _, v := range dice {
		require.Equal(t, dice[0].ID, v.ID)
	}
	bets := together(t, func() (games.Receipt, error) {
		return w.Engine.PlaceBet(t.Context(), bet(w, dice[0].ID, 1, "big", 1000, "all in"))
	})
	for _, r := range bets {
		require.Equal(t, bets[0].Bet, r.Bet)
		require.Zero(t, r.Balance)
	}
	finish(t, w, dice[0].ID)

	duel := together(t, open("duel", `{"stake": 100}`, "duel"))
	joins := together(t, func() (games.Receipt, error) {
		return w.Engine.PlaceBet(t.Context(), bet(w, duel[0].ID, 2, "tails", 100, "join"))
	})
	for _, r := range joins {
		require.Equal(t, joins[0].Bet, r.Bet)
		require.True(t, r.Full)
	}
	finish(t, w, duel[0].ID)

	packet := together(t, open("redpacket", `{"total": 100, "shares": 3, "mode": "equal"}`, "packet"))
	claims := together(t, func() (games.ClaimReceipt, error) {
		return w.Engine.Claim(t.Context(), games.ClaimRequest{Tenant: w.Tenant, Round: packet[0].ID, Player: w.Players[2], Key: "claim"})
	})
	for _, c := range claims {
		require.Equal(t, claims[0].Slot, c.Slot)
		require.Equal(t, claims[0].Balance, c.Balance)
	}
	finish(t, w, packet[0].ID)
}

// TestTheDatabaseTiesPayoutsToBets asks the settling function for what no rules would say.
func TestTheDatabaseTiesPayoutsToBets(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{})
	round := openRound(t, w, "dice", "")
	placed, err := w.Engine.PlaceBet(t.Context(), bet(w, round.ID, 0, "big", 10, "k"))
	require.NoError(t, err)
	_, err = w.Engine.Close(t.Context(), w.Tenant, round.ID, true)
	require.NoError(t, err)
	_, err = w.Engine.Draw(t.Context(), w.Tenant, round.ID)
	require.NoError(t, err)

	for name, forged := range map[string]struct{ bets, payouts []int64 }{
		"more than the bet could win": {[]int64{placed.Bet}, []int64{1_000_000}},
		"a bet of no round":           {[]int64{placed.Bet + 1000}, []int64{10}},
		"one bet twice":               {[]int64{placed.Bet, placed.Bet}, []int64{10, 10}},
		"a negative payout":           {[]int64{placed.Bet}, []int64{-5}},
	} {
		var answer string
		err := w.DB.Call(t.Context(), w.Tenant, `SELECT api_round_settle($1, $2, $3, $4, 'forged')`,
			[]any{w.Tenant, round.ID, forged.bets, forged.payouts}, &answer)
		require.Error(t, err, name)
	}
	_, err = w.Engine.Settle(t.Context(), w.Tenant, round.ID)
	require.NoError(t, err)
}

// TestTheAuditComparesSettlementsWithPostings changes a settlement as only the database's owner
// could, and puts it back.
func TestTheAuditComparesSettlementsWithPostings(t *testing.T) {
	t.Parallel()
	w := fixture.New(t, fixture.Options{})
	round := openRound(t, w, "dice", "")
	_, err := w.Engine.PlaceBet(t.Context(), bet(w, round.ID, 0, "big", 100, "k"))
	require.NoError(t, err)
	finish(t, w, round.ID)

	change := func(sql string) {
		require.NoError(t, pgx.BeginFunc(t.Context(), w.Owner, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), `ALTER TABLE settlements DISABLE TRIGGER USER`); err != nil {
				return err
			}
			if _, err := tx.Exec(t.Context(), sql, round.ID); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), `ALTER TABLE settlements ENABLE TRIGGER USER`)
			return err
		}))
	}
	change(`UPDATE settlements SET house = house + 7 WHERE round_id = $1`)
	report, err := w.Ledger.AuditTenant(t.Context(), w.Tenant)
	require.NoError(t, err)
	require.False(t, report.OK(), "the house did not keep what the settlement says")
	change(`UPDATE settlements SET house = house - 7 WHERE round_id = $1`)

	change(`UPDATE settlements SET payouts = payouts || 5::bigint, bet_ids = bet_ids || (SELECT min(bet_id) FROM bets WHERE round_id = $1), paid = paid + 5 WHERE round_id = $1`)
	report, err = w.Ledger.AuditTenant(t.Context(), w.Tenant)
	require.NoError(t, err)
	require.False(t, report.OK(), "nobody was paid what the settlement says")
	change(`UPDATE settlements SET payouts = trim_array(payouts, 1), bet_ids = trim_array(bet_ids, 1), paid = paid - 5 WHERE round_id = $1`)
}
