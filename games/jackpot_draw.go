package games

import (
	"math/big"

	"fairground/fairness"
)

// jackpotNonce is the stream of a round's seeds that its pot is drawn from; the game itself has stream 0.
const jackpotNonce = 1

// bpScale is what a share in basis points is of.
const bpScale = 10_000

// drawJackpot says which of the stakes wins the pot: its index, or -1 when none does. The stakes lie one after the other, in order, from
// 0 on; a number below chance, or below their sum when that is more, is drawn, and the stake that it falls on wins. So each unit
// staked wins with the same chance, whoever staked it and wherever. Stakes are positive and their sum fits an int64.
func drawJackpot(seed fairness.Seed, client string, nonce uint64, chance int64, stakes []int64) int {
	var sum int64
	for _, s := range stakes {
		sum += s
	}
	if sum <= 0 || chance < 1 {
		return -1
	}
	at := fairness.NewStream(seed, client, nonce).Int64n(max(chance, sum))
	for i, s := range stakes {
		if at < s {
			return i
		}
		at -= s
	}
	return -1
}

// contribute is what the house puts into a pot for stakes, and what is left of a unit for the next time (in 1/10000), from what was left
// the last time.
func contribute(carry, stakes int64, bp int) (contribution, rest int64) {
	raw := new(big.Int).Mul(big.NewInt(stakes), big.NewInt(int64(bp)))
	raw.Add(raw, big.NewInt(carry))
	whole, part := new(big.Int).QuoRem(raw, big.NewInt(bpScale), new(big.Int))
	return whole.Int64(), part.Int64()
}
