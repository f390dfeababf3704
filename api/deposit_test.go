package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/api/gen"
	operatorgen "fairground/api/operator/gen"
	"fairground/internal/gatewaysim"
	"fairground/models"
)

const simSecret = "a shared secret of the sandbox"

// sandbox is a processor that calls back, with its account in the office's tenant.
func (o *office) sandbox(t *testing.T) (gw operatorgen.Gateway, sim string) {
	t.Helper()
	s, err := gatewaysim.New(gatewaysim.Config{Secret: simSecret})
	require.NoError(t, err)
	processor, server := httptest.NewServer(s.Handler()), httptest.NewServer(o.http)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Deliver(ctx) }()
	t.Cleanup(func() {
		stop()
		<-done
		processor.Close()
		server.Close()
		require.NoError(t, s.Close())
	})
	o.as(t, models.RoleOwner, "POST", "gateways", fmt.Sprintf(`{"kind":"webhook","title":"Sandbox","assets":["sbx"],"reason":"a contract",
		"values":{"base_url":%q,"secret":%q}}`, processor.URL+"/v1", simSecret)).ok(http.StatusCreated, &gw)
	post(t, processor.URL+"/sim/hooks", fmt.Sprintf(`{"v1":%q}`, server.URL+gw.Hook))
	return gw, processor.URL
}

func post(t *testing.T, url, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Less(t, res.StatusCode, 300, url)
}

// TestDeposit tops up through the sandbox: the right amount is credited once, another one waits
// for an operator.
func TestDeposit(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	o := b.office(t, b.tenant)
	o.open(t)
	gw, sim := o.sandbox(t)
	path := "/v1/groups/" + b.group.PublicID + "/deposits"
	begin := func(key string, amount int) gen.Deposit {
		var d gen.Deposit
		b.do(t, request{
			method: "POST", path: path, as: &b.bob, key: key, body: fmt.Sprintf(`{"gateway":%q,"asset":"sbx","amount":%d}`, gw.Gateway, amount),
		}).ok(http.StatusCreated, &d)
		return d
	}
	paid := func(d gen.Deposit, act string) operatorgen.Deposit {
		post(t, sim+"/sim/pay", fmt.Sprintf(`{"intent":%q,"act":%q}`, d.Deposit, act))
		var seen operatorgen.Deposit
		require.Eventually(t, func() bool {
			o.as(t, models.RoleAnalyst, "GET", "deposits/"+d.Deposit, "").ok(http.StatusOK, &seen)
			return seen.Payment != nil
		}, 30*time.Second, 20*time.Millisecond)
		_, err := b.cashier.ConfirmDeposit(t.Context(), b.tenant.ID, gw.Gateway, *seen.Payment)
		require.NoError(t, err)
		for range 2 { // once
			_, err = b.cashier.CreditDeposit(t.Context(), b.tenant.ID, gw.Gateway, *seen.Payment)
			require.NoError(t, err)
		}
		return seen
	}
	d := begin("a", 2500)
	require.Equal(t, d.Deposit, begin("a", 2500).Deposit, "once for a key")
	require.NotNil(t, d.Url)
	paid(d, "pay")
	var shown gen.Deposit
	b.do(t, request{method: "GET", path: path + "/" + d.Deposit, as: &b.bob}).ok(http.StatusOK, &shown)
	require.Equal(t, gen.DepositStatusCredited, shown.Status)
	b.do(t, request{method: "GET", path: path + "/" + d.Deposit, as: &b.ada}).refused(http.StatusNotFound, "cashier.deposit_not_found")
	require.Equal(t, int64(2500), o.wallet(t)[sandboxMoney].Spendable.Amount)
	var line operatorgen.Timeline
	o.as(t, models.RoleAnalyst, "GET", "deposits/"+d.Deposit+"/timeline", "").ok(http.StatusOK, &line)
	require.Contains(t, *line.TemporalUrl, "/workflows/deposit:"+gw.Gateway)

	paid(begin("b", 1000), "less")
	require.Equal(t, int64(2500), o.wallet(t)[sandboxMoney].Spendable.Amount)
	var held operatorgen.QuarantinePage
	o.as(t, models.RoleFinance, "GET", "quarantine?status=open", "").ok(http.StatusOK, &held)
	require.Len(t, held.Items, 1)
	item := held.Items[0]
	require.Equal(t, "underpaid", item.Why)
	o.as(t, models.RoleFinance, "POST", "quarantine/"+item.Item+"/resolve", `{"act":"credit","reason":"the fee was the processor's"}`).ok(http.StatusOK, nil)
	require.Equal(t, 2500+item.Amount.Amount, o.wallet(t)[sandboxMoney].Spendable.Amount)
	var report operatorgen.AuditReport
	o.as(t, models.RoleFinance, "POST", "audit", "").ok(http.StatusOK, &report)
	require.True(t, report.Ok, "%+v", report)
	b.auditClean(t)
}
