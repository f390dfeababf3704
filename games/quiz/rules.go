package quiz

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fairground/fairness"
	"fairground/games/game"
)

const (
	enter = "enter"
	// mostPot is what no pot reaches: the largest integer that every JSON reader keeps exact.
	mostPot = int64(1)<<53 - 1
)

type rules struct{ config config }

// drawn is the data of an outcome: places in the bank, in the order of asking.
type drawn struct {
	Questions []int `json:"questions"`
}

// params show a round; they are the config's, not the opener's.
type params struct {
	Entry     int64 `json:"entry"`
	Mode      mode  `json:"mode"`
	Questions int   `json:"questions"`
	Seconds   int64 `json:"seconds"`
}

// Open implements game.Rules.
func (r rules) Open(given json.RawMessage) (game.Opening, error) {
	c := r.config
	want := params{Entry: c.Entry, Mode: c.Mode, Questions: c.Questions, Seconds: c.Seconds}
	p := want
	if err := game.DecodeParams(given, &p); err != nil {
		return game.Opening{}, err
	}
	if p != want {
		return game.Opening{}, &game.Error{Code: game.CodeInvalidParams, Field: "params", Fix: "those of the config, or none"}
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return game.Opening{}, fmt.Errorf("write the parameters: %w", err)
	}
	return game.Opening{
		Params: raw, Window: time.Duration(c.WindowSeconds) * time.Second, BetsEach: 1, MinPot: c.Entry * c.MinPlayers, Content: c.BankHash,
	}, nil
}

// CheckBet implements game.Rules. How much an entry can win depends on how many enter.
func (r rules) CheckBet(_ game.Opening, bet game.Bet) (int64, error) {
	if bet.Choice != enter {
		return 0, &game.Error{Code: game.CodeInvalidChoice, Field: "choice", Fix: enter}
	}
	if bet.Stake != r.config.Entry {
		return 0, &game.Error{Code: game.CodeInvalidStake, Field: "stake", Fix: strconv.FormatInt(r.config.Entry, 10) + ", the entry"}
	}
	return mostPot, nil
}

// Choices implements game.Chooser.
func (rules) Choices() []string { return []string{enter} }

// Stakes implements game.Stepped.
func (r rules) Stakes(game.Opening) []int64 { return []int64{r.config.Entry} }

// Odds implements game.Rules. Who knows wins: there are none.
func (rules) Odds() []game.Odd { return nil }

// Draw implements game.Rules: it chooses the questions.
func (r rules) Draw(_ game.Opening, words *fairness.Stream) (game.Outcome, error) {
	d := drawn{Questions: make([]int, r.config.Questions)}
	moved := map[int]int{} // what stands at a place of the row, where it isn't the place's own question
	at := func(place int) int {
		if q, ok := moved[place]; ok {
			return q
		}
		return place
	}
	for i := range d.Questions {
		j := i + int(words.Int64n(int64(r.config.BankSize-i)))
		d.Questions[i], moved[j] = at(j), at(i)
	}
	data, err := json.Marshal(d)
	if err != nil {
		return game.Outcome{}, fmt.Errorf("write the draw: %w", err)
	}
	return game.Outcome{Data: data, LiveMS: int64(r.config.Questions) * r.questionMS()}, nil
}

func (r rules) questionMS() int64 { return r.config.Seconds * 1000 }

// CheckAct implements game.Live: a question is answered while it is asked.
func (r rules) CheckAct(_ game.Opening, _ game.Bet, act game.Act) (from, to int64, err error) {
	if act.Slot < 0 || act.Slot >= r.config.Questions {
		return 0, 0, &game.Error{Code: game.CodeInvalidChoice, Field: "slot", Fix: fmt.Sprintf("0 to %d", r.config.Questions-1)}
	}
	if answerIndex(act.Choice) < 0 {
		return 0, 0, &game.Error{Code: game.CodeInvalidChoice, Field: "choice", Fix: "one of " + strings.Join(strings.Split(letters, ""), ", ")}
	}
	from = int64(act.Slot) * r.questionMS()
	return from, from + r.questionMS(), nil
}
