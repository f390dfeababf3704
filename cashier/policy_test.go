package cashier_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/models"
	"fairground/operators"
)

func TestPolicyIsSetByAPersonAndNotLoosenedUnderWaitingItems(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	owner := w.operator(t, models.RoleOwner)
	p, err := w.Policy(t.Context(), w.tenant, "usd")
	require.NoError(t, err)
	require.Equal(t, cashier.DefaultPolicy("usd").Expire, p.Expire)
	require.False(t, p.Enabled)
	_, err = w.Policy(t.Context(), w.tenant, "points")
	require.ErrorIs(t, err, cashier.ErrAssetOff)

	p.Enabled, p.AutoBelow, p.SingleBelow, p.Markets = true, 5, 10, []string{"DE"}
	_, err = w.SetPolicy(t.Context(), owner, p, "why")
	var refused *models.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, []string{cashier.ErrInvalidPolicy.Code, "daily_amount"}, []string{refused.Code, refused.Field}, "small ones add up")
	p.DailyAmount = 100
	p.Escalate, p.Expire = time.Minute, time.Hour
	_, err = w.SetPolicy(t.Context(), w.operator(t, models.RoleFinance), p, "why")
	require.ErrorIs(t, err, operators.ErrForbidden)
	w.stepDown(t, owner)
	_, err = w.SetPolicy(t.Context(), owner, p, "why")
	require.ErrorIs(t, err, operators.ErrStepUpRequired)
	owner = w.operator(t, models.RoleOwner)
	got, err := w.SetPolicy(t.Context(), owner, p, "why")
	require.NoError(t, err)
	require.Equal(t, owner.OperatorID, got.UpdatedBy)
	require.Equal(t, []string{"DE"}, got.Markets)
	require.Equal(t, time.Minute, got.Escalate)
	bad := p
	bad.Expire = bad.Escalate
	_, err = w.SetPolicy(t.Context(), owner, bad, "why")
	require.ErrorIs(t, err, cashier.ErrInvalidPolicy)

	sbx, err := w.Policy(t.Context(), w.tenant, asset)
	require.NoError(t, err)
	wd := w.begun(t, 0, 10_00)
	for _, edit := range []func(*cashier.Policy){
		func(p *cashier.Policy) { p.AutoBelow, p.DailyAmount = 1, 1 }, func(p *cashier.Policy) { p.SingleBelow = 1 }, func(p *cashier.Policy) { p.StepUpAbove = 1 },
	} {
		loose := sbx
		edit(&loose)
		_, err = w.SetPolicy(t.Context(), owner, loose, "faster")
		require.ErrorIs(t, err, cashier.ErrItemsWaiting)
	}
	other := sbx
	other.MaxAmount = 50_00
	got, err = w.SetPolicy(t.Context(), owner, other, "smaller")
	require.NoError(t, err)
	require.Equal(t, 1, got.WaitingItems)
	_, err = w.CancelWithdrawal(t.Context(), w.tenant, w.people[0], wd.ID)
	require.NoError(t, err)
	other.SingleBelow = 1_00
	_, err = w.SetPolicy(t.Context(), owner, other, "nobody waits")
	require.ErrorIs(t, err, cashier.ErrStale, "it was read before the last change")
	other.Version = got.Version
	_, err = w.SetPolicy(t.Context(), owner, other, "nobody waits")
	require.NoError(t, err)
	w.clean(t)
}

func TestTwoWhoReadTheSamePolicyDoNotBothSetIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	owner := w.operator(t, models.RoleOwner)
	for _, code := range []string{asset, "eur"} { // one that is set, one that nobody has set
		p, err := w.Policy(t.Context(), w.tenant, code)
		require.NoError(t, err)
		var done, stale atomic.Int32
		var wg sync.WaitGroup
		for i := range 6 {
			mine := p
			mine.MaxAmount = int64(1_000 + i)
			wg.Go(func() {
				switch _, err := w.SetPolicy(t.Context(), owner, mine, "mine"); {
				case err == nil:
					done.Add(1)
				case errors.Is(err, cashier.ErrStale):
					stale.Add(1)
				default:
					t.Errorf("unexpected: %v", err)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, done.Load(), code)
		require.EqualValues(t, 5, stale.Load(), code)
		now, err := w.Policy(t.Context(), w.tenant, code)
		require.NoError(t, err)
		require.Equal(t, p.Version+1, now.Version)
	}
}

func TestSeedTurnsOnTheSandboxOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	require.NoError(t, w.tryAsOwner(t, `DELETE FROM cash_policies`))
	p := cashier.DefaultPolicy(asset)
	p.Enabled, p.AutoBelow, p.DailyAmount = true, 1_000_000, 1_000_000
	require.NoError(t, w.SeedPolicy(t.Context(), w.tenant, p))
	p.Enabled = false
	require.NoError(t, w.SeedPolicy(t.Context(), w.tenant, p))
	got, err := w.Policy(t.Context(), w.tenant, asset)
	require.NoError(t, err)
	require.True(t, got.Enabled)
	require.Zero(t, got.AutoBelow)
	p.Asset = "usd"
	require.ErrorIs(t, w.SeedPolicy(t.Context(), w.tenant, p), cashier.ErrAssetOff)
}

func TestAddressBook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	ask := cashier.AddressRequest{
		Tenant: w.tenant, Player: w.people[0], Gateway: w.account, Asset: asset, Label: " Cold ", Destination: "0x1234567890abcdef", Verification: w.verify(t, 0, "address"),
	}
	a, err := w.AddAddress(t.Context(), ask)
	require.NoError(t, err)
	require.Equal(t, "0x12…cdef", a.Masked)
	require.Equal(t, "Cold", a.Label)
	ask.Verification = w.verify(t, 0, "address")
	_, err = w.AddAddress(t.Context(), ask)
	require.ErrorIs(t, err, cashier.ErrAddressExists)
	ask.Destination, ask.Verification = "another destination", "v_x"
	_, err = w.AddAddress(t.Context(), ask)
	require.ErrorIs(t, err, cashier.ErrNotVerified)
	ask.Destination = "bad\n"
	ask.Destination += "\x01"
	_, err = w.AddAddress(t.Context(), ask)
	require.ErrorIs(t, err, cashier.ErrInvalidAddress)
	ask.Destination, ask.Gateway = "one more", "gw_unknown"
	_, err = w.AddAddress(t.Context(), ask)
	require.ErrorIs(t, err, cashier.ErrGatewayOff)

	list, err := w.Addresses(t.Context(), w.tenant, w.people[0])
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.ErrorIs(t, w.RemoveAddress(t.Context(), w.tenant, w.people[1], a.ID), cashier.ErrAddressNotFound)
	for range 2 {
		require.NoError(t, w.RemoveAddress(t.Context(), w.tenant, w.people[0], a.ID))
	}
	list, err = w.Addresses(t.Context(), w.tenant, w.people[0])
	require.NoError(t, err)
	require.Len(t, list, 1)
	var plain int
	require.NoError(t, w.db.Owner.QueryRow(t.Context(), `SELECT count(*) FROM payout_addresses WHERE position('0x1234567890abcdef'::bytea IN destination_sealed) > 0`).Scan(&plain))
	require.Zero(t, plain, "the destination is sealed")
}

func TestReviewChatAndCards(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fund(t, 0, 100_00)
	require.ErrorIs(t, w.SetReviewChat(t.Context(), w.operator(t, models.RoleReviewer), -5, 0), operators.ErrForbidden)
	require.NoError(t, w.SetReviewChat(t.Context(), w.operator(t, models.RoleOwner), -500, 7))
	s, err := w.Settings(t.Context(), w.tenant)
	require.NoError(t, err)
	require.Equal(t, cashier.Settings{ReviewChat: -500, ReviewTopic: 7}, s)

	wd := w.begun(t, 0, 10_00)
	_, err = w.Escalate(t.Context(), w.tenant, wd.ID, wd.Version)
	require.NoError(t, err)
	require.True(t, w.get(t, wd.ID).Escalated)
	require.Equal(t, wd.Version, w.get(t, wd.ID).Version)
	var player, review int
	require.NoError(t, w.db.Owner.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE kind = 'withdrawal.status' AND chat_id = 1000),
		count(*) FILTER (WHERE kind = 'withdrawal.review' AND chat_id = -500 AND topic_id = 7) FROM notifications WHERE payload->>'withdrawal' = $1`, wd.ID).Scan(&player, &review))
	require.Equal(t, 2, player)
	require.Equal(t, 2, review)

	for _, message := range []int64{1, 2} {
		require.NoError(t, w.SetCard(t.Context(), w.tenant, wd.ID, cashier.Card{Kind: cashier.CardPlayer, Chat: 1000, Message: message}))
	}
	cards, err := w.Cards(t.Context(), w.tenant, wd.ID)
	require.NoError(t, err)
	require.Len(t, cards, 1)
	require.EqualValues(t, 2, cards[0].Message)
	w.clean(t)
}
