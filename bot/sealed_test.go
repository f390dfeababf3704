package bot

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/secret"
	"fairground/internal/telegram"
)

func TestWhatIsStoredOfAPrivateMessageTellsNothing(t *testing.T) {
	t.Parallel()
	box, err := secret.New(strings.Repeat("s", secret.MinLength))
	require.NoError(t, err)
	one := &tenantBot{deps: Deps{Box: box}, id: 7}
	raw := json.RawMessage(`{"update_id":3,"message":{"message_id":1,"date":1,"chat":{"id":5,"type":"private"},"text":"482915"}}`)
	u, err := telegram.DecodeUpdate(raw)
	require.NoError(t, err)
	require.True(t, u.Private())
	stored, err := one.seal(u)
	require.NoError(t, err)
	require.NotContains(t, string(stored), "482915")
	require.NotContains(t, string(stored), "message")
	opened, err := one.unseal(3, stored)
	require.NoError(t, err)
	require.JSONEq(t, string(raw), string(opened))
	_, err = one.unseal(4, stored)
	require.Error(t, err, "another update's")
	plain := json.RawMessage(`{"update_id":3}`)
	opened, err = one.unseal(3, plain)
	require.NoError(t, err)
	require.Equal(t, plain, opened)
}

func TestAmountsInUnits(t *testing.T) {
	t.Parallel()
	require.Equal(t, "1,234.50", units(123450, 2))
	require.Equal(t, "-0.05", units(-5, 2))
	require.Equal(t, "7", units(7, 0))
	require.Equal(t, "0.00000001", units(1, 8))
	for text, want := range map[string]int64{"12": 1200, "12.5": 1250, "1,000.25": 100025, " 0.01 ": 1} {
		got, err := parseUnits(text, 2)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "0", "-1", "1.234", "abc", "1.2.3", ".5", "99999999999999999999", "1e3"} {
		_, err := parseUnits(text, 2)
		require.ErrorIs(t, err, errAmount, text)
	}
	require.True(t, secretLike("482915"))
	require.False(t, secretLike("hello1"))
}
