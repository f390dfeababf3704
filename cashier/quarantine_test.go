package cashier_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/internal/secret"
	"fairground/models"
	"fairground/operators"
)

// kept pays an intent in a wrong way and returns the entry in quarantine.
func (w *till) kept(t *testing.T, d cashier.Deposit, edit func(*gateway.Notice)) cashier.QuarantineItem {
	t.Helper()
	n := paying(d, secret.ID("tx"))
	edit(&n)
	require.Equal(t, "quarantined", w.paid(t, n).Status)
	for _, item := range w.items(t) {
		if item.Tx == n.Tx {
			return item
		}
	}
	t.Fatalf("payment %s is not in quarantine", n.Tx)
	return cashier.QuarantineItem{}
}

func TestEveryReasonForQuarantine(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	for why, edit := range map[models.QuarantineReason]func(*gateway.Notice){
		models.QuarantineUnknownIntent: func(n *gateway.Notice) { n.Intent = "dep_nobody" },
		models.QuarantineUnderpaid:     func(n *gateway.Notice) { n.Amount-- },
		models.QuarantineOverpaid:      func(n *gateway.Notice) { n.Amount++ },
		models.QuarantineWrongAsset:    func(n *gateway.Notice) { n.Asset = "USD" },
		models.QuarantineInexact:       func(n *gateway.Notice) { n.Amount, n.Scale = 10_00_001, 5 },
	} {
		d := w.intent(t, 0, 10_00)
		item := w.kept(t, d, edit)
		require.Equal(t, why, item.Why)
		require.Equal(t, models.QuarantineOpen, item.Status)
		if why == models.QuarantineUnknownIntent {
			w.status(t, d.ID, models.DepositPending)
			require.Equal(t, "quarantined", w.paid(t, paying(d, item.Tx)).Status, "the same payment under another name is still the same payment")
		} else {
			w.status(t, d.ID, models.DepositQuarantined)
			require.Equal(t, d.ID, item.Deposit)
		}
	}

	d := w.intent(t, 0, 1_00) // the same amount said in another scale is right
	n := paying(d, "tx-scaled")
	n.Amount, n.Scale = 1_000_000, 6
	require.Equal(t, "credited", w.paid(t, n).Status)

	second := w.kept(t, d, func(*gateway.Notice) {})
	require.Equal(t, models.QuarantineSecond, second.Why)
	w.status(t, d.ID, models.DepositCredited)

	d = w.intent(t, 0, 1_00)
	n = paying(d, "tx-changed")
	n.State, n.Amount = gateway.DepositPending, 99
	w.notify(t, n)
	require.Equal(t, "quarantined", w.paid(t, paying(d, "tx-changed")).Status)
	changed := w.items(t, models.QuarantineChanged)
	require.Len(t, changed, 1)
	require.EqualValues(t, 1_00, changed[0].Amount, "what was confirmed")

	d = w.intent(t, 0, 1_00) // another account's intent is unknown here
	foreign := paying(d, "tx-foreign")
	other, err := w.SeedAccount(t.Context(), w.tenant, cashier.NewAccount{Kind: "pay", Title: "Other", Assets: []string{asset}})
	require.NoError(t, err)
	require.NoError(t, w.tryNotify(t.Context(), other.ID, foreign))
	state, err := w.CreditDeposit(t.Context(), w.tenant, other.ID, "tx-foreign")
	require.NoError(t, err)
	require.Equal(t, "quarantined", state.Status)

	d = w.intent(t, 0, 1_00) // the player was frozen meanwhile
	w.freeze(t, 0)
	item := w.kept(t, d, func(*gateway.Notice) {})
	require.Equal(t, models.QuarantineReason("players.frozen"), item.Why)
	w.has(t, 0, 1_00, 0)
	w.clean(t)
}

func TestAnotherAmountForACreditedPaymentIsShownOnce(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	d := w.intent(t, 0, 10_00)
	n := paying(d, "tx-1")
	require.Equal(t, "credited", w.paid(t, n).Status)
	for range 2 {
		n.EventID, n.Amount = secret.ID("e"), 90_00
		require.Equal(t, "credited", w.paid(t, n).Status)
	}
	items := w.items(t)
	require.Len(t, items, 1)
	require.Equal(t, models.QuarantineChanged, items[0].Why)
	finance := w.operator(t, models.RoleFinance)
	_, err := w.ResolveQuarantine(t.Context(), finance, items[0].ID, cashier.Resolution{Act: cashier.ActCredit, Reason: "why not"})
	require.ErrorIs(t, err, cashier.ErrOnlyDismiss)
	_, err = w.ResolveQuarantine(t.Context(), finance, items[0].ID, cashier.Resolution{Act: cashier.ActDismiss, Reason: "their mistake"})
	require.NoError(t, err)
	w.has(t, 0, 10_00, 0)
	w.clean(t)
}

func TestAnOperatorCreditsWhatWasReallyPaid(t *testing.T) {
	t.Parallel()
	w := newTill(t, 2)
	finance := w.operator(t, models.RoleFinance)
	d := w.intent(t, 0, 10_00)
	item := w.kept(t, d, func(n *gateway.Notice) { n.Amount = 7_00 })
	credit := cashier.Resolution{Act: cashier.ActCredit, Reason: "agreed with the player"}

	_, err := w.ResolveQuarantine(t.Context(), w.operator(t, models.RoleSupport), item.ID, credit)
	require.ErrorIs(t, err, operators.ErrForbidden)
	timid := w.operator(t, models.RoleFinance)
	w.stepDown(t, timid)
	_, err = w.ResolveQuarantine(t.Context(), timid, item.ID, credit)
	require.ErrorIs(t, err, operators.ErrStepUpRequired)
	_, err = w.ResolveQuarantine(t.Context(), finance, item.ID, cashier.Resolution{Act: cashier.ActCredit})
	require.ErrorIs(t, err, cashier.ErrReasonMissing)
	_, err = w.ResolveQuarantine(t.Context(), finance, item.ID, cashier.Resolution{Act: "keep", Reason: "x"})
	require.ErrorIs(t, err, cashier.ErrInvalidAct)
	own := w.operator(t, models.RoleFinance)
	w.asOwner(t, `UPDATE operators SET telegram_id = 1000, telegram_check = '\x00' WHERE public_id = $1`, own.OperatorID)
	_, err = w.ResolveQuarantine(t.Context(), own, item.ID, credit)
	require.ErrorIs(t, err, cashier.ErrOwnAccount)

	got, err := w.ResolveQuarantine(t.Context(), finance, item.ID, credit)
	require.NoError(t, err)
	require.Equal(t, []any{models.QuarantineCredited, d.ID, finance.OperatorID}, []any{got.Status, got.CreditedTo, got.ResolvedBy})
	require.EqualValues(t, 7_00, w.status(t, d.ID, models.DepositCredited).Credit)
	_, err = w.ResolveQuarantine(t.Context(), finance, item.ID, credit)
	require.ErrorIs(t, err, cashier.ErrAlreadyResolved)
	w.has(t, 0, 7_00, 0)

	// Nobody's payment goes to whom the operator names.
	item = w.kept(t, d, func(n *gateway.Notice) { n.Intent = "" })
	_, err = w.ResolveQuarantine(t.Context(), finance, item.ID, credit)
	require.ErrorIs(t, err, cashier.ErrPlayerRequired)
	var group, player string
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT g.public_id, p.public_id FROM groups g, players p WHERE g.group_id = $1 AND p.player_id = $2`,
		[]any{w.group, w.people[1]}, &group, &player))
	credit.Group, credit.Player = group, player
	w.asOwner(t, `INSERT INTO adjustment_settings (tenant_id, asset, adjust_limit) VALUES ($1, $2, 999)`, w.tenant, asset)
	_, err = w.ResolveQuarantine(t.Context(), finance, item.ID, credit)
	require.ErrorIs(t, err, cashier.ErrAboveLimit, "not by one person alone")
	w.asOwner(t, `UPDATE adjustment_settings SET adjust_limit = 1000`)
	got, err = w.ResolveQuarantine(t.Context(), finance, item.ID, credit)
	require.NoError(t, err)
	require.Equal(t, w.people[1], w.status(t, got.CreditedTo, models.DepositCredited).Player)
	w.has(t, 1, 10_00, 0)

	// A payment for an intent may go to another player; the intent then fails.
	d = w.intent(t, 0, 3_00)
	item = w.kept(t, d, func(n *gateway.Notice) { n.Amount = 5_00 })
	_, err = w.ResolveQuarantine(t.Context(), finance, item.ID, credit)
	require.NoError(t, err)
	w.status(t, d.ID, models.DepositFailed)
	w.has(t, 1, 15_00, 0)

	item = w.kept(t, w.intent(t, 0, 3_00), func(n *gateway.Notice) { n.Asset = "doge" })
	_, err = w.ResolveQuarantine(t.Context(), finance, item.ID, credit)
	require.ErrorIs(t, err, cashier.ErrNotCreditable)
	_, err = w.ResolveQuarantine(t.Context(), finance, item.ID, cashier.Resolution{Act: cashier.ActDismiss, Reason: "worthless"})
	require.NoError(t, err)
	w.status(t, item.Deposit, models.DepositFailed)

	var acts int
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT count(*) FROM operation_log WHERE tenant_id = $1 AND action LIKE 'quarantine.%' AND reason <> ''
		AND request_id = 'req'`, []any{w.tenant}, &acts))
	require.Equal(t, 4, acts)
	w.clearing(t, asset, w.account, 22_00)
	w.clean(t)
}

func TestRefundsAreNeverDoubledNorLost(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	finance := w.operator(t, models.RoleFinance)
	d := w.intent(t, 0, 10_00)
	require.Equal(t, "credited", w.paid(t, paying(d, "tx-1")).Status)

	w.gate.failRefund = gateway.Refused("too old")
	_, err := w.RefundDeposit(t.Context(), finance, d.ID, "asked for")
	require.ErrorIs(t, err, cashier.ErrRefundRefused)
	w.has(t, 0, 10_00, 0)
	require.Equal(t, cashier.RefundRefused, w.status(t, d.ID, models.DepositCredited).Refund)

	w.gate.failRefund = gateway.ErrUnknown
	got, err := w.RefundDeposit(t.Context(), finance, d.ID, "asked for")
	require.NoError(t, err)
	require.Equal(t, []any{models.DepositCredited, cashier.RefundUnknown}, []any{got.Status, got.Refund})
	w.has(t, 0, 0, 0)

	w.gate.failRefund = nil
	for range 3 {
		got, err = w.RefundDeposit(t.Context(), finance, d.ID, "asked for")
		require.NoError(t, err)
		require.Equal(t, []any{models.DepositRefunded, cashier.RefundDone}, []any{got.Status, got.Refund})
	}
	require.Len(t, w.gate.refunds, 1)
	w.has(t, 0, 0, 0)
	w.clearing(t, asset, w.account, 0)
	_, err = w.RefundDeposit(t.Context(), w.operator(t, models.RoleReviewer), d.ID, "asked for")
	require.ErrorIs(t, err, operators.ErrForbidden)
	_, err = w.RefundDeposit(t.Context(), finance, w.intent(t, 0, 1_00).ID, "asked for")
	require.ErrorIs(t, err, cashier.ErrNotRefundable)

	// Out of quarantine: nothing was in the ledger, so nothing is taken.
	item := w.kept(t, w.intent(t, 0, 3_00), func(n *gateway.Notice) { n.Amount = 5_00 })
	w.gate.failRefund = gateway.ErrUnknown
	item, err = w.ResolveQuarantine(t.Context(), finance, item.ID, cashier.Resolution{Act: cashier.ActRefund, Reason: "too much"})
	require.NoError(t, err)
	require.Equal(t, []any{models.QuarantineRefunding, cashier.RefundUnknown}, []any{item.Status, item.Refund})
	_, err = w.ResolveQuarantine(t.Context(), finance, item.ID, cashier.Resolution{Act: cashier.ActCredit, Reason: "second thoughts"})
	require.ErrorIs(t, err, cashier.ErrAlreadyResolved, "it may be on its way back")
	w.gate.failRefund = nil
	item, err = w.ResolveQuarantine(t.Context(), finance, item.ID, cashier.Resolution{Act: cashier.ActRefund, Reason: "too much"})
	require.NoError(t, err)
	require.Equal(t, models.QuarantineRefunded, item.Status)
	w.status(t, item.Deposit, models.DepositRefunded)
	require.Len(t, w.gate.refunds, 2)
	w.clean(t)
}

func TestASpentDepositIsNotRefunded(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	d := w.intent(t, 0, 10_00)
	require.Equal(t, "credited", w.paid(t, paying(d, "tx-1")).Status)
	w.asOwner(t, `WITH r AS (SELECT * FROM ledger_apply($1, 'test.spend', 'x', ARRAY[ledger_account($1, $2, 'sbx', 'player', $3::bigint::text)],
		ARRAY[ledger_account($1, $2, 'sbx', 'pool', 'p')], ARRAY[1::bigint])) SELECT ledger_remember($1, 'test', 'x', '', r.o_transfer, '{"code": "ok"}') FROM r`,
		w.tenant, w.group, w.people[0])
	_, err := w.RefundDeposit(t.Context(), w.operator(t, models.RoleFinance), d.ID, "asked for")
	require.ErrorIs(t, err, cashier.ErrInsufficient)
	require.Empty(t, w.gate.refunds)
	w.clean(t)
}

func TestStarsBuyPoints(t *testing.T) {
	t.Parallel()
	w := newTill(t, 2)
	buy := func(i int) cashier.Deposit {
		d, err := w.CreateDeposit(t.Context(), cashier.DepositRequest{Tenant: w.tenant, Group: w.group, Player: w.people[i], Account: w.stars, Amount: 50, Key: secret.ID("k")})
		require.NoError(t, err)
		return d
	}
	d := buy(0)
	require.Equal(t, []any{"xtr", "points", int64(starsPoints)}, []any{d.Asset, d.CreditAsset, d.Credit})
	require.Contains(t, d.URL, d.ID)
	ok := cashier.StarsCheckout{Payload: d.ID, TelegramID: 1000, Amount: 50}
	require.NoError(t, w.CheckStars(t.Context(), w.tenant, ok))
	for want, edit := range map[error]func(*cashier.StarsCheckout){
		cashier.ErrDepositNotFound: func(s *cashier.StarsCheckout) { s.Payload = "dep_x" },
		cashier.ErrAmountMismatch:  func(s *cashier.StarsCheckout) { s.Amount = 49 },
		cashier.ErrOtherPayer:      func(s *cashier.StarsCheckout) { s.TelegramID = 1001 },
	} {
		bad := ok
		edit(&bad)
		require.ErrorIs(t, w.CheckStars(t.Context(), w.tenant, bad), want)
	}
	// The price changes between the intent and the payment: the intent keeps its own.
	require.NoError(t, w.PublishStars(t.Context(), w.operator(t, models.RoleOwner), []cashier.StarsPackage{{Stars: 50, Points: 1}}, "inflation"))
	pay := cashier.StarsPayment{Payload: d.ID, ChargeID: "charge-1", TelegramID: 1000, Amount: 50}
	for range 3 {
		require.NoError(t, w.ReceiveStars(t.Context(), w.tenant, pay))
	}
	w.status(t, d.ID, models.DepositCredited)
	w.points(t, 0, starsPoints)
	w.clearing(t, "points", "stars", starsPoints)
	require.ErrorIs(t, w.CheckStars(t.Context(), w.tenant, ok), cashier.ErrDepositClosed)

	// Paid twice, by somebody else, and for nothing that we know.
	pay.ChargeID = "charge-2"
	require.NoError(t, w.ReceiveStars(t.Context(), w.tenant, pay))
	other := buy(1)
	require.NoError(t, w.ReceiveStars(t.Context(), w.tenant, cashier.StarsPayment{Payload: other.ID, ChargeID: "charge-3", TelegramID: 1000, Amount: 50}))
	require.NoError(t, w.ReceiveStars(t.Context(), w.tenant, cashier.StarsPayment{Payload: "?", ChargeID: "charge-4", TelegramID: 1000, Amount: 7}))
	require.Len(t, w.items(t, models.QuarantineSecond), 1)
	require.Len(t, w.items(t, models.QuarantineOtherPayer), 1)
	require.Len(t, w.items(t, models.QuarantineUnknownIntent), 1)
	w.points(t, 1, 0)

	// Refunds are the bot's; the points are taken at once.
	finance := w.operator(t, models.RoleFinance)
	got, err := w.RefundDeposit(t.Context(), finance, d.ID, "asked for")
	require.NoError(t, err)
	require.Equal(t, cashier.RefundBegun, got.Refund)
	_, err = w.RefundDeposit(t.Context(), finance, d.ID, "the bot was away")
	require.NoError(t, err)
	w.points(t, 0, 0)
	var refund, charge string
	var payer, orders int64
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant, `SELECT payload->>'refund', payload->>'charge', (payload->>'telegram_id')::bigint, count(*) OVER ()
		FROM notifications WHERE tenant_id = $1 AND kind = 'stars.refund'`, []any{w.tenant}, &refund, &charge, &payer, &orders))
	require.Equal(t, []any{"charge-1", int64(1000), int64(1)}, []any{charge, payer, orders})
	waits := func(refund, charge string, payer int64) bool {
		open, err := w.StarsRefundOpen(t.Context(), w.tenant, refund, charge, payer)
		require.NoError(t, err)
		return open
	}
	require.Equal(t, []bool{true, false, false, false},
		[]bool{waits(refund, charge, payer), waits("rf_x", charge, payer), waits(refund, "charge-2", payer), waits(refund, charge, 1001)})
	require.NoError(t, w.StarsRefunded(t.Context(), w.tenant, refund, ""))
	require.False(t, waits(refund, charge, payer), "it has its answer")
	require.NoError(t, w.StarsRefunded(t.Context(), w.tenant, refund, "late repeat"))
	w.status(t, d.ID, models.DepositRefunded)
	w.points(t, 0, 0)
	require.ErrorIs(t, w.StarsRefunded(t.Context(), w.tenant, "rf_x", ""), cashier.ErrRefundNotFound)
	w.clearing(t, "points", "stars", 0)
	w.clean(t)
}
