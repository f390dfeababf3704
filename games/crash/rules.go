package crash

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairground/fairness"
	"fairground/games/game"
)

const (
	manual  = "manual"
	auto    = "auto."
	cashOut = "cash_out"
	word    = int64(1) << 32
	whole   = int64(10000)
)

type rules struct {
	config config
	curve  curve
}

// drawn is the data of an outcome.
type drawn struct {
	Crash int64    `json:"crash"` // hundredths
	Shown string   `json:"shown"` // the same as people read it
	Wins  []string `json:"wins"`  // the published choices that it pays
}

// Open implements game.Rules. A round of crash has no parameters.
func (r rules) Open(params json.RawMessage) (game.Opening, error) {
	if err := game.DecodeParams(params, &struct{}{}); err != nil {
		return game.Opening{}, err
	}
	return game.Opening{
		Params: json.RawMessage(`{}`), Window: time.Duration(r.config.WindowSeconds) * time.Second,
		BetsEach: r.config.MaxBets, MaxExposure: r.config.MaxExposure,
	}, nil
}

// CheckBet implements game.Rules.
func (r rules) CheckBet(_ game.Opening, bet game.Bet) (int64, error) {
	target, err := r.target(bet.Choice)
	if err != nil {
		return 0, err
	}
	if err := game.CheckRange(game.CodeInvalidStake, "stake", bet.Stake, r.config.MinStake, r.config.MaxStake); err != nil {
		return 0, err
	}
	return payout(bet.Stake, target), nil
}

// target is where a bet cashes out by itself, in hundredths.
func (r rules) target(choice string) (int64, error) {
	if choice == manual {
		return r.config.MaxMultiplier, nil
	}
	text, isAuto := strings.CutPrefix(choice, auto)
	target, err := strconv.ParseInt(text, 10, 64)
	if !isAuto || err != nil || strconv.FormatInt(target, 10) != text || target <= start || target > r.config.MaxMultiplier {
		return 0, &game.Error{
			Code: game.CodeInvalidChoice, Field: "choice",
			Fix: fmt.Sprintf("manual, or auto.N to cash out at N hundredths, %d to %d", start+1, r.config.MaxMultiplier),
		}
	}
	return target, nil
}

// Draw implements game.Rules: one number decides whether the house's edge strikes, the other where the run crashes.
func (r rules) Draw(_ game.Opening, words *fairness.Stream) (game.Outcome, error) {
	crash := r.point(words)
	data, err := json.Marshal(drawn{Crash: crash, Shown: shown(crash), Wins: r.wins(crash)})
	if err != nil {
		return game.Outcome{}, fmt.Errorf("write the crash point: %w", err)
	}
	return game.Outcome{Data: data, LiveMS: r.lasts(crash)}, nil
}

func (r rules) point(words *fairness.Stream) int64 {
	edge, w := int64(words.Intn(uint32(whole))), words.Int64n(word)
	if edge < r.config.EdgeBP {
		return start
	}
	return min(start*word/(word-w), r.config.MaxMultiplier)
}

// lasts is how long the run lasts, in milliseconds.
func (r rules) lasts(crash int64) int64 { return max(1, r.curve.reaches(crash)) }

func (r rules) wins(crash int64) []string {
	won := []string{}
	for _, choice := range r.Choices() {
		if target, err := r.target(choice); err == nil && target <= crash {
			won = append(won, choice)
		}
	}
	return won
}

// Settle implements game.Rules. A bet that acted gets the multiplier of its moment, any other its target if the run got there.
func (r rules) Settle(open game.Opening, out game.Outcome, bets []game.Bet, acts []game.Act) ([]game.Payout, error) {
	var d drawn
	if err := json.Unmarshal(out.Data, &d); err != nil {
		return nil, fmt.Errorf("read the crash point: %w", err)
	}
	acted := map[int64]game.Act{}
	for _, act := range acts {
		if _, twice := acted[act.Seq]; twice {
			return nil, fmt.Errorf("bet %d cashed out twice", act.Seq)
		}
		acted[act.Seq] = act
	}
	payouts := []game.Payout{}
	for _, bet := range bets {
		multiplier, err := r.target(bet.Choice)
		if err != nil {
			return nil, err
		}
		if act, ok := acted[bet.Seq]; ok {
			from, to, err := r.CheckAct(open, bet, act)
			if err != nil {
				return nil, err
			}
			if act.AtMS < from || act.AtMS >= min(to, r.lasts(d.Crash)) {
				return nil, fmt.Errorf("bet %d cashed out at %d ms, outside its run", bet.Seq, act.AtMS)
			}
			multiplier = r.curve.at(act.AtMS)
		} else if multiplier > d.Crash {
			continue
		}
		if amount := payout(bet.Stake, multiplier); amount > 0 {
			payouts = append(payouts, game.Payout{Seq: bet.Seq, Amount: amount})
		}
	}
	slices.SortFunc(payouts, game.BySeq)
	return payouts, nil
}

// CheckAct implements game.Live: a bet may cash out from the first millisecond until its own target is reached.
func (r rules) CheckAct(_ game.Opening, bet game.Bet, act game.Act) (from, to int64, err error) {
	if act.Choice != cashOut || act.Slot != 0 {
		return 0, 0, &game.Error{Code: game.CodeInvalidChoice, Field: "choice", Fix: cashOut + " of slot 0"}
	}
	target, err := r.target(bet.Choice)
	if err != nil {
		return 0, 0, err
	}
	return 1, max(1, r.curve.reaches(target)), nil
}

// seen is what everybody may see of a run.
type seen struct {
	Multiplier int64    `json:"multiplier"` // hundredths
	Shown      string   `json:"shown"`
	Over       bool     `json:"over"`
	Slot       int      `json:"slot"`
	Acts       []string `json:"acts"`
}

// Shown implements game.Live: the multiplier of now, and the crash point once the run is over.
func (r rules) Shown(_ game.Opening, out game.Outcome, atMS int64) (json.RawMessage, error) {
	var d drawn
	if err := json.Unmarshal(out.Data, &d); err != nil {
		return nil, fmt.Errorf("read the crash point: %w", err)
	}
	s := seen{Multiplier: r.curve.at(max(0, atMS)), Acts: []string{cashOut}}
	if atMS >= r.lasts(d.Crash) {
		s = seen{Multiplier: d.Crash, Over: true, Acts: []string{}}
	}
	s.Shown = shown(s.Multiplier)
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("write what is seen of a run: %w", err)
	}
	return raw, nil
}

// payout is exact: the schema bounds stake x multiplier well inside an int64.
func payout(stake, multiplier int64) int64 { return stake * multiplier / start }

// shown writes hundredths as people read them: 237 is "2.37".
func shown(hundredths int64) string {
	return fmt.Sprintf("%d.%02d", hundredths/start, hundredths%start)
}
