package manual_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier/gateway"
	"fairground/cashier/gateway/gatewaytest"
	"fairground/cashier/gateway/manual"
	"fairground/internal/clock"
)

func open(t *testing.T, values map[string]string) gateway.Gateway {
	t.Helper()
	g, err := manual.New(gateway.Settings{Values: values, Clock: clock.System()})
	require.NoError(t, err)
	return g
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, instructions := range []string{"", "Send {amount} with the reference {intent}."} {
		values := map[string]string{"instructions": instructions, "assets": "usd"}
		gatewaytest.Run(t, gatewaytest.Subject{
			Asset: func(int) string { return "usd" }, Destination: "acct",
			Open: func(*testing.T, string) gatewaytest.Server {
				return gatewaytest.Server{Gateway: func(t *testing.T, _ string) gateway.Gateway { t.Helper(); return open(t, values) }}
			},
		})
	}
}

func TestInstructions(t *testing.T) {
	t.Parallel()
	g := open(t, map[string]string{"instructions": "Send {amount} with the reference {intent}."})
	made, err := g.CreateDeposit(t.Context(), gateway.DepositRequest{Intent: "dep_1", Asset: "usd", Amount: 1250, Scale: 2})
	require.NoError(t, err)
	require.Equal(t, gateway.Instruction{Ref: "dep_1", Memo: "Send 12.50 USD with the reference dep_1."}, made)
}
