package gateway_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/cashier/gateway"
)

func TestAmountsAreExact(t *testing.T) {
	t.Parallel()
	require.Equal(t, "0.05", gateway.FormatAmount(5, 2))
	require.Equal(t, "-12.34", gateway.FormatAmount(-1234, 2))
	require.Equal(t, "-92233720368.54775808", gateway.FormatAmount(math.MinInt64, 8))
	require.Equal(t, "7", gateway.FormatAmount(7, 0))
	rapid.Check(t, func(t *rapid.T) {
		amount, scale := rapid.Int64Range(0, math.MaxInt64).Draw(t, "amount"), rapid.IntRange(0, gateway.MaxScale).Draw(t, "scale")
		got, places, err := gateway.ParseAmount(gateway.FormatAmount(amount, scale), scale)
		require.NoError(t, err)
		require.Equal(t, []any{amount, scale}, []any{got, places})
	})
}

func TestParseAmountKeepsWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]int64{
		"1.5": {150, 2}, "1.500000": {150, 2}, "1.505": {1505, 3}, "0": {0, 2}, "007": {700, 2}, "0.1234": {1234, 4},
	} {
		amount, scale, err := gateway.ParseAmount(text, 2)
		require.NoError(t, err, text)
		require.Equal(t, want, [2]int64{amount, int64(scale)}, text)
	}
	for _, bad := range []string{"", ".", "1.", ".1", "-1", "+1", "1e2", "1_0", "٣", "92233720368547758.08", "0." + "1234567890123456789"} {
		_, _, err := gateway.ParseAmount(bad, 2)
		require.ErrorIs(t, err, gateway.ErrMalformed, bad)
	}
}

func TestRescale(t *testing.T) {
	t.Parallel()
	amount, ok := gateway.Rescale(1500, 3, 2)
	require.True(t, ok)
	require.Equal(t, int64(150), amount)
	for _, c := range [][3]int64{{1505, 3, 2}, {math.MaxInt64, 2, 3}, {math.MinInt64, 0, 1}, {1, -1, 2}, {1, 2, 99}} {
		_, ok := gateway.Rescale(c[0], int(c[1]), int(c[2]))
		require.False(t, ok, "%v", c)
	}
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64().Draw(t, "amount")
		from, to := rapid.IntRange(0, 9).Draw(t, "from"), rapid.IntRange(0, 9).Draw(t, "to")
		if there, ok := gateway.Rescale(amount, from, to); ok {
			back, ok := gateway.Rescale(there, to, from)
			require.True(t, ok)
			require.Equal(t, amount, back)
		}
	})
}

func TestErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	caller := gateway.NewCaller(nil)
	for _, address := range []string{"http://127.0.0.1:1/bot-secret-token/x", "http://secret-token.invalid/", "::secret-token"} {
		_, err := caller.Do(t.Context(), gateway.Call{Method: "POST", URL: address})
		require.ErrorIs(t, err, gateway.ErrUnknown)
		require.NotContains(t, err.Error(), "secret-token")
	}
	require.ErrorIs(t, gateway.CheckURL("base_url", "https://user:secret@host"), gateway.ErrSettings)
}
