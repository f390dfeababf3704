package bot_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/internal/gatewaysim"
	"fairground/models"
)

const gatewaySecret = "a gateway's secret for tests"

// processor is a payment processor with an account of the tenant.
func (w *till) processor() (*gatewaysim.Sim, cashier.Account) {
	w.t.Helper()
	sim, err := gatewaysim.New(gatewaysim.Config{Secret: gatewaySecret})
	require.NoError(w.t, err)
	server := httptest.NewServer(sim.Handler())
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); sim.Deliver(ctx) }()
	w.t.Cleanup(func() {
		stop()
		<-done
		server.Close()
		require.NoError(w.t, sim.Close())
	})
	account, err := w.deps.Cashier.SeedAccount(w.t.Context(), w.tenant.ID, cashier.NewAccount{
		Kind: "webhook", Title: "Sandbox", Assets: []string{"sbx"}, Values: map[string]string{"base_url": server.URL + "/v1", "secret": gatewaySecret},
	})
	require.NoError(w.t, err)
	return sim, account
}

func TestATopUpThroughAGatewayFollowsItsPayment(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	sim, account := w.processor()
	ada := w.people[0]
	ways := w.askPrivately(ada, "/topup", "How do you want to top up")
	w.pressed(ada, ways, "Sandbox · SBX", "Send the amount")
	card := w.askPrivately(ada, "20.50", "Waiting for your payment")
	require.NotNil(t, card.ReplyMarkup)
	pay := card.ReplyMarkup.Rows[0][0]
	require.Equal(t, "Pay 20.50 SBX", pay.Text)
	require.Regexp(t, `^http://127\.0\.0\.1:\d+/pay/\S+$`, pay.URL)
	page, err := w.deps.Cashier.PlayerDeposits(t.Context(), w.tenant.ID, 0, w.player(0).ID, cashier.Page{})
	require.NoError(t, err)
	require.Len(t, page.Deposits, 1)
	intent := page.Deposits[0]
	require.EqualValues(t, 20_50, intent.Amount)

	payment, err := sim.Pay(gatewaysim.PayInput{Intent: intent.ID})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		state, err := w.deps.Cashier.ConfirmDeposit(t.Context(), w.tenant.ID, account.ID, payment.Tx)
		if err != nil || !state.Confirmed {
			return false
		}
		_, err = w.deps.Cashier.CreditDeposit(t.Context(), w.tenant.ID, account.ID, payment.Tx)
		return err == nil
	}, patience, 200*time.Millisecond)
	d, err := w.deps.Cashier.Deposit(t.Context(), w.tenant.ID, intent.ID)
	require.NoError(t, err)
	require.Equal(t, models.DepositCredited, d.Status)
	require.EqualValues(t, 20_50, w.money(0))
	done := w.shows(w.reading(ada), card.MessageID, "Credited")
	require.True(t, done.ReplyMarkup == nil || len(done.ReplyMarkup.Rows) == 0, "nothing is left to pay")
}
