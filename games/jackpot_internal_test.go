package games

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/fairness"
)

// TestEachUnitStakedWinsThePotAlike is a chi-square test with a fixed seed over who wins.
func TestEachUnitStakedWinsThePotAlike(t *testing.T) {
	t.Parallel()
	const rounds = 40_000
	for name, c := range map[string]struct {
		chance int64
		stakes []int64
	}{
		"seldom":    {chance: 1000, stakes: []int64{10, 90, 100, 50}},
		"always":    {chance: 2, stakes: []int64{10, 90, 100, 50}},
		"one alone": {chance: 50, stakes: []int64{5}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sum int64
			for _, s := range c.stakes {
				sum += s
			}
			of := max(c.chance, sum)
			got := make([]float64, len(c.stakes)+1)
			seed := fairness.Seed{1, 2, 3}
			for n := range uint64(rounds) {
				got[drawJackpot(seed, "client", n, c.chance, c.stakes)+1]++
			}
			want := []float64{float64(of-sum) * rounds / float64(of)}
			for _, s := range c.stakes {
				want = append(want, float64(s)*rounds/float64(of))
			}
			chi, df := 0.0, -1.0
			for i := range want {
				if want[i] == 0 {
					require.Zero(t, got[i])
					continue
				}
				chi += (got[i] - want[i]) * (got[i] - want[i]) / want[i]
				df++
			}
			require.Less(t, chi, df+3.3*math.Sqrt(2*df)+7)
		})
	}
	require.Equal(t, -1, drawJackpot(fairness.Seed{}, "", 0, 5, nil))
}

// TestContributionsLoseNothing: whatever the stakes are cut into, the share of their sum goes in, but for a rest of less than one unit.
func TestContributionsLoseNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stakes := rapid.SliceOf(rapid.Int64Range(0, math.MaxInt64/1000)).Draw(t, "stakes")
		bp := rapid.IntRange(1, 5000).Draw(t, "bp")
		var carry, one int64
		sum, in := new(big.Int), new(big.Int)
		for _, s := range stakes {
			one, carry = contribute(carry, s, bp)
			require.GreaterOrEqual(t, one, int64(0))
			require.Less(t, carry, int64(bpScale))
			sum.Add(sum, big.NewInt(s))
			in.Add(in, big.NewInt(one))
		}
		want := sum.Mul(sum, big.NewInt(int64(bp)))
		got := in.Mul(in, big.NewInt(bpScale))
		require.Zero(t, want.Cmp(got.Add(got, big.NewInt(carry))))
	})
}
