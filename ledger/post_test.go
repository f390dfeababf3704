package ledger_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/secret"
	"fairground/ledger"
	"fairground/models"
)

func TestPostMovesMoneyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.grant(t, 0, 100)
	p := w.move(w.player(0), w.player(1), 30)
	first, err := w.Post(t.Context(), p)
	require.NoError(t, err)
	require.False(t, first.Replayed)
	require.NotZero(t, first.Transfer)
	require.WithinDuration(t, time.Now(), first.At, time.Minute)
	again, err := w.Post(t.Context(), p)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	first.Replayed = true
	require.Equal(t, first, again)
	w.has(t, 0, 70)
	w.has(t, 1, 30)
	w.account(t, ledger.Issuer(), -100)
	w.clean(t)
}

func TestKeyWithAnotherPayloadIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.grant(t, 0, 100)
	p := w.move(w.player(0), w.player(1), 30)
	_, err := w.Post(t.Context(), p)
	require.NoError(t, err)
	for _, change := range []func(p *ledger.Posting){
		func(p *ledger.Posting) { p.Moves = []ledger.Move{{From: w.player(0), To: w.player(1), Amount: 31}} },
		func(p *ledger.Posting) { p.Moves = []ledger.Move{{From: w.player(1), To: w.player(0), Amount: 30}} },
		func(p *ledger.Posting) { p.Kind = "prize" },
		func(p *ledger.Posting) { p.Ref = "other" },
	} {
		other := p
		change(&other)
		_, err = w.Post(t.Context(), other)
		require.ErrorIs(t, err, ledger.ErrKeyReused)
	}
	p.Scope = "another scope"
	_, err = w.Post(t.Context(), p)
	require.NoError(t, err, "scopes do not share keys")
	w.has(t, 1, 60)
	w.clean(t)
}

func TestRefusalForLackOfMoneyIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.grant(t, 0, 10)
	p := w.move(w.player(0), w.player(1), 30)
	refused := func() {
		_, err := w.Post(t.Context(), p)
		require.ErrorIs(t, err, ledger.ErrInsufficientFunds)
		e, ok := errors.AsType[*models.Error](err)
		require.True(t, ok)
		require.Equal(t, map[string]any{"balance": int64(10), "needed": int64(30)}, e.Data)
	}
	refused()
	w.grant(t, 0, 100)
	refused()
	p.Key = secret.ID("k")
	_, err := w.Post(t.Context(), p)
	require.NoError(t, err, "a new key is a new request")
	w.clean(t)
}

func TestPostIsAllOrNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.grant(t, 0, 100)
	p := w.move(w.player(0), w.player(1), 50)
	p.Moves = append(p.Moves, ledger.Move{From: w.player(2), To: w.player(1), Amount: 1})
	_, err := w.Post(t.Context(), p)
	require.ErrorIs(t, err, ledger.ErrInsufficientFunds)
	w.has(t, 0, 100)
	w.has(t, 1, 0)
	through := w.move(w.player(0), w.player(1), 50)
	through.Moves = append(through.Moves, ledger.Move{From: w.player(1), To: w.player(2), Amount: 50})
	_, err = w.Post(t.Context(), through)
	require.NoError(t, err, "only the sum of a set counts against a balance")
	w.has(t, 2, 50)
	w.clean(t)
}

func TestPostRefusesWhatItMustNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.grant(t, 0, 100)
	withheld := ledger.AccountRef{Purpose: ledger.PurposeWithheld, Owner: w.player(0).Owner}
	escrow := ledger.AccountRef{Purpose: ledger.PurposeEscrow, Owner: "r_aaaaaaaaaaaaaaaa"}
	bad := w.move(w.player(0), w.player(1), 1)
	bad.Asset = "gold"
	elsewhere := w.move(w.player(0), w.player(1), 1)
	elsewhere.Group = w.group + 1000
	noKey := w.move(w.player(0), w.player(1), 1)
	noKey.Key = ""
	for name, c := range map[string]struct {
		posting ledger.Posting
		want    *models.Error
	}{
		"zero":           {w.move(w.player(0), w.player(1), 0), ledger.ErrInvalidAmount},
		"negative":       {w.move(w.player(0), w.player(1), -5), ledger.ErrInvalidAmount},
		"itself":         {w.move(w.player(0), w.player(0), 5), ledger.ErrInvalidPosting},
		"nothing":        {ledger.Posting{Tenant: w.tenant, Group: w.group, Asset: ledger.Points, Key: "k"}, ledger.ErrInvalidPosting},
		"no key":         {noKey, ledger.ErrInvalidKey},
		"mint":           {w.move(ledger.Issuer(), w.player(0), 5), ledger.ErrInvalidPosting},
		"to escrow":      {w.move(w.player(0), escrow, 5), ledger.ErrInvalidPosting},
		"from escrow":    {w.move(escrow, w.player(0), 5), ledger.ErrInvalidPosting},
		"to withheld":    {w.move(w.player(0), withheld, 5), ledger.ErrInvalidPosting},
		"from withheld":  {w.move(withheld, w.player(0), 5), ledger.ErrInvalidPosting},
		"unknown player": {w.move(w.player(0), ledger.Player(999999), 5), ledger.ErrAccountNotFound},
		"no player":      {w.move(w.player(0), ledger.AccountRef{Purpose: ledger.PurposePlayer, Owner: "me"}, 5), ledger.ErrAccountNotFound},
		"unknown group":  {elsewhere, ledger.ErrAccountNotFound},
		"unknown asset":  {bad, ledger.ErrUnknownAsset},
		"no purpose":     {w.move(w.player(0), ledger.AccountRef{Purpose: "gift"}, 5), ledger.ErrInvalidPosting},
	} {
		_, err := w.Post(t.Context(), c.posting)
		require.ErrorIs(t, err, c.want, name)
	}
	w.has(t, 0, 100)
	w.clean(t)
}

func TestTwinsOfOneKeyPostOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.grant(t, 0, 100)
	p := w.move(w.player(0), w.player(1), 7)
	var wg sync.WaitGroup
	var fresh atomic.Int32
	errs := make([]error, 16)
	for i := range errs {
		wg.Go(func() {
			r, err := w.Post(t.Context(), p)
			errs[i] = err
			if err == nil && !r.Replayed {
				fresh.Add(1)
			}
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	require.EqualValues(t, 1, fresh.Load())
	w.has(t, 1, 7)
	w.clean(t)
}

func TestNobodyOverdrawsUnderConcurrency(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.grant(t, 0, 100)
	var wg sync.WaitGroup
	var accepted atomic.Int64
	for range 12 {
		wg.Go(func() {
			for range 5 {
				_, err := w.Post(t.Context(), w.move(w.player(0), w.player(1), 7))
				switch {
				case err == nil:
					accepted.Add(1)
				case !errors.Is(err, ledger.ErrInsufficientFunds):
					t.Errorf("unexpected: %v", err)
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 14, accepted.Load())
	w.has(t, 0, 2)
	w.has(t, 1, 98)
	w.clean(t)
}

func TestTransfersBothWaysDoNotDeadlock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	for i := range w.players {
		w.grant(t, i, 1000)
	}
	var wg sync.WaitGroup
	for g := range 9 {
		wg.Go(func() {
			for i := range 20 {
				a, b, c := (g+i)%3, (g+2*i+1)%3, (g+i+2)%3
				if a == b {
					b = (b + 1) % 3
				}
				p := w.move(w.player(a), w.player(b), 3)
				p.Moves = append(p.Moves, ledger.Move{From: w.player(c), To: ledger.Pool("week"), Amount: 1})
				if _, err := w.Post(t.Context(), p); err != nil {
					t.Errorf("transfer: %v", err)
				}
			}
		})
	}
	wg.Wait()
	w.account(t, ledger.Pool("week"), 180)
	w.clean(t)
}

func TestGrantOnceAndWithinTheCap(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.asOwner(t, "", `UPDATE groups SET issuer_daily_cap = 1500 WHERE group_id = $1`, w.group)
	g := ledger.GrantRequest{Tenant: w.tenant, Group: w.group, Player: w.players[0], Amount: 1000, Key: "start", Kind: "welcome"}
	r, err := w.Grant(t.Context(), g)
	require.NoError(t, err)
	require.EqualValues(t, 1000, r.Balance)
	r, err = w.Grant(t.Context(), g)
	require.NoError(t, err)
	require.True(t, r.Replayed)
	other := g
	other.Player = w.players[1]
	_, err = w.Grant(t.Context(), other)
	require.ErrorIs(t, err, ledger.ErrIssuerCap)
	e, ok := errors.AsType[*models.Error](err)
	require.True(t, ok)
	require.Equal(t, int64(1500), e.Data["cap"])
	w.asOwner(t, "", `UPDATE groups SET issuer_daily_cap = 2000 WHERE group_id = $1`, w.group)
	_, err = w.Grant(t.Context(), other)
	require.NoError(t, err, "a refusal by the cap is not kept")
	other.Amount = 5
	_, err = w.Grant(t.Context(), other)
	require.ErrorIs(t, err, ledger.ErrKeyReused)
	other.Player = 999999
	_, err = w.Grant(t.Context(), other)
	require.ErrorIs(t, err, ledger.ErrAccountNotFound)
	w.has(t, 0, 1000)
	w.has(t, 1, 1000)
	w.clean(t)
}

func TestGrantsAtOnceKeepTheCap(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 8)
	w.asOwner(t, "", `UPDATE groups SET issuer_daily_cap = 300 WHERE group_id = $1`, w.group)
	var wg sync.WaitGroup
	var given atomic.Int32
	for i := range w.players {
		wg.Go(func() {
			_, err := w.Grant(t.Context(), ledger.GrantRequest{Tenant: w.tenant, Group: w.group, Player: w.players[i], Amount: 100, Key: "start", Kind: "welcome"})
			switch {
			case err == nil:
				given.Add(1)
			case !errors.Is(err, ledger.ErrIssuerCap):
				t.Errorf("unexpected: %v", err)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 3, given.Load())
	w.account(t, ledger.Issuer(), -300)
	w.clean(t)
}
