package gatewaytest

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier/gateway"
)

// Subject is a kind of gateway with a server that it can talk to.
type Subject struct {
	// Open starts a fresh server that sends its callbacks to the address.
	Open func(t *testing.T, callback string) Server
	// Asset names an asset of the scale, 0 to 8.
	Asset func(scale int) string
	// Destination takes payouts; Refused is one that the server definitely refuses.
	Destination, Refused string
	// Secrets must appear in no error.
	Secrets []string
	// ForgetsNothing says that a key nobody sent is reported as ErrNotFound; else it is PayoutUnknown.
	ForgetsNothing bool
	// RefusesRepeats says that the server refuses a second invoice of an intent or gives the same one.
	RefusesRepeats bool
}

// Server is the other side of one test.
type Server struct {
	Handler http.Handler // nil for a kind that calls nobody
	// Gateway makes the gateway for the address under which the suite serves Handler.
	Gateway func(t *testing.T, base string) gateway.Gateway
	// Sent lists the payouts that really left, once for each time.
	Sent func() []gateway.Entry
	// Pay pays an invoice in full.
	Pay func(t *testing.T, ref string)
	// Callback makes a genuine callback of a paid deposit, signed at the moment.
	Callback func(t *testing.T, at time.Time) (http.Header, []byte)
}

// Run is the suite. What a kind does not do must answer ErrUnsupported.
func Run(t *testing.T, s Subject) {
	t.Helper()
	info := open(t, s).gateway.Info()
	cases := []struct {
		name string
		can  bool
		run  func(*testing.T, Subject)
	}{
		{"info", true, testInfo},
		{"unsupported", true, testUnsupported},
		{"payouts/once", info.Payouts && !info.Manual, testOnce},
		{"payouts/lost answer", info.Payouts && !info.Manual, testLostAnswer},
		{"payouts/doubt", info.Payouts && !info.Manual, testDoubt},
		{"payouts/refused", info.Payouts && !info.Manual, testRefused},
		{"payouts/exact amounts", info.Payouts && !info.Manual, testExactPayouts},
		{"payouts/by hand", info.Manual, testManual},
		{"status", info.Payouts && !info.Manual, testStatus},
		{"deposits", info.Deposits && info.Webhooks, testDeposits},
		{"deposits/exact amounts", info.Deposits && info.Webhooks, testExactDeposits},
		{"deposits/doubt", info.Deposits && info.Webhooks, testDepositDoubt},
		{"callbacks", info.Webhooks, testCallbacks},
		{"callbacks/repeats", info.Webhooks, testRepeats},
		{"statement", info.Statements, testStatement},
		{"refunds", info.Refunds, testRefunds},
	}
	for _, c := range cases {
		if !c.can {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, s)
		})
	}
}

func testInfo(t *testing.T, s Subject) {
	t.Helper()
	b := open(t, s)
	info := b.gateway.Info()
	require.NotEmpty(t, info.Kind)
	require.NotEmpty(t, info.Title)
	require.False(t, info.Manual && !info.Payouts, "a person can only make payouts that there are")
	if len(info.Assets) > 0 {
		info.Assets[0] = "changed"
		require.NotEqual(t, "changed", b.gateway.Info().Assets[0], "nobody may change a gateway through its Info")
	}
}

func testUnsupported(t *testing.T, s Subject) {
	t.Helper()
	b := open(t, s)
	info, ctx := b.gateway.Info(), t.Context()
	if !info.Deposits {
		_, err := b.gateway.CreateDeposit(ctx, b.deposit("dep_none", 100, 2))
		b.is(err, gateway.ErrUnsupported)
	}
	if !info.Payouts {
		_, err := b.gateway.Payout(ctx, b.payout("w_none", 100, 2))
		b.is(err, gateway.ErrUnsupported)
		_, err = b.gateway.PayoutStatus(ctx, "w_none")
		b.is(err, gateway.ErrUnsupported)
	}
	if !info.Refunds {
		b.is(b.gateway.Refund(ctx, gateway.RefundRequest{Tx: "tx", Key: "rf", Amount: 1}), gateway.ErrUnsupported)
	}
	if !info.Statements {
		_, err := b.gateway.Statement(ctx, time.Time{}, epoch(), "")
		b.is(err, gateway.ErrUnsupported)
	}
	if !info.Webhooks {
		_, err := b.gateway.ParseWebhook(http.Header{}, []byte("{}"), epoch())
		b.is(err, gateway.ErrUnsupported)
	}
}

func testManual(t *testing.T, s Subject) {
	t.Helper()
	b := open(t, s)
	result, err := b.gateway.Payout(t.Context(), b.payout("w_1", 100, 2))
	require.NoError(t, err)
	require.Equal(t, gateway.PayoutResult{State: gateway.PayoutManual}, result)
	result, err = b.gateway.PayoutStatus(t.Context(), "w_1")
	require.NoError(t, err)
	require.Equal(t, gateway.PayoutManual, result.State, "what a person did is never guessed")
}
