package slots

import "slices"

// symbols are all that a strip may show, with texts and signs; a config uses some.
func symbols() []string {
	return []string{"cherry", "lemon", "orange", "grape", "melon", "bell", "clover", "star", "diamond", "crown", "seven", "wild", "gift"}
}

// signs are how the symbols look in a chat, in the order of symbols.
func signs() []string {
	return []string{"🍒", "🍋", "🍊", "🍇", "🍉", "🔔", "🍀", "⭐", "💎", "👑", "7️⃣", "🃏", "🎁"}
}

// none stands for no symbol.
const none = -1

// machine is a config made ready for spinning: symbols are their numbers.
type machine struct {
	strips        [][]int8
	lines         [][]int
	pays          [][]int64 // by symbol and length of the run, from 0
	wild, scatter int8
	scatterPays   []int64 // by number of reels from 0; hundredths of a line's stake
	given         []int64 // by number of reels from 0
	most          int64
	multiplier    int64
	retrigger     bool
	top           int64 // bound of one spin, in hundredths of a line's stake
}

func newMachine(c config) machine {
	number := func(symbol string) int8 { return int8(slices.Index(symbols(), symbol)) } //nolint:gosec // a handful
	m := machine{
		lines: c.Lines, pays: make([][]int64, len(symbols())), wild: number(c.Wild), scatter: number(c.Scatter),
		given: append([]int64{0}, c.FreeSpins.Given...), most: c.FreeSpins.Most, multiplier: c.FreeSpins.Multiplier, retrigger: c.FreeSpins.Retrigger,
		scatterPays: []int64{0}, top: c.MaxWin * int64(len(c.Lines)),
	}
	for _, strip := range c.Strips {
		reel := make([]int8, len(strip))
		for i, symbol := range strip {
			reel[i] = number(symbol)
		}
		m.strips = append(m.strips, reel)
	}
	for i, symbol := range symbols() {
		m.pays[i] = append(make([]int64, 1, len(c.Strips)+1), c.Pays[symbol]...)
		m.pays[i] = append(m.pays[i], make([]int64, len(c.Strips)+1-len(m.pays[i]))...)
	}
	for _, pays := range c.ScatterPays {
		m.scatterPays = append(m.scatterPays, pays*int64(len(c.Lines)))
	}
	return m
}

// shows is the symbol in a row of a reel that stopped.
func (m *machine) shows(reel, stop, row int) int8 {
	strip := m.strips[reel]
	return strip[(stop+row)%len(strip)]
}

// scatters says whether a reel that stopped shows the scatter.
func (m *machine) scatters(reel, stop int) bool {
	for row := range rows {
		if m.scatter != none && m.shows(reel, stop, row) == m.scatter {
			return true
		}
	}
	return false
}

// run is how far a line has come from the left.
type run struct {
	over   bool
	symbol int8 // none while only wilds came
	length int8
	wilds  int8 // how many wilds it began with
}

// next takes the symbol of one more reel.
func (m *machine) next(r run, symbol int8) run {
	switch {
	case r.over:
	case symbol == m.wild && m.wild != none:
		if r.symbol == none {
			r.wilds++
		}
		r.length++
	case symbol == m.scatter && m.scatter != none, r.symbol != none && symbol != r.symbol:
		r.over = true
	default:
		r.symbol = symbol
		r.length++
	}
	return r
}

// paid is what a line pays: its run, or the wilds that it began with.
func (m *machine) paid(r run) int64 {
	best := int64(0)
	if r.symbol != none {
		best = m.pays[r.symbol][r.length]
	}
	if r.wilds > 0 {
		best = max(best, m.pays[m.wild][r.wilds])
	}
	return best
}

// spin is what stopped reels pay, before the bound and the multiplier, and how many of them show the scatter.
func (m *machine) spin(stops []int) (amount int64, scatters int) {
	for _, line := range m.lines {
		r := run{symbol: none}
		for reel, row := range line {
			if r = m.next(r, m.shows(reel, stops[reel], row)); r.over {
				break
			}
		}
		amount += m.paid(r)
	}
	for reel, stop := range stops {
		if m.scatters(reel, stop) {
			scatters++
		}
	}
	return amount + m.scatterPays[scatters], scatters
}

// bounded is a spin's amount with the multiplier of a free spin and the bound of every spin.
func (m *machine) bounded(amount int64, free bool) int64 {
	if free {
		amount *= m.multiplier
	}
	return min(amount, m.top)
}

// more is how many free spins there are after some scatters, of those given so far.
func (m *machine) more(given int64, scatters int, free bool) int64 {
	if free && !m.retrigger {
		return given
	}
	return min(m.most, given+m.given[scatters])
}
