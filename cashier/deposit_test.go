package cashier_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/internal/secret"
	"fairground/ledger"
	"fairground/models"
	"fairground/operators"
	"fairground/players"
)

func TestADepositIsCreditedOnce(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	d := w.intent(t, 0, 25_00)
	require.Equal(t, "https://pay.example/"+d.ID, d.URL)
	require.Equal(t, "https://fair.example/v1/hooks/payments/"+w.account, w.gate.made[d.ID].CallbackURL)
	require.WithinDuration(t, d.CreatedAt.Add(time.Hour), d.ExpiresAt, time.Second)
	n := paying(d, "tx-1")
	n.State = gateway.DepositPending
	w.notify(t, n)
	w.status(t, d.ID, models.DepositConfirming)

	// Fifty callbacks and fifty workers side by side, some of them the very same callback.
	same := paying(d, "tx-1")
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			n := same
			if i%2 == 0 {
				n.EventID = secret.ID("e")
			}
			if err := w.tryNotify(t.Context(), w.account, n); err != nil {
				t.Errorf("notify: %v", err)
			}
			if _, err := w.CreditDeposit(t.Context(), w.tenant, w.account, "tx-1"); err != nil {
				t.Errorf("credit: %v", err)
			}
		})
	}
	wg.Wait()
	got := w.status(t, d.ID, models.DepositCredited)
	require.Equal(t, "tx-1", got.Tx)
	require.NotNil(t, got.EndedAt)
	w.has(t, 0, 25_00, 0)
	w.clearing(t, asset, w.account, 25_00)
	require.Empty(t, w.items(t))

	timeline, err := w.DepositTimeline(t.Context(), w.operator(t, models.RoleAnalyst), d.ID)
	require.NoError(t, err)
	require.Equal(t, "created", timeline[0].Kind)
	require.Error(t, w.asApp(t, `DELETE FROM deposit_events`))
	w.clean(t)
}

func TestAnIntentIsMadeOncePerKey(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	r := cashier.DepositRequest{Tenant: w.tenant, Group: w.group, Player: w.people[0], Account: w.account, Asset: asset, Amount: 5_00, Key: "k1"}
	w.gate.failCreate = gateway.ErrUnknown
	_, err := w.CreateDeposit(t.Context(), r)
	require.ErrorIs(t, err, cashier.ErrGatewayDown)
	w.gate.failCreate = nil
	first, err := w.CreateDeposit(t.Context(), r)
	require.NoError(t, err)
	again, err := w.CreateDeposit(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.Len(t, w.gate.made, 1)
	r.Amount++
	_, err = w.CreateDeposit(t.Context(), r)
	require.ErrorIs(t, err, cashier.ErrKeyReused)

	w.gate.failCreate = gateway.Refused("closed")
	r.Key = "k2"
	_, err = w.CreateDeposit(t.Context(), r)
	require.ErrorIs(t, err, cashier.ErrGatewayRefused)
	page, err := w.PlayerDeposits(t.Context(), w.tenant, w.group, w.people[0], cashier.Page{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, models.DepositFailed, page.Deposits[0].Status)
	require.NotEmpty(t, page.Next)
	page, err = w.PlayerDeposits(t.Context(), w.tenant, w.group, w.people[0], cashier.Page{Limit: 1, Cursor: page.Next})
	require.NoError(t, err)
	require.Equal(t, first.ID, page.Deposits[0].ID)
	require.Empty(t, page.Next)
	w.clean(t)
}

func TestIntentsAreRefused(t *testing.T) {
	t.Parallel()
	w := newTill(t, 2)
	ask := func(edit func(*cashier.DepositRequest)) error {
		r := cashier.DepositRequest{Tenant: w.tenant, Group: w.group, Player: w.people[0], Account: w.account, Asset: asset, Amount: 5_00, Key: secret.ID("k")}
		edit(&r)
		_, err := w.CreateDeposit(t.Context(), r)
		return err
	}
	require.ErrorIs(t, ask(func(r *cashier.DepositRequest) { r.Amount = 0 }), cashier.ErrInvalidAmount)
	require.ErrorIs(t, ask(func(r *cashier.DepositRequest) { r.Key = "" }), cashier.ErrInvalidKey)
	require.ErrorIs(t, ask(func(r *cashier.DepositRequest) { r.Account = "gw_none" }), cashier.ErrGatewayOff)
	require.ErrorIs(t, ask(func(r *cashier.DepositRequest) { r.Asset = "usd" }), cashier.ErrGatewayOff)
	require.ErrorIs(t, ask(func(r *cashier.DepositRequest) { r.Group = 1 << 40 }), cashier.ErrNoAccount)
	require.ErrorIs(t, ask(func(r *cashier.DepositRequest) { r.Account, r.Asset, r.Amount = w.stars, "", 51 }), cashier.ErrNoPrice)
	w.asOwner(t, `UPDATE members SET status = 'left' WHERE tenant_id = $1 AND player_id = $2`, w.tenant, w.people[1])
	require.ErrorIs(t, ask(func(r *cashier.DepositRequest) { r.Player = w.people[1] }), cashier.ErrNotMember)
	for range 10 {
		w.intent(t, 0, 1_00)
	}
	require.ErrorIs(t, ask(func(*cashier.DepositRequest) {}), cashier.ErrTooManyDeposits)
	w.freeze(t, 0)
	require.ErrorIs(t, ask(func(*cashier.DepositRequest) {}), cashier.ErrFrozen)
	w.setPolicy(t, func(p *cashier.Policy) { p.Enabled = false })
	require.ErrorIs(t, ask(func(*cashier.DepositRequest) {}), cashier.ErrAssetOff)
}

func TestReorderedNoticesEndRight(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	state := func(n gateway.Notice, s string) gateway.Notice {
		n.EventID, n.State = secret.ID("e"), s
		return n
	}
	// Confirmed before pending, failed after confirmed: credited, and it stays so.
	d := w.intent(t, 0, 10_00)
	n := paying(d, "tx-a")
	w.notify(t, n, state(n, gateway.DepositPending))
	require.Equal(t, "credited", w.settle(t, "tx-a").Status)
	w.notify(t, state(n, gateway.DepositFailed), state(n, gateway.DepositPending))
	require.Equal(t, "credited", w.settle(t, "tx-a").Status)
	w.status(t, d.ID, models.DepositCredited)

	// Failed after confirmed and before the credit.
	d = w.intent(t, 0, 10_00)
	n = paying(d, "tx-b")
	w.notify(t, n, state(n, gateway.DepositFailed))
	require.Equal(t, "credited", w.settle(t, "tx-b").Status)

	// Failed is final; money that arrives all the same is for a person.
	d = w.intent(t, 0, 10_00)
	n = paying(d, "tx-c")
	w.notify(t, state(n, gateway.DepositFailed), state(n, gateway.DepositPending))
	require.Equal(t, "failed", w.settle(t, "tx-c").Status)
	w.status(t, d.ID, models.DepositFailed)
	require.Equal(t, "quarantined", w.paid(t, n).Status)
	w.status(t, d.ID, models.DepositFailed)
	items := w.items(t, models.QuarantineAfterFailed)
	require.Len(t, items, 1)
	item, err := w.ResolveQuarantine(t.Context(), w.operator(t, models.RoleFinance), items[0].ID, cashier.Resolution{Act: cashier.ActCredit, Reason: "seen at the bank"})
	require.NoError(t, err)
	w.status(t, item.CreditedTo, models.DepositCredited)
	w.status(t, d.ID, models.DepositFailed)

	// One of two payments fails: the other stands.
	d = w.intent(t, 0, 10_00)
	a, b := paying(d, "tx-d"), paying(d, "tx-e")
	w.notify(t, state(a, gateway.DepositPending), state(b, gateway.DepositPending), state(a, gateway.DepositFailed))
	w.status(t, d.ID, models.DepositConfirming)
	require.Equal(t, "credited", w.paid(t, b).Status)
	w.has(t, 0, 40_00, 0)
	w.clearing(t, asset, w.account, 40_00)
	w.clean(t)
}

func TestConfirmationsAreWaitedFor(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	least := 3
	_, err := w.SetAccount(t.Context(), w.operator(t, models.RoleOwner), w.account, cashier.AccountChange{MinConfirmations: &least, Reason: "safety"})
	require.NoError(t, err)
	d := w.intent(t, 0, 10_00)
	n := paying(d, "tx-1")
	n.Confirmations, n.Needed = 1, 2
	state := w.paid(t, n)
	require.Equal(t, "confirming", state.Status)
	require.Positive(t, state.Wait, "the gateway knows nothing yet")
	state, err = w.CreditDeposit(t.Context(), w.tenant, w.account, "tx-1")
	require.NoError(t, err)
	require.Equal(t, "confirming", state.Status, "asking for the credit too early changes nothing")

	asked := n
	asked.Confirmations = 2
	w.gate.states["tx-1"] = asked
	require.Positive(t, w.settle(t, "tx-1").Wait, "the account wants three")
	require.Equal(t, 2, w.status(t, d.ID, models.DepositConfirming).Confirmations)
	asked.Confirmations = 3
	w.gate.states["tx-1"] = asked
	require.Equal(t, "credited", w.settle(t, "tx-1").Status)
	w.has(t, 0, 10_00, 0)
	w.clean(t)
}

func TestIntentsExpireAndLatePaymentsFollowThePolicy(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	age := func(d cashier.Deposit, by time.Duration) {
		w.asOwner(t, `UPDATE deposits SET expires_at = expires_at - make_interval(secs => $3) WHERE tenant_id = $1 AND deposit_id = $2`, w.tenant, d.ID, by.Seconds())
	}
	inTime, late, tooLate := w.intent(t, 0, 1_00), w.intent(t, 0, 2_00), w.intent(t, 0, 4_00)
	age(inTime, 30*time.Hour)
	age(late, 2*time.Hour)
	age(tooLate, 30*time.Hour)
	n, err := w.ExpireIntents(t.Context(), w.tenant)
	require.NoError(t, err)
	require.Equal(t, 3, n)
	w.status(t, late.ID, models.DepositExpired)

	told := paying(inTime, "tx-1") // paid in time, told late
	told.At = time.Now().Add(-30 * time.Hour)
	require.Equal(t, "credited", w.paid(t, told).Status)
	require.Equal(t, "credited", w.paid(t, paying(late, "tx-2")).Status)
	require.Equal(t, "quarantined", w.paid(t, paying(tooLate, "tx-3")).Status)
	require.Len(t, w.items(t, models.QuarantineLate), 1)

	never := time.Duration(0)
	_, err = w.SetAccount(t.Context(), w.operator(t, models.RoleOwner), w.account, cashier.AccountChange{LateCredit: &never, Reason: "strict"})
	require.NoError(t, err)
	strict := w.intent(t, 0, 8_00)
	age(strict, 2*time.Hour)
	require.Equal(t, "quarantined", w.paid(t, paying(strict, "tx-4")).Status, "late although nobody has ended it yet")
	w.has(t, 0, 3_00, 0)
	w.clean(t)
}

func TestALimitHoldsAtTheIntentAndAtTheCredit(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	first, second := w.intent(t, 0, 60_00), w.intent(t, 0, 60_00)
	limit := int64(100_00)
	_, err := w.players.SetLimit(t.Context(), w.tenant, w.people[0], players.LimitChange{Asset: asset, Kind: players.LimitDeposit, Window: players.WindowDay, Amount: &limit})
	require.NoError(t, err)
	w.notify(t, paying(first, "tx-1"), paying(second, "tx-2"))
	var wg sync.WaitGroup
	for _, tx := range []string{"tx-1", "tx-2"} {
		wg.Go(func() {
			if _, err := w.CreditDeposit(t.Context(), w.tenant, w.account, tx); err != nil {
				t.Errorf("credit: %v", err)
			}
		})
	}
	wg.Wait()
	w.has(t, 0, 60_00, 0)
	items := w.items(t)
	require.Len(t, items, 1)
	require.Equal(t, models.QuarantineReason("players.deposit_limit"), items[0].Why)
	_, err = w.CreateDeposit(t.Context(), cashier.DepositRequest{
		Tenant: w.tenant, Group: w.group, Player: w.people[0], Account: w.account, Asset: asset, Amount: 50_00, Key: "k",
	})
	require.ErrorIs(t, err, cashier.ErrDepositLimit)
	w.clean(t)
}

func TestForgedCallbacksAreRefusedAndCounted(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	d := w.intent(t, 0, 10_00)
	for range 3 {
		require.ErrorIs(t, w.ReceiveWebhook(t.Context(), w.account, http.Header{}, []byte(`[]`)), gateway.ErrForged)
	}
	require.ErrorIs(t, w.ReceiveWebhook(t.Context(), w.account, http.Header{"X-Signature": {"good"}}, []byte(`{`)), gateway.ErrMalformed)
	bad := paying(d, "")
	require.ErrorIs(t, w.tryNotify(t.Context(), w.account, bad), gateway.ErrMalformed)
	require.ErrorIs(t, w.ReceiveWebhook(t.Context(), "gw_none", http.Header{}, nil), players.ErrTenantNotFound)
	var forged, malformed int
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT sum(refused) FILTER (WHERE reason = 'forged'), sum(refused) FILTER (WHERE reason = 'malformed')
		FROM gateway_refusals WHERE tenant_id = $1`, []any{w.tenant}, &forged, &malformed))
	require.Equal(t, []int{3, 2}, []int{forged, malformed})
	w.status(t, d.ID, models.DepositPending)
}

func TestNothingIsLostBetweenInboxAndCredit(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	d := w.intent(t, 0, 10_00)
	w.notify(t, paying(d, "tx-1"))
	var events int
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT count(*) FROM outbox WHERE tenant_id = $1 AND type = 'deposit.noticed.v1'
		AND payload = jsonb_build_object('account', $2::text, 'tx', 'tx-1')`, []any{w.tenant, w.account}, &events))
	require.Equal(t, 1, events, "whoever comes next learns of it")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.CreditDeposit(ctx, w.tenant, w.account, "tx-1")
	require.Error(t, err)
	require.Equal(t, "credited", w.settle(t, "tx-1").Status)
	w.has(t, 0, 10_00, 0)
	w.clean(t)
}

func TestAPayoutNoticeComesByTheSameDoor(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	id := secret.ID("w")
	w.asOwner(t, `INSERT INTO withdrawals (tenant_id, withdrawal_id, group_id, player_id, asset, amount, gateway, address_id, reviews, step_up)
		VALUES ($1, $2, $3, $4, 'sbx', 100, $5, 'a_x', 2, true)`, w.tenant, id, w.group, w.people[0], w.account)
	n := gateway.Notice{Kind: gateway.NoticePayout, EventID: "e-1", Key: id, State: string(gateway.PayoutPaid)}
	stranger := gateway.Notice{Kind: gateway.NoticePayout, EventID: "e-2", Key: secret.ID("w"), State: string(gateway.PayoutPaid)}
	w.notify(t, n, n, stranger)
	var events int
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT count(*) FROM outbox WHERE tenant_id = $1 AND type = 'payout.noticed.v1'`, []any{w.tenant}, &events))
	require.Equal(t, 1, events)
}

func TestAccountsKeepTheirSecrets(t *testing.T) {
	t.Parallel()
	w := newTill(t, 0)
	owner := w.operator(t, models.RoleOwner)
	_, err := w.AddAccount(t.Context(), w.operator(t, models.RoleFinance), cashier.NewAccount{Kind: "pay", Title: "Mine", Assets: []string{"sbx"}, Reason: "x"})
	require.ErrorIs(t, err, operators.ErrForbidden)
	a, err := w.AddAccount(t.Context(), owner, cashier.NewAccount{Kind: "pay", Title: "Mine", Assets: []string{"sbx", "usd"}, Values: map[string]string{"secret": "s3cret-value"}, Reason: "contract"})
	require.NoError(t, err)
	require.Equal(t, []string{"secret"}, a.Settings)
	require.True(t, a.Enabled && a.Deposits && a.Payouts)
	off := false
	b, err := w.SetAccount(t.Context(), owner, a.ID, cashier.AccountChange{Enabled: &off, Reason: "audit"})
	require.NoError(t, err)
	require.False(t, b.Enabled)
	_, err = w.AddAccount(t.Context(), owner, cashier.NewAccount{Kind: "pay", Title: "Mine", Assets: []string{"sbx"}, Reason: "x"})
	require.ErrorIs(t, err, cashier.ErrTitleTaken)
	_, err = w.AddAccount(t.Context(), owner, cashier.NewAccount{Kind: "pay", Title: "Odd", Assets: []string{"points"}, Reason: "x"})
	require.ErrorIs(t, err, cashier.ErrAssetUnknown)
	_, err = w.AddAccount(t.Context(), owner, cashier.NewAccount{Kind: "stars", Title: "Odd", Assets: []string{"xtr"}, Reason: "x"})
	require.ErrorIs(t, err, cashier.ErrInvalidAccount, "a required setting is missing")
	_, err = w.SetAccount(t.Context(), owner, a.ID, cashier.AccountChange{Values: map[string]string{"base_url": "https://mine.example"}, Reason: "x"})
	require.ErrorIs(t, err, cashier.ErrInvalidAccount, "a secret goes nowhere that its holder has not shown it to")
	_, err = w.SetAccount(t.Context(), owner, a.ID, cashier.AccountChange{Values: map[string]string{"base_url": "https://mine.example", "secret": "known"}, Reason: "x"})
	require.NoError(t, err)
	_, err = w.SetAccount(t.Context(), owner, a.ID, cashier.AccountChange{Values: map[string]string{"colour": "red"}, Reason: "x"})
	require.ErrorIs(t, err, cashier.ErrInvalidAccount)
	w.stepDown(t, owner)
	_, err = w.SetAccount(t.Context(), owner, a.ID, cashier.AccountChange{Enabled: &off, Reason: "audit"})
	require.ErrorIs(t, err, operators.ErrStepUpRequired)

	var log string
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT string_agg(action || ' ' || coalesce(after::text, ''), E'\n' ORDER BY entry_id) FROM operation_log
		WHERE tenant_id = $1 AND subject = $2`, []any{w.tenant, a.ID}, &log))
	require.Contains(t, log, "gateway.add")
	require.Contains(t, log, "gateway.disable")
	require.NotContains(t, log, "s3cret")
	require.NotContains(t, fmt.Sprintf("%+v %+v", a, b), "s3cret")
	require.Error(t, w.asApp(t, `UPDATE gateway_accounts SET enabled = true`))

	// A seed is found again by its title, and a moved sandbox is followed.
	again, err := w.SeedAccount(t.Context(), w.tenant, cashier.NewAccount{Kind: "pay", Title: "Sandbox", Assets: []string{asset}, Values: map[string]string{"secret": "hush"}})
	require.NoError(t, err)
	require.Equal(t, []any{w.account, 1}, []any{again.ID, again.Version})
	again, err = w.SeedAccount(t.Context(), w.tenant, cashier.NewAccount{Kind: "pay", Title: "Sandbox", Assets: []string{asset}, Values: map[string]string{"secret": "other"}})
	require.NoError(t, err)
	require.Equal(t, []any{w.account, 2}, []any{again.ID, again.Version})
	_, err = w.SeedAccount(t.Context(), w.tenant, cashier.NewAccount{Kind: "pay", Title: "Mine", Assets: []string{asset}})
	require.ErrorIs(t, err, cashier.ErrTitleTaken)
	_, err = w.SeedAccount(t.Context(), w.tenant, cashier.NewAccount{Kind: "pay", Title: "Real", Assets: []string{"usd"}})
	require.ErrorIs(t, err, cashier.ErrAssetUnknown)
}

func TestTheApplicationRoleWritesNoDeposits(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	d := w.intent(t, 0, 10_00)
	for _, sql := range []string{
		`UPDATE deposits SET status = 'credited'`, `UPDATE deposit_payments SET outcome = 'credited'`, `DELETE FROM gateway_inbox`,
		`SELECT deposit_post(y, d, a, '{}') FROM deposit_payments y, deposits d, gateway_accounts a`, `INSERT INTO stars_prices VALUES (1, 1, 1, 1)`,
	} {
		require.Error(t, w.asApp(t, sql), sql)
	}
	// Not even the owner credits without a payment.
	require.Error(t, w.tryAsOwner(t, `UPDATE deposits SET status = 'credited', tx = 'x', credited_at = now(), ended_at = now() WHERE deposit_id = $1`, d.ID))
	require.Error(t, w.tryAsOwner(t, `UPDATE deposits SET amount = 1 WHERE deposit_id = $1`, d.ID))
	_, err := w.ledger.Post(t.Context(), ledger.Posting{
		Tenant: w.tenant, Group: w.group, Asset: asset, Scope: "x", Key: "x", Kind: "deposit", Ref: d.ID,
		Moves: []ledger.Move{{From: ledger.AccountRef{Purpose: ledger.PurposeClearing, Owner: w.account}, To: ledger.Player(w.people[0]), Amount: 10_00}},
	})
	require.Error(t, err)
	w.clean(t)
}
