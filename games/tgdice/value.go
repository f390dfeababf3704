package tgdice

import "strconv"

// values is how many values an emoji can show, from 1.
func values(emoji string) int {
	switch emoji {
	case "🎰":
		return 64
	case "🏀", "⚽":
		return 5
	default:
		return 6
	}
}

// choices are all that can be bet on, in the order they are shown.
func choices(most int) []string {
	all := []string{"big", "small", "odd", "even"}
	for v := 1; v <= most; v++ {
		all = append(all, valueChoice(v))
	}
	return all
}

func valueChoice(value int) string { return "value." + strconv.Itoa(value) }

// wins lists the choices that a value pays, in the order of choices.
func wins(value, most int) []string {
	var won []string
	half := most / 2
	switch {
	case value > most-half:
		won = append(won, "big")
	case value <= half:
		won = append(won, "small")
	}
	if value%2 == 1 {
		won = append(won, "odd")
	} else {
		won = append(won, "even")
	}
	return append(won, valueChoice(value))
}

// countWays goes through all values and counts for each choice how many of them it wins.
func countWays(most int) map[string]int64 {
	ways := map[string]int64{}
	for v := 1; v <= most; v++ {
		for _, choice := range wins(v, most) {
			ways[choice]++
		}
	}
	return ways
}
