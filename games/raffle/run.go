package raffle

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"fairground/fairness"
	"fairground/games/game"
)

// entry is a bet's tickets in a row.
type entry struct {
	seq    int64
	player string
	first  int64   // number of its first ticket, from 1
	count  int64   // tickets bought
	won    []int64 // tickets that won, counted from 0 in the entry, in order
	out    bool    // its player has had a prize and may have one only
}

func (e entry) left() int64 {
	if e.out {
		return 0
	}
	return e.count - int64(len(e.won))
}

// winner is one ticket that won.
type winner struct {
	seq    int64
	Prize  int    `json:"prize"` // place among the prizes given, from 1
	Ticket int64  `json:"ticket"`
	Player string `json:"player"`
	Amount int64  `json:"amount"` // minor units
}

// result is a raffle that was run.
type result struct {
	entries      []entry
	hash         string
	tickets, pot int64
	winners      []winner
}

// run draws the winners of a key and a list of tickets.
func (r rules) run(out game.Outcome, bets []game.Bet) (result, error) {
	var d drawn
	if err := json.Unmarshal(out.Data, &d); err != nil {
		return result{}, fmt.Errorf("read the key: %w", err)
	}
	key, err := fairness.ParseSeed(d.Key)
	if err != nil {
		return result{}, fmt.Errorf("read the key: %w", err)
	}
	done := result{winners: []winner{}}
	players := r.list(&done, bets)
	if done.tickets > math.MaxUint32 {
		return result{}, errors.New("there are more tickets than words")
	}
	words := fairness.NewStream(key, done.hash, 0)
	for place := range r.places(done.tickets, players) {
		w := done.take(int64(words.Intn(uint32(done.left())))) //nolint:gosec // at most all tickets
		w.Prize, w.Amount = place+1, min(done.pot, maxPot)*r.shares[place]/whole
		done.winners = append(done.winners, w)
		if r.config.OnePrizeEach {
			done.leave(w.Player)
		}
	}
	if r.config.Rest == restFirst && len(done.winners) > 0 {
		rest := min(done.pot, maxPot)
		for _, w := range done.winners {
			rest -= w.Amount
		}
		done.winners[0].Amount += rest
	}
	return done, nil
}

// list writes the tickets down by their numbers and hashes the list. It returns how many players have some.
func (r rules) list(done *result, bets []game.Bet) (players int64) {
	bets = slices.SortedFunc(slices.Values(bets), func(a, b game.Bet) int { return cmp.Compare(a.Seq, b.Seq) })
	text, seen := []byte("fairground.tickets.v1\n"), map[string]bool{}
	for _, bet := range bets {
		e := entry{seq: bet.Seq, player: bet.Player, first: done.tickets + 1, count: bet.Stake / r.config.Price}
		done.tickets += e.count
		done.pot += bet.Stake
		done.entries = append(done.entries, e)
		text = fmt.Appendf(text, "%d:%s:%d-%d\n", e.seq, e.player, e.first, done.tickets)
		if !seen[bet.Player] {
			seen[bet.Player] = true
			players++
		}
	}
	sum := sha256.Sum256(text)
	done.hash = hex.EncodeToString(sum[:])
	return players
}

// places is how many prizes are given.
func (r rules) places(tickets, players int64) int {
	n := r.config.PrizesPerRun
	if r.config.OneMorePerTickets > 0 {
		n += tickets / r.config.OneMorePerTickets
	}
	n = min(n, int64(len(r.shares)), tickets)
	if r.config.OnePrizeEach {
		n = min(n, players)
	}
	return int(n)
}

func (d *result) left() int64 {
	left := int64(0)
	for _, e := range d.entries {
		left += e.left()
	}
	return left
}

// take takes the n-th ticket that is left, counted from 0.
func (d *result) take(n int64) winner {
	for i := range d.entries {
		e := &d.entries[i]
		if n >= e.left() {
			n -= e.left()
			continue
		}
		at := 0
		for ; at < len(e.won) && e.won[at] <= n; at++ {
			n++ // step over a ticket that won
		}
		e.won = slices.Insert(e.won, at, n)
		return winner{seq: e.seq, Ticket: e.first + n, Player: e.player}
	}
	panic("raffle: a ticket beyond the last") // Intn is below left
}

// leave takes all tickets of a player out.
func (d *result) leave(player string) {
	for i := range d.entries {
		if d.entries[i].player == player {
			d.entries[i].out = true
		}
	}
}
