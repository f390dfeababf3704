package dice

import (
	"strconv"

	"fairground/fairness"
)

const throws = 216

// throw is what three dice show.
type throw [3]int

// throwOf throws three dice.
func throwOf(words *fairness.Stream) throw {
	var t throw
	for i := range t {
		t[i] = int(words.Intn(6)) + 1
	}
	return t
}

func (t throw) sum() int     { return t[0] + t[1] + t[2] }
func (t throw) triple() bool { return t[0] == t[1] && t[1] == t[2] }

// choices are all that can be bet on, in the order they are shown.
func choices() []string {
	all := []string{"big", "small", "odd", "even", "triple"}
	for s := 4; s <= 17; s++ {
		all = append(all, sumChoice(s))
	}
	return all
}

func sumChoice(sum int) string { return "sum." + strconv.Itoa(sum) }

// wins lists the choices that a throw pays, in the order of choices.
func (t throw) wins() []string {
	var won []string
	sum := t.sum()
	if t.triple() {
		won = append(won, "triple")
	} else {
		if sum >= 11 {
			won = append(won, "big")
		} else {
			won = append(won, "small")
		}
		if sum%2 == 1 {
			won = append(won, "odd")
		} else {
			won = append(won, "even")
		}
	}
	if sum >= 4 && sum <= 17 {
		won = append(won, sumChoice(sum))
	}
	return won
}

// countWays goes through all throws and counts for each choice how many of them it wins.
func countWays() map[string]int64 {
	ways := map[string]int64{}
	for n := range throws {
		for _, choice := range (throw{n/36 + 1, n/6%6 + 1, n%6 + 1}).wins() {
			ways[choice]++
		}
	}
	return ways
}
