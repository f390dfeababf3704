package cashier_test

import (
	"context"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/internal/postgres"
	"fairground/ledger"
	"fairground/ledger/ledgertest"
	"fairground/models"
	"fairground/operators"
)

func TestAnAdjustmentTakesTwoPeople(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	in := d.ask(50)
	made, err := d.RequestAdjustment(ctx, d.support, in)
	require.NoError(t, err)
	require.Equal(t, cashier.AdjustmentPending, made.Status)
	require.False(t, made.Alone)
	require.Equal(t, d.support.OperatorID, made.RequestedBy)
	again, err := d.RequestAdjustment(ctx, d.support, in)
	require.NoError(t, err)
	require.Equal(t, made, again)
	in.Amount = 51
	_, err = d.RequestAdjustment(ctx, d.support, in)
	require.ErrorIs(t, err, cashier.ErrKeyReused)
	d.has(t, 0, 100)

	for who, want := range map[*operators.Authority]error{&d.support: operators.ErrForbidden, &d.analyst: operators.ErrForbidden, {}: operators.ErrUnauthenticated} {
		a := *who
		a.Tenant = d.tenant
		_, err := d.ApproveAdjustment(ctx, a, made.ID, "fine")
		require.ErrorIs(t, err, want)
	}
	done, err := d.ApproveAdjustment(ctx, d.finance, made.ID, "seen the round")
	require.NoError(t, err)
	require.Equal(t, cashier.AdjustmentPosted, done.Status)
	require.Equal(t, d.finance.OperatorID, done.ApprovedBy)
	require.Positive(t, done.Transfer)
	d.has(t, 0, 150)
	done2, err := d.ApproveAdjustment(ctx, d.finance, made.ID, "seen the round")
	require.NoError(t, err)
	require.Equal(t, done, done2)
	_, err = d.ApproveAdjustment(ctx, d.second, made.ID, "me too")
	require.ErrorIs(t, err, cashier.ErrAlreadyDecided)
	_, err = d.RejectAdjustment(ctx, d.second, made.ID, "no")
	require.ErrorIs(t, err, cashier.ErrAlreadyDecided)

	// Finance may ask too, and nobody approves their own, an owner neither.
	for _, who := range []operators.Authority{d.finance, d.owner} {
		own, err := d.RequestAdjustment(ctx, who, d.ask(10))
		require.NoError(t, err)
		_, err = d.ApproveAdjustment(ctx, who, own.ID, "mine")
		require.ErrorIs(t, err, cashier.ErrSamePerson)
		rejected, err := d.RejectAdjustment(ctx, who, own.ID, "a mistake")
		require.NoError(t, err)
		require.Equal(t, cashier.AdjustmentRejected, rejected.Status)
	}
	_, err = d.ApproveAdjustment(ctx, d.finance, "adj_none", "x")
	require.ErrorIs(t, err, cashier.ErrAdjustmentNotFound)
	_, err = d.RequestAdjustment(ctx, d.analyst, d.ask(1))
	require.ErrorIs(t, err, operators.ErrForbidden)
	log, err := d.ops.Log(ctx, d.owner, operators.LogFilter{Subject: made.ID})
	require.NoError(t, err)
	require.Len(t, log.Entries, 2)
	require.Equal(t, "adjustment.approve", log.Entries[0].Action)
	require.Equal(t, "req-finance", log.Entries[0].RequestID)
	d.has(t, 0, 150)
	ledgertest.Clean(t, d.db)
}

func TestApprovalsOfOneAdjustmentPostOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made, err := d.RequestAdjustment(t.Context(), d.support, d.ask(7))
	require.NoError(t, err)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			who := []operators.Authority{d.finance, d.second, d.owner}[i%3]
			_, _ = d.ApproveAdjustment(t.Context(), who, made.ID, "fine")
		})
	}
	wg.Wait()
	d.has(t, 0, 107)
	in := d.ask(3)
	require.NoError(t, d.SetAdjustLimit(t.Context(), d.owner, ledger.Points, 3, "small ones"))
	for range 8 {
		wg.Go(func() { _, _ = d.RequestAdjustment(t.Context(), d.support, in) })
	}
	wg.Wait()
	d.has(t, 0, 110)
	ledgertest.Clean(t, d.db)
}

func TestTheLimitOfOnePerson(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	require.ErrorIs(t, d.SetAdjustLimit(ctx, d.finance, ledger.Points, 20, "x"), operators.ErrForbidden)
	require.ErrorIs(t, d.SetAdjustLimit(ctx, d.owner, "gold", 20, "x"), cashier.ErrUnknownAsset)
	require.NoError(t, d.SetAdjustLimit(ctx, d.owner, ledger.Points, 20, "small compensations"))
	limits, err := d.AdjustLimits(ctx, d.support)
	require.NoError(t, err)
	require.Equal(t, []cashier.AdjustLimit{{Asset: ledger.Points, Limit: 20}}, limits)

	one, err := d.RequestAdjustment(ctx, d.support, d.ask(15))
	require.NoError(t, err)
	require.True(t, one.Alone)
	require.Equal(t, cashier.AdjustmentPosted, one.Status)
	d.has(t, 0, 115)
	rest, err := d.RequestAdjustment(ctx, d.support, d.ask(6))
	require.NoError(t, err)
	require.Equal(t, cashier.AdjustmentPending, rest.Status, "15 and 6 are more than one may move alone in a day")
	two, err := d.RequestAdjustment(ctx, d.support, d.ask(-5))
	require.NoError(t, err)
	require.Equal(t, cashier.AdjustmentPosted, two.Status)
	d.has(t, 0, 110)
	d.stepDown(t)
	_, err = d.RequestAdjustment(ctx, d.finance, d.ask(1))
	require.ErrorIs(t, err, operators.ErrStepUpRequired, "posting at once")
	_, err = d.RequestAdjustment(ctx, d.finance, d.ask(21))
	require.NoError(t, err, "asking moves nothing")
	_, err = d.ApproveAdjustment(ctx, d.finance, rest.ID, "fine")
	require.ErrorIs(t, err, operators.ErrStepUpRequired)
	huge, err := d.RequestAdjustment(ctx, d.finance, d.ask(-math.MaxInt64))
	require.NoError(t, err)
	require.Equal(t, cashier.AdjustmentPending, huge.Status)
	ledgertest.Clean(t, d.db)
}

func TestAnAdjustmentNeverTakesABalanceBelowZero(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	made, err := d.RequestAdjustment(ctx, d.support, d.ask(-101))
	require.NoError(t, err)
	_, err = d.ApproveAdjustment(ctx, d.finance, made.ID, "fine")
	require.ErrorIs(t, err, ledger.ErrInsufficientFunds)
	var told *models.Error
	require.ErrorAs(t, err, &told)
	require.EqualValues(t, 100, told.Data["balance"])
	got, err := d.Adjustment(ctx, d.finance, made.ID)
	require.NoError(t, err)
	require.Equal(t, cashier.AdjustmentPending, got.Status)
	_, err = d.ledger.Grant(ctx, ledger.GrantRequest{Tenant: d.tenant, Group: d.group, Player: d.players[0], Amount: 1, Key: "one more", Kind: "welcome"})
	require.NoError(t, err)
	_, err = d.ApproveAdjustment(ctx, d.finance, made.ID, "fine")
	require.NoError(t, err)
	d.has(t, 0, 0)
	for field, in := range map[string]cashier.AdjustmentRequest{
		"amount":      {ReasonCode: "X", Reason: "x", Key: "k"},
		"reason_code": {Amount: 1, Reason: "x", Key: "k"},
		"reason":      {Amount: 1, ReasonCode: "X", Key: "k", Reason: strings.Repeat("x", 501)},
		"key":         {Amount: 1, ReasonCode: "X", Reason: "x"},
	} {
		_, err := d.RequestAdjustment(ctx, d.support, in)
		require.ErrorAs(t, err, &told)
		require.Equal(t, field, told.Field)
	}
	in := d.ask(1)
	in.Player = 999999
	_, err = d.RequestAdjustment(ctx, d.support, in)
	require.ErrorIs(t, err, cashier.ErrNoAccount)
	ledgertest.Clean(t, d.db)
}

func TestARequestExpiresAndNobodyPaysThemselves(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	made, err := d.RequestAdjustment(ctx, d.support, d.ask(5))
	require.NoError(t, err)
	require.NoError(t, d.asOwner(t, `UPDATE adjustments SET expires_at = clock_timestamp()`))
	page, err := d.Adjustments(ctx, d.analyst, cashier.AdjustmentFilter{Status: cashier.AdjustmentExpired})
	require.NoError(t, err)
	require.Len(t, page.Adjustments, 1)
	_, err = d.ApproveAdjustment(ctx, d.finance, made.ID, "late")
	require.ErrorIs(t, err, cashier.ErrAdjustmentExpired)
	_, err = d.ApproveAdjustment(ctx, d.finance, made.ID, "late")
	require.ErrorIs(t, err, cashier.ErrAlreadyDecided)

	// Finance is player 0 in Telegram.
	code, err := d.ops.LinkCode(ctx, d.finance)
	require.NoError(t, err)
	_, err = d.ops.LinkTelegram(ctx, d.tenant, 1, code)
	require.NoError(t, err)
	_, err = d.RequestAdjustment(ctx, d.finance, d.ask(5))
	require.ErrorIs(t, err, cashier.ErrOwnAccount)
	made, err = d.RequestAdjustment(ctx, d.support, d.ask(5))
	require.NoError(t, err)
	_, err = d.ApproveAdjustment(ctx, d.finance, made.ID, "for me")
	require.ErrorIs(t, err, cashier.ErrOwnAccount)
	first, err := d.Adjustments(ctx, d.analyst, cashier.AdjustmentFilter{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, made.ID, first.Adjustments[0].ID)
	next, err := d.Adjustments(ctx, d.analyst, cashier.AdjustmentFilter{Limit: 1, Cursor: first.Next})
	require.NoError(t, err)
	require.Len(t, next.Adjustments, 1)
	require.Empty(t, next.Next)
	_, err = d.Adjustments(ctx, operators.Authority{}, cashier.AdjustmentFilter{})
	require.ErrorIs(t, err, operators.ErrUnauthenticated)
	ledgertest.Clean(t, d.db)
}

func TestAReversalTakesTwoPeople(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	moved, err := d.ledger.Post(ctx, ledger.Posting{
		Tenant: d.tenant, Group: d.group, Asset: ledger.Points, Scope: "test", Key: "k", Kind: "transfer", Ref: "test",
		Moves: []ledger.Move{{From: ledger.Player(d.players[0]), To: ledger.Player(d.players[1]), Amount: 30}},
	})
	require.NoError(t, err)
	_, err = d.Reverse(ctx, d.support, moved.Transfer, "mistake")
	require.ErrorIs(t, err, operators.ErrForbidden)
	_, err = d.Reverse(ctx, d.finance, moved.Transfer+1000, "mistake")
	require.ErrorIs(t, err, cashier.ErrTransferNotFound)
	made, err := d.Reverse(ctx, d.finance, moved.Transfer, "mistake")
	require.NoError(t, err)
	require.Equal(t, cashier.AdjustmentPending, made.Status)
	require.EqualValues(t, 30, made.Amount)
	again, err := d.Reverse(ctx, d.finance, moved.Transfer, "mistake")
	require.NoError(t, err)
	require.Equal(t, made.ID, again.ID)
	_, err = d.Reverse(ctx, d.second, moved.Transfer, "mistake")
	require.ErrorIs(t, err, cashier.ErrReversalWaiting)
	_, err = d.ApproveAdjustment(ctx, d.finance, made.ID, "mine")
	require.ErrorIs(t, err, cashier.ErrSamePerson)
	d.has(t, 0, 70)
	done, err := d.ApproveAdjustment(ctx, d.second, made.ID, "right")
	require.NoError(t, err)
	require.Positive(t, done.Transfer)
	d.has(t, 0, 100)
	d.has(t, 1, 100)
	_, err = d.Reverse(ctx, d.second, moved.Transfer, "mistake")
	require.ErrorIs(t, err, cashier.ErrAlreadyReversed)
	_, err = d.Reverse(ctx, d.second, done.Transfer, "mistake")
	require.ErrorIs(t, err, cashier.ErrNotReversible)
	ledgertest.Clean(t, d.db)
}

func TestTheApplicationRoleMovesNothingByItself(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	app := func(sql string, args ...any) string {
		return postgres.Code(d.db.DB.InTenant(t.Context(), d.tenant, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, sql, args...)
			return err
		}))
	}
	for _, table := range []string{"adjustments", "adjustment_settings", "incidents", "incident_events"} {
		for _, sql := range []string{"INSERT INTO " + table + " DEFAULT VALUES", "UPDATE " + table + " SET tenant_id = tenant_id", "DELETE FROM " + table} {
			require.Equal(t, "42501", app(sql), sql)
		}
	}
	require.Equal(t, "42501", app(`SELECT ledger_reverse($1, 1, 'x', '', 'x')`, d.tenant))
	require.Equal(t, "42883", app(`SELECT api_ledger_reverse($1::bigint, 1::bigint, 'x'::text, ''::bytea, 'x'::text)`, d.tenant), "it is gone")
	made, err := d.RequestAdjustment(t.Context(), d.finance, d.ask(5))
	require.NoError(t, err)
	var code string
	require.NoError(t, d.db.DB.Call(t.Context(), d.tenant, `SELECT api_adjustment_decide($1, 'session', $2, $3, true, 'x', '')->>'code'`,
		[]any{d.tenant, d.finance.Proof, made.ID}, &code))
	require.Equal(t, "cashier.same_person", code)
	// Not even the owner of the database writes one person twice.
	err = d.asOwner(t, `UPDATE adjustments SET approved_by = requested_by`)
	require.Equal(t, "23514", postgres.Code(err))
	err = d.asOwner(t, `UPDATE adjustments SET status = 'posted', transfer_id = 1`)
	require.Equal(t, "23514", postgres.Code(err))
	ledgertest.Clean(t, d.db)
}
