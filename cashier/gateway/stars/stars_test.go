package stars_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier/gateway"
	"fairground/cashier/gateway/gatewaytest"
	"fairground/cashier/gateway/stars"
	"fairground/internal/clock"
)

func open(t *testing.T) gateway.Gateway {
	t.Helper()
	g, err := stars.New(gateway.Settings{Values: map[string]string{"bot_username": "@fair_bot"}, Clock: clock.System()})
	require.NoError(t, err)
	return g
}

func TestConformance(t *testing.T) {
	t.Parallel()
	gatewaytest.Run(t, gatewaytest.Subject{
		Asset: func(int) string { return stars.Asset }, Destination: "nobody",
		Open: func(*testing.T, string) gatewaytest.Server {
			return gatewaytest.Server{Gateway: func(t *testing.T, _ string) gateway.Gateway { t.Helper(); return open(t) }}
		},
	})
}

func TestLink(t *testing.T) {
	t.Parallel()
	g := open(t)
	made, err := g.CreateDeposit(t.Context(), gateway.DepositRequest{Intent: "dep_1", Asset: stars.Asset, Amount: 50})
	require.NoError(t, err)
	require.Equal(t, "https://t.me/fair_bot?start=pay_dep_1", made.URL)
	for _, bad := range []gateway.DepositRequest{
		{Intent: "dep_1", Amount: 0},
		{Intent: "dep_1", Amount: 50, Scale: 2},
		{Intent: "dep 1", Amount: 50},
		{Intent: "", Amount: 50},
		{Intent: strings.Repeat("d", 61), Amount: 50},
	} {
		_, err := g.CreateDeposit(t.Context(), bad)
		require.ErrorIs(t, err, gateway.ErrRefused)
	}
	_, err = stars.New(gateway.Settings{Values: map[string]string{"bot_username": "a/b"}, Clock: clock.System()})
	require.ErrorIs(t, err, gateway.ErrSettings)
}
