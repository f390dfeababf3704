package slots

import (
	"encoding/json"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// anyMachine draws a small machine.
func anyMachine(t *rapid.T) config {
	reels := rapid.IntRange(3, 4).Draw(t, "reels")
	some := []string{"cherry", "lemon", "wild", "gift"}
	numbers := func(name string, most int64) []int64 {
		return rapid.SliceOfN(rapid.Int64Range(0, most), reels, reels).Draw(t, name)
	}
	c := config{
		MinStake: 1, MaxStake: 1000, Wild: rapid.SampledFrom([]string{"", "wild"}).Draw(t, "wild"), Scatter: rapid.SampledFrom([]string{"", "gift"}).Draw(t, "scatter"),
		ScatterPays: numbers("scatter pays", 200), MaxWin: rapid.Int64Range(100, 1000).Draw(t, "max win"),
		Pays: map[string][]int64{"cherry": numbers("cherry", 300), "lemon": numbers("lemon", 700)},
		FreeSpins: freeSpins{
			Given: numbers("given", 2), Multiplier: rapid.Int64Range(1, 3).Draw(t, "multiplier"), Most: rapid.Int64Range(0, 4).Draw(t, "most"),
			Retrigger: rapid.Bool().Draw(t, "retrigger"),
		},
	}
	if c.Wild != "" && rapid.Bool().Draw(t, "wild pays") {
		c.Pays["wild"] = numbers("wilds", 900)
	}
	for range reels {
		c.Strips = append(c.Strips, rapid.SliceOfN(rapid.SampledFrom(some), 3, 6).Draw(t, "strip"))
	}
	for range rapid.IntRange(1, 3).Draw(t, "lines") {
		c.Lines = append(c.Lines, rapid.SliceOfN(rapid.IntRange(0, 2), reels, reels).Draw(t, "line"))
	}
	return c
}

// TestEnumerationEqualsGoingThroughEveryStop walks all stops of small machines the plain way, free spin by free spin.
func TestEnumerationEqualsGoingThroughEveryStop(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := anyMachine(t)
		m := newMachine(c)
		r := rules{config: c, machine: m}
		r.facts = r.enumerate(nil)
		total := r.combinations()
		type seen struct {
			first, free int64
			scatters    int
		}
		var all []seen
		stops, best := make([]int, len(m.strips)), int64(0)
		for n := range total {
			for reel, strip := range m.strips {
				stops[reel] = int(n % int64(len(strip)))
				n /= int64(len(strip))
			}
			amount, scatters := m.spin(stops)
			all = append(all, seen{m.bounded(amount, false), m.bounded(amount, true), scatters})
			best = max(best, m.bounded(amount, false))
		}
		require.Equal(t, best, r.facts.bestSpin)
		ways := make([]int64, len(m.strips)+1)
		for _, s := range all {
			ways[s.scatters]++
		}
		require.Equal(t, ways, r.facts.ways)
		// expected is what is still to come, in sums over all, after some free spins of those given.
		mean := new(big.Rat)
		for _, s := range all {
			mean.Add(mean, big.NewRat(s.free, total))
		}
		var expected func(played, given int64) *big.Rat
		expected = func(played, given int64) *big.Rat {
			sum := new(big.Rat)
			if played == given {
				return sum
			}
			for scatters, n := range ways {
				later := expected(played+1, m.more(given, scatters, true))
				sum.Add(sum, later.Mul(later, big.NewRat(n, total)))
			}
			return sum.Add(sum, mean)
		}
		want := new(big.Rat)
		for _, s := range all {
			want.Add(want, big.NewRat(s.first, total))
		}
		for scatters, n := range ways {
			bonus := expected(0, m.more(0, scatters, false))
			want.Add(want, bonus.Mul(bonus, big.NewRat(n, total)))
		}
		want.Mul(want, big.NewRat(1_000_000, m.perStake()))
		ppm, over := r.returns()
		require.Equal(t, new(big.Int).Quo(want.Num(), want.Denom()).Int64(), ppm)
		require.Equal(t, want.Cmp(big.NewRat(1_000_000, 1)) > 0, over)
	})
}

func machineOf(t *testing.T, change func(c *config)) (config, json.RawMessage) {
	t.Helper()
	var c config
	require.NoError(t, json.Unmarshal(embedded("default.json"), &c))
	change(&c)
	raw, err := json.Marshal(c)
	require.NoError(t, err)
	return c, raw
}

func TestLines(t *testing.T) {
	t.Parallel()
	c, _ := machineOf(t, func(c *config) {
		c.Strips = [][]string{{"cherry", "wild", "gift"}, {"cherry", "wild", "lemon"}, {"cherry", "lemon", "gift"}}
		c.Lines = [][]int{{0, 0, 0}}
		c.Pays = map[string][]int64{"cherry": {0, 200, 500}, "lemon": {0, 0, 900}, "wild": {10, 2000, 50000}}
		c.Scatter, c.ScatterPays = "gift", []int64{1, 2, 3}
	})
	m := newMachine(c)
	for _, one := range []struct {
		stops    []int
		pays     int64
		scatters int
	}{
		{[]int{0, 0, 0}, 500 + 2, 2},          // three cherries; all windows show all three symbols of a strip
		{[]int{0, 0, 1}, 200 + 2, 2},          // two cherries, then a lemon
		{[]int{0, 1, 0}, 500 + 2, 2},          // the wild is a cherry
		{[]int{1, 1, 0}, 2000 + 2, 2},         // two wilds pay more than three cherries
		{[]int{1, 2, 1}, 900 + 2, 2},          // the wild is a lemon
		{[]int{1, 0, 1}, max(200, 10) + 2, 2}, // wild and cherry
		{[]int{2, 0, 0}, 2, 2},                // the scatter begins no line
		{[]int{1, 1, 2}, 2000 + 2, 2},         // the scatter ends a line, which pays its wilds
		{[]int{0, 2, 0}, 2, 2},                // a cherry alone
	} {
		pays, scatters := m.spin(one.stops)
		require.Equal(t, one.pays, pays, "%v", one.stops)
		require.Equal(t, one.scatters, scatters)
	}
}

func TestAMachineTooLargeToCountIsSimulated(t *testing.T) {
	t.Parallel()
	long := []string{}
	for range 16 {
		long = append(long, "cherry", "lemon", "seven", "bell")
	}
	_, raw := machineOf(t, func(c *config) {
		c.Strips = [][]string{long, long, long, long, long}
		c.Lines = [][]int{{1, 1, 1, 1, 1}}
		c.Pays = map[string][]int64{"seven": {0, 0, 0, 1000, 20000}, "bell": {0, 0, 100, 200, 300}}
		c.ScatterPays, c.FreeSpins.Given = make([]int64, 5), make([]int64, 5)
	})
	parsed, err := New().Parse(raw)
	require.NoError(t, err)
	_, counted := parsed.(interface{ Returns() })
	require.False(t, counted)
	r, ok := parsed.(rules)
	require.True(t, ok, "it has no Returns")
	require.EqualValues(t, 10000, r.best(), "the bound of a spin")
	sample, err := r.Sample()
	require.NoError(t, err)
	require.Equal(t, []string{"spin"}, sample.Choices)
}
