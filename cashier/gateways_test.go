package cashier_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier"
	"fairground/cashier/gateway"
	"fairground/internal/clock"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"base_url": "https://processor.example", "secret": "a-shared-secret-0123456789", "token": "12345:AAtokenOfTheApp",
		"bot_username": "fair_bot",
	}
	for name, kind := range cashier.Kinds() {
		require.NotEmpty(t, kind.Title, name)
		seen := map[string]bool{}
		for _, f := range kind.Fields() {
			require.NotEmpty(t, f.Title, f.Name)
			require.False(t, seen[f.Name], f.Name)
			seen[f.Name] = true
			require.Equal(t, f.Name == "secret" || f.Name == "token", f.Secret, f.Name)
		}
		made, err := kind.New(gateway.Settings{Values: values, Clock: clock.System()})
		require.NoError(t, err, name)
		require.Equal(t, name, made.Info().Kind)
		_, err = kind.New(gateway.Settings{Values: values})
		require.ErrorIs(t, err, gateway.ErrSettings, "a gateway needs a clock")
	}
}
