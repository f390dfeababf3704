package redpacket

import (
	"slices"

	"fairground/fairness"
)

// splitRandom cuts a total into n shares of at least 1, every split equally likely. It needs
// 1 <= n <= total.
func splitRandom(total, n int64, words *fairness.Stream) []int64 {
	seen := make(map[int64]bool, n)
	cuts := make([]int64, 0, n)
	for int64(len(cuts)) < n-1 {
		cut := words.Int64n(total-1) + 1
		if !seen[cut] {
			seen[cut] = true
			cuts = append(cuts, cut)
		}
	}
	slices.Sort(cuts)
	shares := append(cuts, total)
	for i := len(shares) - 1; i > 0; i-- {
		shares[i] -= shares[i-1]
	}
	return shares
}

// splitEqual spreads a total over n shares; the first ones get the remainder, one each.
func splitEqual(total, n int64) []int64 {
	shares := make([]int64, n)
	for i := range shares {
		shares[i] = total / n
		if int64(i) < total%n {
			shares[i]++
		}
	}
	return shares
}
