package fairness_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/fairness"
)

type vector struct {
	Name       string
	ServerSeed string `json:"server_seed"`
	Commit     string
	Round      string
	Entries    []fairness.Entry
	ClientSeed string `json:"client_seed"`
	Nonce      uint64
	FirstWords []uint32 `json:"first_words"`
	Draws      []struct {
		Bits  int
		N     string
		Value string
		Words int
	}
}

func TestKnownAnswers(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var vectors []vector
	require.NoError(t, json.Unmarshal(raw, &vectors))
	require.NotEmpty(t, vectors)
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			seed, err := fairness.ParseSeed(v.ServerSeed)
			require.NoError(t, err)
			commit := seed.Commit()
			require.Equal(t, v.Commit, hex.EncodeToString(commit[:]))
			require.Equal(t, v.ClientSeed, fairness.ClientSeed(v.Round, v.Entries))
			words := fairness.NewStream(seed, v.ClientSeed, v.Nonce)
			for i, want := range v.FirstWords {
				require.Equal(t, want, words.Uint32(), "word %d", i)
			}
			require.Equal(t, len(v.FirstWords), words.Words())
			checkDraws(t, fairness.NewStream(seed, v.ClientSeed, v.Nonce), v)
		})
	}
}

func checkDraws(t *testing.T, words *fairness.Stream, v vector) {
	t.Helper()
	for i, d := range v.Draws {
		n, err := strconv.ParseInt(d.N, 10, 64)
		require.NoError(t, err)
		got := int64(0)
		if d.Bits == 32 {
			got = int64(words.Intn(uint32(n)))
		} else {
			got = words.Int64n(n)
		}
		require.Equal(t, d.Value, strconv.FormatInt(got, 10), "draw %d", i)
		require.Equal(t, d.Words, words.Words(), "draw %d", i)
	}
}
