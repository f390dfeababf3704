package crash_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/fairness"
	"fairground/games/crash"
	"fairground/games/game"
)

func live(t require.TestingT, edge, most, growth int64) game.Live {
	r, err := crash.New().Parse(fmt.Appendf(nil, `{"window_seconds":20,"min_stake":1,"max_stake":1000000000000,"max_bets":0,"max_exposure":0,"edge_bp":%d,"max_multiplier":%d,"growth_ppm":%d}`, edge, most, growth))
	require.NoError(t, err)
	l, ok := r.(game.Live)
	require.True(t, ok)
	return l
}

type point struct {
	Crash int64
	Shown string
}

func drawn(t require.TestingT, r game.Rules, nonce uint64) (game.Outcome, point) {
	out, err := r.Draw(game.Opening{}, fairness.NewStream(fairness.Seed{9}, "crash", nonce))
	require.NoError(t, err)
	var p point
	require.NoError(t, json.Unmarshal(out.Data, &p))
	return out, p
}

func multiplier(t require.TestingT, r game.Live, out game.Outcome, at int64) (now int64, over bool) {
	raw, err := r.Shown(game.Opening{}, out, at)
	require.NoError(t, err)
	var s struct {
		Multiplier int64
		Over       bool
	}
	require.NoError(t, json.Unmarshal(raw, &s))
	return s.Multiplier, s.Over
}

func TestTheRunEndsWhereTheCurveReachesTheCrashPoint(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := live(t, 100, rapid.Int64Range(200, 100_000).Draw(t, "most"), rapid.Int64Range(2000, 50_000).Draw(t, "growth"))
		out, p := drawn(t, r, rapid.Uint64().Draw(t, "nonce"))
		require.Positive(t, out.LiveMS)
		last, over := multiplier(t, r, out, out.LiveMS-1)
		require.False(t, over)
		if p.Crash > 100 {
			require.Less(t, last, p.Crash, "before the end the crash point isn't reached")
		}
		now, over := multiplier(t, r, out, out.LiveMS)
		require.True(t, over)
		require.Equal(t, p.Crash, now)
		at := rapid.Int64Range(0, out.LiveMS-1).Draw(t, "at")
		before, _ := multiplier(t, r, out, at)
		later, _ := multiplier(t, r, out, rapid.Int64Range(at, out.LiveMS-1).Draw(t, "later"))
		require.LessOrEqual(t, before, later, "the curve never falls")
		require.GreaterOrEqual(t, before, int64(100))
	})
}

func TestTheCurveIsThePublishedOne(t *testing.T) {
	t.Parallel()
	r := live(t, 0, 100_000, 6000)
	var high game.Outcome
	for n := uint64(0); ; n++ {
		if out, p := drawn(t, r, n); p.Crash > 3000 {
			high = out
			break
		}
	}
	for at, want := range map[int64]int64{0: 100, 100: 100, 165: 100, 166: 100, 167: 101, 1000: 106, 11_600: 200, 11_700: 201, 50_000: 1990} {
		now, over := multiplier(t, r, high, at)
		require.False(t, over)
		require.Equal(t, want, now, "at %d ms", at)
	}
}

func TestWhatABetGets(t *testing.T) {
	t.Parallel()
	r := live(t, 0, 1000, 6000)
	out := game.Outcome{Data: json.RawMessage(`{"crash":250}`)}
	bet := func(choice string) []game.Bet { return []game.Bet{{Seq: 1, Choice: choice, Stake: 333}} }
	for _, c := range []struct {
		choice string
		acts   []game.Act
		want   int64
	}{
		{"auto.250", nil, 832},
		{"auto.251", nil, 0},
		{"auto.101", nil, 336},
		{"manual", nil, 0},
		{"manual", []game.Act{{Seq: 1, Choice: "cash_out", AtMS: 11_600}}, 666},
		{"auto.240", []game.Act{{Seq: 1, Choice: "cash_out", AtMS: 1000}}, 352},
		{"auto.900", []game.Act{{Seq: 1, Choice: "cash_out", AtMS: 1}}, 333},
	} {
		payouts, err := r.Settle(game.Opening{}, out, bet(c.choice), c.acts)
		require.NoError(t, err)
		if c.want == 0 {
			require.Empty(t, payouts)
			continue
		}
		require.Equal(t, []game.Payout{{Seq: 1, Amount: c.want}}, payouts, "%+v", c)
	}
	capped, err := r.Settle(game.Opening{}, game.Outcome{Data: json.RawMessage(`{"crash":1000}`)}, bet("manual"), nil)
	require.NoError(t, err)
	require.Equal(t, []game.Payout{{Seq: 1, Amount: 3330}}, capped, "at the cap everybody is paid")
	for _, acts := range [][]game.Act{
		{{Seq: 1, Choice: "cash_out", AtMS: 0}},      // before the first millisecond
		{{Seq: 1, Choice: "cash_out", AtMS: 15_400}}, // after the crash
		{{Seq: 1, Choice: "hold", AtMS: 5}},
		{{Seq: 1, Slot: 1, Choice: "cash_out", AtMS: 5}},
		{{Seq: 1, Choice: "cash_out", AtMS: 5}, {Seq: 1, Choice: "cash_out", AtMS: 6}},
	} {
		_, err := r.Settle(game.Opening{}, out, bet("manual"), acts)
		require.Error(t, err, "%+v", acts)
	}
	_, err = r.Settle(game.Opening{}, out, bet("auto.200"), []game.Act{{Seq: 1, Choice: "cash_out", AtMS: 11_700}})
	require.Error(t, err, "its target was reached before")
}

func TestChoices(t *testing.T) {
	t.Parallel()
	r := live(t, 300, 1000, 6000)
	for choice, most := range map[string]int64{"manual": 1000, "auto.101": 101, "auto.1000": 1000, "auto.777": 777} {
		got, err := r.CheckBet(game.Opening{}, game.Bet{Choice: choice, Stake: 100})
		require.NoError(t, err)
		require.Equal(t, most, got)
	}
	for _, choice := range []string{"", "auto", "auto.", "auto.100", "auto.1001", "auto.0200", "auto.+200", "auto.-1", "auto.2.00", "Manual", "200"} {
		_, err := r.CheckBet(game.Opening{}, game.Bet{Choice: choice, Stake: 100})
		var e *game.Error
		require.ErrorAs(t, err, &e, choice)
		require.Equal(t, game.CodeInvalidChoice, e.Code)
	}
}

func TestReturnsAreExact(t *testing.T) {
	t.Parallel()
	r, ok := live(t, 300, 10_000, 6000).(game.Enumerable)
	require.True(t, ok)
	best := int64(0)
	for _, ret := range r.Returns() {
		require.True(t, ret.Exact)
		require.Equal(t, ret.Low, ret.High)
		require.InDelta(t, 970_000, ret.Low, 1, ret.Choice)
		best = max(best, ret.High)
	}
	require.EqualValues(t, 970_000, best)
}

// TestNoTargetBeatsTheEdge goes through every target there is: chance x pay never passes 1 - edge.
func TestNoTargetBeatsTheEdge(t *testing.T) {
	t.Parallel()
	const word = int64(1) << 32
	for target := int64(101); target <= 100_000; target++ {
		require.LessOrEqual(t, (100*word/target)*target, 100*word)
	}
}
