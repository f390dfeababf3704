package slots

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"fairground/fairness"
	"fairground/games/game"
)

// choice is the one thing to bet on.
const choice = "spin"

type rules struct {
	config config
	machine
	facts *facts
}

// drawn is the data of an outcome.
type drawn struct {
	Rows   []string `json:"rows"`   // what the first spin shows
	Spins  []spun   `json:"spins"`  // the first and the free ones
	Free   int      `json:"free"`   // how many were free
	Amount int64    `json:"amount"` // hundredths of a line's stake
	Times  string   `json:"times"`  // the stake's multiple, rounded down to hundredths
}

type spun struct {
	Stops    []int `json:"stops"`
	Scatters int   `json:"scatters"`
	Amount   int64 `json:"amount"`
}

// Open implements game.Rules. A spin has no parameters.
func (rules) Open(params json.RawMessage) (game.Opening, error) {
	if err := game.DecodeParams(params, &struct{}{}); err != nil {
		return game.Opening{}, err
	}
	return game.Opening{Params: json.RawMessage(`{}`)}, nil
}

// Choices implements game.Chooser.
func (rules) Choices() []string { return []string{choice} }

// CheckBet implements game.Rules.
func (r rules) CheckBet(_ game.Opening, bet game.Bet) (int64, error) {
	if bet.Choice != choice {
		return 0, &game.Error{Code: game.CodeInvalidChoice, Field: "choice", Fix: choice}
	}
	if err := game.CheckRange(game.CodeInvalidStake, "stake", bet.Stake, r.config.MinStake, r.config.MaxStake); err != nil {
		return 0, err
	}
	return payout(bet.Stake, r.best(), r.perStake()), nil
}

// stop spins the reels: one word each.
func (m *machine) stop(words *fairness.Stream, stops []int) {
	for reel, strip := range m.strips {
		stops[reel] = int(words.Intn(uint32(len(strip)))) //nolint:gosec // the schema bounds a strip
	}
}

// play spins once and then the free spins; seen is told each. It returns what all pay together.
func (m *machine) play(words *fairness.Stream, stops []int, seen func(s spun)) int64 {
	total, given := int64(0), int64(0)
	for played := int64(0); played <= given; played++ {
		m.stop(words, stops)
		amount, scatters := m.spin(stops)
		amount = m.bounded(amount, played > 0)
		given = m.more(given, scatters, played > 0)
		total += amount
		seen(spun{Stops: stops, Scatters: scatters, Amount: amount})
	}
	return total
}

// Draw implements game.Rules: a word for each reel of each spin.
func (r rules) Draw(_ game.Opening, words *fairness.Stream) (game.Outcome, error) {
	var d drawn
	d.Amount = r.play(words, make([]int, len(r.strips)), func(s spun) {
		s.Stops = slices.Clone(s.Stops)
		d.Spins = append(d.Spins, s)
	})
	d.Free = len(d.Spins) - 1
	d.Rows = r.window(d.Spins[0].Stops)
	hundredths := d.Amount / int64(len(r.lines))
	d.Times = fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100)
	data, err := json.Marshal(d)
	if err != nil {
		return game.Outcome{}, fmt.Errorf("write the spin: %w", err)
	}
	return game.Outcome{Data: data}, nil
}

// window is what stopped reels show, row by row.
func (m *machine) window(stops []int) []string {
	shown, look := make([]string, rows), signs()
	for row := range shown {
		var text strings.Builder
		for reel, stop := range stops {
			text.WriteString(look[m.shows(reel, stop, row)])
		}
		shown[row] = text.String()
	}
	return shown
}

// Settle implements game.Rules.
func (r rules) Settle(_ game.Opening, out game.Outcome, bets []game.Bet, _ []game.Act) ([]game.Payout, error) {
	var d drawn
	if err := json.Unmarshal(out.Data, &d); err != nil {
		return nil, fmt.Errorf("read the spin: %w", err)
	}
	if d.Amount < 0 || d.Amount > r.best() {
		return nil, fmt.Errorf("a bet wins at most %d, not %d", r.best(), d.Amount)
	}
	payouts := []game.Payout{}
	for _, bet := range bets {
		if amount := payout(bet.Stake, d.Amount, r.perStake()); amount > 0 {
			payouts = append(payouts, game.Payout{Seq: bet.Seq, Amount: amount})
		}
	}
	slices.SortFunc(payouts, game.BySeq)
	return payouts, nil
}

// Odds implements game.Rules. One number can't tell what a spin pays: Returns does, and the config lists all.
func (rules) Odds() []game.Odd { return nil }
