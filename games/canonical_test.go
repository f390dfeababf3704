package games_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/games/game"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{ "b":1, "a":[true,false,null,-0] }`:      `{"a":[true,false,null,0],"b":1}`,
		`{"a":{"d":1,"c":2},"B":0,"":3}`:           `{"":3,"B":0,"a":{"c":2,"d":1}}`,
		`"\u003c\u0026\u2028é\u0007\n\"\\/"`:       "\"<&\u2028é\\u0007\\n\\\"\\\\/\"",
		`{"\ufb33":1,"\ud83d\ude00":2}`:            "{\"\U0001F600\":2,\"\ufb33\":1}", // by UTF-16, where the emoji is smaller
		`[9007199254740991,-9007199254740991]`:     `[9007199254740991,-9007199254740991]`,
		`{"sum.10":1,"sum.9":2,"sum.11":3,"su":4}`: `{"su":4,"sum.10":1,"sum.11":3,"sum.9":2}`,
	} {
		got, err := games.Canonical(json.RawMessage(in))
		require.NoError(t, err, in)
		require.Equal(t, want, string(got))
		again, err := games.Canonical(json.RawMessage(got))
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
	for _, bad := range []string{`1.5`, `1e3`, `9007199254740992`, `-9007199254740992`, `99999999999999999999`, `{`, ``, `{"a":0.0}`} {
		_, err := games.Canonical(json.RawMessage(bad))
		require.ErrorIs(t, err, games.ErrNotCanonical, bad)
	}
	_, err := games.Canonical(func() {})
	require.ErrorIs(t, err, games.ErrNotCanonical)
}

func TestSettlementHash(t *testing.T) {
	t.Parallel()
	// printf '%s' '{"outcome":{"data":{"sum":4}},"payouts":[{"amount":5,"seq":1}],"round":"r_x"}' | sha256sum
	got, err := games.SettlementHash("r_x", game.Outcome{Data: json.RawMessage(`{"sum":4}`)}, []game.Payout{{Seq: 1, Amount: 5}})
	require.NoError(t, err)
	require.Equal(t, "097dc21f8442c36375200b097b1461b80aac08994e34cf598add6984f962e6d0", got)
	// printf '%s' '{"outcome":{"data":null},"payouts":[],"round":"r_x"}' | sha256sum
	none, err := games.SettlementHash("r_x", game.Outcome{}, nil)
	require.NoError(t, err)
	require.Equal(t, "2589694e6b284377b7575959149eba3bb0248fb3245595bb88c519ce10d24e3c", none)
	empty, err := games.SettlementHash("r_x", game.Outcome{}, []game.Payout{})
	require.NoError(t, err)
	require.Equal(t, none, empty)
}
