package cashier_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/internal/gatewaysim"
	"fairground/models"
)

const (
	simSecret   = "a-secret-of-the-sandbox-0123456789"
	simPatience = 30 * time.Second
)

// TestTheRealKindsAgainstTheSandbox pays deposits at the sandbox through the real protocols, with callbacks that come twice, in
// the wrong order and about wrong amounts, and compares its statement with the ledger.
func TestTheRealKindsAgainstTheSandbox(t *testing.T) {
	t.Parallel()
	for kind, values := range map[string]map[string]string{
		"webhook":   {"base_url": "/v1", "secret": simSecret},
		"cryptopay": {"base_url": "/cryptopay", "token": gatewaysim.Token(simSecret), "assets": "sbx:2"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			door := &door{}
			public := httptest.NewServer(door)
			t.Cleanup(public.Close)
			w := newTillAt(t, 1, public.URL)
			door.open(w)
			front := sandbox(t, gatewaysim.Faults{Duplicate: 40, Reorder: 40, WrongAmount: 20, Seed: 3})
			values["base_url"] = front + values["base_url"]
			account, err := w.SeedAccount(t.Context(), w.tenant, cashier.NewAccount{Kind: kind, Title: "Real", Assets: []string{asset}, Values: values})
			require.NoError(t, err)
			w.account = account.ID
			post(t, front+"/sim/hooks", `{"cryptopay": "`+public.URL+`/v1/hooks/payments/`+account.ID+`"}`)

			var ids []string
			for i := range 10 {
				d := w.intent(t, 0, int64(i+1)*1_00)
				ids = append(ids, d.ID)
				post(t, front+"/sim/pay", `{"intent": "`+d.ID+`"}`)
			}
			require.Eventually(t, func() bool { return w.allSettled(t, ids) }, simPatience, 50*time.Millisecond)
			w.balanced(t)
			check, err := w.GatewayAudit(t.Context(), w.tenant, w.account, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
			require.NoError(t, err)
			require.True(t, check.OK(), "%s", check.Rows)
			require.EqualValues(t, 10, check.Checked)
			w.refundOne(t, ids, kind == "webhook")
			w.clean(t)
		})
	}
}

// refundOne sends a credited deposit back, where the kind can.
func (w *till) refundOne(t *testing.T, ids []string, can bool) {
	t.Helper()
	for _, id := range ids {
		d, err := w.Deposit(t.Context(), w.tenant, id)
		require.NoError(t, err)
		if d.Status != models.DepositCredited {
			continue
		}
		d, err = w.RefundDeposit(t.Context(), w.operator(t, models.RoleFinance), id, "asked for")
		if !can {
			require.ErrorIs(t, err, cashier.ErrRefundUnsupported)
			return
		}
		require.NoError(t, err)
		require.Equal(t, models.DepositRefunded, d.Status)
		check, err := w.GatewayAudit(t.Context(), w.tenant, w.account, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
		require.NoError(t, err)
		require.True(t, check.OK(), "%s", check.Rows)
		require.EqualValues(t, 11, check.Checked)
		return
	}
	t.Fatal("nothing was credited")
}

// allSettled credits what is confirmed and says whether every deposit has its end.
func (w *till) allSettled(t *testing.T, ids []string) bool {
	t.Helper()
	for _, id := range ids {
		d, err := w.Deposit(t.Context(), w.tenant, id)
		require.NoError(t, err)
		if d.Tx != "" && d.Status == models.DepositConfirming {
			w.settle(t, d.Tx)
		}
		if d.Status != models.DepositCredited && d.Status != models.DepositQuarantined {
			return false
		}
	}
	return true
}

// door answers callbacks as the API does, once the till behind it stands.
type door struct {
	mu   sync.Mutex
	till *till
}

func (d *door) open(w *till) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.till = w
}

func (d *door) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	till := d.till
	d.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err == nil && till != nil {
		err = till.ReceiveWebhook(r.Context(), path.Base(r.URL.Path), r.Header, body)
	}
	if err != nil || till == nil {
		rw.WriteHeader(http.StatusServiceUnavailable)
	}
}

// sandbox runs a sandbox processor until the test ends and gives its address.
func sandbox(t *testing.T, faults gatewaysim.Faults) string {
	t.Helper()
	sim, err := gatewaysim.New(gatewaysim.Config{Secret: simSecret})
	require.NoError(t, err)
	require.NoError(t, sim.SetFaults(faults))
	front := httptest.NewServer(sim.Handler())
	done := make(chan struct{})
	go func() {
		defer close(done)
		sim.Deliver(t.Context())
	}()
	t.Cleanup(func() {
		front.Close()
		<-done
		require.NoError(t, sim.Close())
	})
	return front.URL
}

func post(t *testing.T, address, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Less(t, response.StatusCode, 300, "%s: %s", address, text)
}
