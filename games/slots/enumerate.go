package slots

import (
	"math/big"

	"fairground/games/game"
)

// facts are what going through all stops tells. Amounts are hundredths of a line's stake.
type facts struct {
	bestSpin, bestFree int64   // the most that one spin can pay
	sumSpin, sumFree   big.Int // over all combinations of stops
	ways               []int64 // combinations in which so many reels show the scatter, from 0
}

// walker goes through the stops, reel by reel.
type walker struct {
	*machine
	facts *facts
	visit func(amount, ways int64) // sees every amount of a first spin; nil for nobody
	runs  [][]run                  // by reel, then by line
	// shown[i][k] are the ways in which k of the reels from i on show the scatter.
	shown [][]int64
}

// combinations is how many there are of all stops; a number beyond enumerable where there are too many to count.
func (m *machine) combinations() int64 {
	all := int64(1)
	for _, strip := range m.strips {
		if all *= int64(len(strip)); all > enumerable {
			return all
		}
	}
	return all
}

// enumerate goes through all stops. Where every line has ended, the reels to the right are not walked: only their scatters
// still count.
func (m *machine) enumerate(visit func(amount, ways int64)) *facts {
	reels := len(m.strips)
	w := walker{machine: m, facts: &facts{ways: make([]int64, reels+1)}, visit: visit, runs: make([][]run, reels+1), shown: make([][]int64, reels+1)}
	for i := range w.runs {
		w.runs[i] = make([]run, len(m.lines))
	}
	for i := range w.runs[0] {
		w.runs[0][i] = run{symbol: none}
	}
	w.shown[reels] = []int64{1}
	for reel := reels - 1; reel >= 0; reel-- {
		with := int64(0)
		for stop := range m.strips[reel] {
			if m.scatters(reel, stop) {
				with++
			}
		}
		w.shown[reel] = make([]int64, reels-reel+1)
		for k, ways := range w.shown[reel+1] {
			w.shown[reel][k] += ways * (int64(len(m.strips[reel])) - with)
			w.shown[reel][k+1] += ways * with
		}
	}
	w.walk(0, 0)
	return w.facts
}

func (w *walker) walk(reel, scatters int) {
	amount, over := int64(0), true
	for _, r := range w.runs[reel] {
		amount += w.paid(r)
		over = over && r.over
	}
	if over || reel == len(w.strips) {
		for k, ways := range w.shown[reel] {
			if ways > 0 {
				w.count(amount+w.scatterPays[scatters+k], scatters+k, ways)
			}
		}
		return
	}
	for stop := range w.strips[reel] {
		for i, r := range w.runs[reel] {
			w.runs[reel+1][i] = w.next(r, w.shows(reel, stop, w.lines[i][reel]))
		}
		seen := scatters
		if w.scatters(reel, stop) {
			seen++
		}
		w.walk(reel+1, seen)
	}
}

func (w *walker) count(amount int64, scatters int, ways int64) {
	f := w.facts
	first, free := w.bounded(amount, false), w.bounded(amount, true)
	f.bestSpin, f.bestFree = max(f.bestSpin, first), max(f.bestFree, free)
	f.ways[scatters] += ways
	// A bound is below 2^36 and there are fewer than 2^26 ways: a product fits.
	f.sumSpin.Add(&f.sumSpin, big.NewInt(first*ways))
	f.sumFree.Add(&f.sumFree, big.NewInt(free*ways))
	if w.visit != nil {
		w.visit(first, ways)
	}
}

// bounds are what can be said without going through the stops: no spin pays more than its bound, or than the best of every line.
func (m *machine) bounds() *facts {
	best := int64(0)
	for _, pays := range m.pays {
		for _, amount := range pays {
			best = max(best, amount*int64(len(m.lines)))
		}
	}
	scatter := int64(0)
	for _, amount := range m.scatterPays {
		scatter = max(scatter, amount)
	}
	return &facts{bestSpin: m.bounded(best+scatter, false), bestFree: m.bounded(best+scatter, true)}
}

// perStake is how many hundredths of a line's stake the whole stake is.
func (m *machine) perStake() int64 { return 100 * int64(len(m.lines)) }

// best is the most that a bet can win, in hundredths of a line's stake.
func (r rules) best() int64 {
	if r.givesNone() {
		return r.facts.bestSpin
	}
	return r.facts.bestSpin + r.most*r.facts.bestFree
}

func (m *machine) givesNone() bool {
	for _, given := range m.given {
		if given > 0 && m.most > 0 {
			return false
		}
	}
	return true
}

// returns is the exact return in parts per million, rounded down, and whether it is over 100 %.
//
// With T combinations of stops, ways[g] counts the rows of i spins after which g free spins are given and all i-1 free spins
// so far were played, of T^i. The chance that free spin i is played is the sum of ways[g] over g >= i.
func (r rules) returns() (ppm int64, over bool) {
	total := big.NewInt(r.combinations())
	ways := make([]big.Int, r.most+1)
	for scatters, n := range r.facts.ways {
		g := r.more(0, scatters, false)
		ways[g].Add(&ways[g], big.NewInt(n))
	}
	// sum is the expected number of free spins times T^i, all the way.
	sum, power := new(big.Int), new(big.Int).Set(total)
	for i := int64(1); i <= r.most; i++ {
		playing := new(big.Int)
		for g := i; g <= r.most; g++ {
			playing.Add(playing, &ways[g])
		}
		sum.Mul(sum, total).Add(sum, new(big.Int).Mul(playing, total)) // both now over T^(i+1)
		power.Mul(power, total)
		next := make([]big.Int, r.most+1)
		for g := i; g <= r.most; g++ {
			if ways[g].Sign() == 0 {
				continue
			}
			for scatters, n := range r.facts.ways {
				to := r.more(g, scatters, true)
				next[to].Add(&next[to], new(big.Int).Mul(&ways[g], big.NewInt(n)))
			}
		}
		ways = next
	}
	// The return is sumSpin/T + sum/power x sumFree/T, in hundredths of a line's stake.
	amount := new(big.Int).Mul(&r.facts.sumSpin, power)
	amount.Add(amount, new(big.Int).Mul(sum, &r.facts.sumFree))
	whole := new(big.Int).Mul(power, total)
	whole.Mul(whole, big.NewInt(r.perStake()))
	over = amount.Cmp(whole) > 0
	amount.Mul(amount, big.NewInt(1_000_000)).Quo(amount, whole)
	if !amount.IsInt64() {
		return 1<<63 - 1, true
	}
	return amount.Int64(), over
}

// enumerated are the rules of a machine whose return is known exactly.
type enumerated struct {
	rules
	ppm  int64
	over bool
}

// Returns implements game.Enumerable.
func (e enumerated) Returns() []game.Return {
	return []game.Return{{Choice: choice, Exact: true, Low: e.ppm, High: e.ppm}}
}
