package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/api/gen"
	operatorgen "fairground/api/operator/gen"
	"fairground/models"
)

// TestWithdrawalIsReviewedAndPaid follows a withdrawal by API alone: two different people approve
// it, a person pays it by hand, and the player sees every step.
func TestWithdrawalIsReviewedAndPaid(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	o := b.office(t, b.tenant)
	gw := o.open(t)
	o.fund(t, b.bob, gw.Gateway, 10_000)
	address := o.address(t, b.bob, gw.Gateway)
	w := o.withdraw(t, b.bob, address.Address, 2500)
	require.Equal(t, gen.WithdrawalStatusRequested, w.Status)
	require.NotContains(t, w.Destination, "1234", "masked")
	mine := "/v1/groups/" + b.group.PublicID + "/withdrawals/" + w.Withdrawal
	b.do(t, request{method: "GET", path: mine, as: &b.ada}).refused(http.StatusNotFound, "cashier.withdrawal_not_found")
	wallet := o.wallet(t)
	require.Equal(t, int64(7500), wallet[sandboxMoney].Spendable.Amount)
	require.Equal(t, int64(2500), wallet[sandboxMoney].Held.Amount)
	_, err := b.cashier.Begin(t.Context(), b.tenant.ID, w.Withdrawal)
	require.NoError(t, err)

	review := "withdrawals/" + w.Withdrawal
	decide := func(role models.Role, version int32, verdict string) answer {
		return o.as(t, role, "POST", review+"/decisions", fmt.Sprintf(`{"version":%d,"verdict":%q}`, version, verdict))
	}
	seen := o.seen(t, w.Withdrawal)
	require.Equal(t, operatorgen.WithdrawalStatusInitialReview, seen.Status)
	o.as(t, models.RoleReviewer, "POST", review+"/claim", "").ok(http.StatusOK, nil)
	decide(models.RoleSeniorReviewer, seen.Version, "approve").refused(http.StatusConflict, "cashier.claimed")
	decide(models.RoleReviewer, seen.Version+1, "approve").refused(http.StatusConflict, "cashier.stale")
	decide(models.RoleFinance, seen.Version, "approve").refused(http.StatusForbidden, "operators.forbidden")
	var decided operatorgen.Decided
	decide(models.RoleReviewer, seen.Version, "approve").ok(http.StatusOK, &decided)
	require.True(t, decided.Applied)
	require.Equal(t, operatorgen.WithdrawalStatusSecondaryReview, decided.Withdrawal.Status)
	decide(models.RoleReviewer, decided.Withdrawal.Version, "approve").refused(http.StatusForbidden, "operators.forbidden")
	o.as(t, models.RoleReviewer, "POST", review+"/resolutions", `{"version":1,"verdict":"pay_confirmed","gateway_ref":"x","reason":"paid by me"}`).
		refused(http.StatusForbidden, "operators.forbidden")

	var shown gen.Withdrawal
	b.do(t, request{method: "GET", path: mine, as: &b.bob}).ok(http.StatusOK, &shown)
	require.Equal(t, gen.Done, shown.Steps[1].State)
	require.Equal(t, gen.Current, shown.Steps[2].State)
	require.NotNil(t, shown.DueAt)

	// While the workflows are away a decision is stored, and the relay will bring it.
	b.flows.away = true
	seen = o.seen(t, w.Withdrawal)
	decide(models.RoleSeniorReviewer, seen.Version, "approve").ok(http.StatusAccepted, &decided)
	require.False(t, decided.Applied)
	b.flows.away = false
	_, err = b.cashier.Apply(t.Context(), b.tenant.ID, w.Withdrawal, decided.Decision)
	require.NoError(t, err)
	b.do(t, request{method: "POST", path: mine + "/cancel", as: &b.ada}).refused(http.StatusNotFound, "cashier.withdrawal_not_found")
	_, err = b.cashier.SubmitPayout(t.Context(), b.tenant.ID, w.Withdrawal)
	require.NoError(t, err)
	b.do(t, request{method: "POST", path: mine + "/cancel", as: &b.bob}).refused(http.StatusConflict, "cashier.too_late")

	seen = o.seen(t, w.Withdrawal)
	resolve := fmt.Sprintf(`{"version":%d,"verdict":"pay_confirmed","gateway_ref":"BANK-17","reason":"seen on the statement"}`, seen.Version)
	o.as(t, models.RoleFinance, "POST", review+"/resolutions", resolve).ok(http.StatusOK, &decided)
	require.Equal(t, operatorgen.WithdrawalStatusPaid, decided.Withdrawal.Status)
	b.do(t, request{method: "GET", path: mine, as: &b.bob}).ok(http.StatusOK, &shown)
	require.Equal(t, gen.WithdrawalStatusPaid, shown.Status)
	require.Equal(t, int64(0), o.wallet(t)[sandboxMoney].Held.Amount)

	var line operatorgen.Timeline
	o.as(t, models.RoleAnalyst, "GET", review+"/timeline", "").ok(http.StatusOK, &line)
	require.Equal(t, "http://temporal.test/namespaces/fair/workflows/withdrawal:"+w.Withdrawal, *line.TemporalUrl)
	require.GreaterOrEqual(t, len(line.Events), 5)
	o.as(t, models.RoleFinance, "POST", review+"/resume", "").refused(http.StatusConflict, "cashier.wrong_stage")
	require.Len(t, b.flows.decided, 2)
	b.auditClean(t)
}

// TestWithdrawalIsTakenBack gives the money back at once, and lists say where it stands.
func TestWithdrawalIsTakenBack(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	o := b.office(t, b.tenant)
	gw := o.open(t)
	o.fund(t, b.bob, gw.Gateway, 10_000)
	address := o.address(t, b.bob, gw.Gateway)
	group := "/v1/groups/" + b.group.PublicID
	ask := func(amount int, code string) answer {
		return b.do(t, request{
			method: "POST", path: group + "/withdrawals", as: &b.bob, key: "same",
			body: fmt.Sprintf(`{"asset":"sbx","amount":%d,"address":%q,"code":%q}`, amount, address.Address, code),
		})
	}
	ask(500, "999999").refused(http.StatusUnprocessableEntity, "players.wrong_code")
	ask(50, pin).refused(http.StatusUnprocessableEntity, "cashier.amount_too_low")
	ask(1_000_000, pin).refused(http.StatusUnprocessableEntity, "ledger.insufficient_funds")
	var w, again gen.Withdrawal
	ask(500, pin).ok(http.StatusCreated, &w)
	ask(500, pin).ok(http.StatusCreated, &again)
	require.Equal(t, w.Withdrawal, again.Withdrawal, "once for a key")
	ask(500, "000111").ok(http.StatusCreated, &again)
	require.Equal(t, w.Withdrawal, again.Withdrawal, "a code that is used up proves nothing any more, and need not")
	ask(600, pin).refused(http.StatusConflict, "ledger.key_reused")
	other := o.withdraw(t, b.bob, address.Address, 700)

	var page operatorgen.WithdrawalPage
	o.as(t, models.RoleSupport, "GET", "withdrawals?tab=initial&sort=-amount&limit=1&player="+b.bob.PublicID, "").ok(http.StatusOK, &page)
	require.Len(t, page.Withdrawals, 1)
	require.Equal(t, other.Withdrawal, page.Withdrawals[0].Withdrawal)
	require.Equal(t, int64(2), page.Tabs[0].Count)
	require.NotNil(t, page.NextCursor)
	o.as(t, models.RoleSupport, "GET", "withdrawals?tab=initial&sort=-amount&limit=1&cursor="+*page.NextCursor, "").ok(http.StatusOK, &page)
	require.Equal(t, w.Withdrawal, page.Withdrawals[0].Withdrawal)

	b.do(t, request{method: "POST", path: group + "/withdrawals/" + w.Withdrawal + "/cancel", as: &b.bob}).ok(http.StatusOK, &again)
	require.Equal(t, gen.WithdrawalStatusCancelled, again.Status)
	require.Equal(t, int64(700), o.wallet(t)[sandboxMoney].Held.Amount)
	o.as(t, models.RoleOwner, "POST", "withdrawals/"+other.Withdrawal+"/resume", "").ok(http.StatusAccepted, nil)
	var log operatorgen.LogPage
	o.as(t, models.RoleOwner, "GET", "log?action=withdrawal.resume", "").ok(http.StatusOK, &log)
	require.Len(t, log.Entries, 1)
	var report operatorgen.AuditReport
	o.as(t, models.RoleFinance, "POST", "audit", "").ok(http.StatusOK, &report)
	require.Greater(t, len(report.Checks), 8)
	b.auditClean(t)
}

// TestHooksTakeNothingUnsigned refuses callbacks that nobody signed.
func TestHooksTakeNothingUnsigned(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	o := b.office(t, b.tenant)
	var gw operatorgen.Gateway
	o.as(t, models.RoleOwner, "POST", "gateways", `{"kind":"webhook","title":"Processor","assets":["sbx"],"reason":"a contract",
		"values":{"base_url":"https://processor.example","secret":"a shared secret of 32 letters ok"}}`).ok(http.StatusCreated, &gw)
	var list operatorgen.GatewayList
	a := o.as(t, models.RoleAnalyst, "GET", "gateways", "")
	a.ok(http.StatusOK, &list)
	require.NotContains(t, a.text, "a shared secret")
	hook := func(path, body string) answer { return b.do(t, request{method: "POST", path: path, body: body}) }
	hook(gw.Hook, `{}`).refused(http.StatusUnauthorized, "hooks.forged")
	hook("/v1/hooks/payments/gw_aaaaaaaaaaaaaaaa", `{}`).refused(http.StatusNotFound, "hooks.account_not_found")
	hook("/v1/hooks/kyc/kyc_aaaaaaaaaaaaaaaa", `{}`).refused(http.StatusNotFound, "hooks.account_not_found")
	var check operatorgen.KYCAccount
	o.as(t, models.RoleOwner, "PUT", "kyc", `{"provider":"sandbox","enabled":true,"reason":"for a trial","values":{"url":"https://check.example","secret":"a shared secret of the identity sandbox"}}`).
		ok(http.StatusOK, &check)
	hook(check.Hook, `{}`).refused(http.StatusUnauthorized, "hooks.forged")
	hook(gw.Hook, string(make([]byte, 300<<10))).refused(http.StatusRequestEntityTooLarge, "api.body_too_large")
	require.NotContains(t, b.logs.String(), "a shared secret")
}

// seen is a withdrawal as operators see it.
func (o *office) seen(t *testing.T, id string) operatorgen.Withdrawal {
	t.Helper()
	var w operatorgen.Withdrawal
	o.as(t, models.RoleAnalyst, "GET", "withdrawals/"+id, "").ok(http.StatusOK, &w)
	return w
}

// wallet is Bob's, by asset.
func (o *office) wallet(t *testing.T) map[string]gen.WalletBalance {
	t.Helper()
	var w gen.Wallet
	o.do(t, request{method: "GET", path: "/v1/groups/" + o.group.PublicID + "/wallet", as: &o.bob}).ok(http.StatusOK, &w)
	out := map[string]gen.WalletBalance{}
	for _, b := range w.Balances {
		out[b.Spendable.Asset] = b
	}
	return out
}
