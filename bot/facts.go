package bot

import (
	"context"
	"slices"
	"strings"

	"fairground/games"
	"fairground/games/game"
	"fairground/models"
)

// usualStake is the stake of a tap by somebody who chose none, where the game allows it.
const usualStake = 50

// facts are what never changes in a round, kept so that a tap asks the database for nothing
// but the bet.
type facts struct {
	round   string
	game    string
	group   int64
	chat    int64
	choices []string // buttons name them by index
	chips   []int64  // stakes offered by index; a round of fixed stakes has one
	usual   int64
	join    string // the choice left to a joiner, when the opener has taken the other
	acting  bool
	single  bool // there is one choice alone: its stakes are the buttons
	live    bool // players act while a hidden outcome runs
	odds    map[string]game.Odd
}

// chips are the stakes the bot offers where a game allows them.
func chips() []int64 { return []int64{10, 50, 100, 500, 1000} }

// newFacts reads them from a round.
func newFacts(v games.RoundView) facts {
	f := facts{
		round: v.ID, game: v.Game, group: v.GroupID, chat: v.ChatID, choices: game.Choices(v.Rules), live: running(v.Info), odds: map[string]game.Odd{},
	}
	f.acting = v.Acting && !f.live
	for _, odd := range v.Rules.Odds() {
		if !f.live { // what a run pays is decided while it runs
			f.odds[odd.Choice] = odd
		}
	}
	if bet := v.Opening.OpenerBet; bet != nil && !f.acting {
		f.fixed(v, *bet)
		return f
	}
	if len(f.choices) == 0 {
		return f
	}
	f.single = len(f.choices) == 1
	f.chips = offered(v.Rules, v.Opening, f.choices[0])
	switch {
	case slices.Contains(f.chips, usualStake):
		f.usual = usualStake
	case len(f.chips) > 0:
		f.usual = f.chips[0]
	}
	return f
}

// running says whether players of a game act while a hidden outcome runs.
func running(info game.Info) bool {
	return slices.Contains(info.Phases, game.PhaseBet) && slices.Contains(info.Phases, game.PhaseAct)
}

// offered are the stakes that the chat offers on a choice: the game's own steps, or what it takes of the usual ones.
func offered(rules game.Rules, opening game.Opening, choice string) []int64 {
	stakes := chips()
	if own, ok := rules.(game.Stepped); ok {
		stakes = own.Stakes(opening)
	}
	var takes []int64
	for _, stake := range stakes {
		if _, err := rules.CheckBet(opening, game.Bet{Choice: choice, Stake: stake}); err == nil {
			takes = append(takes, stake)
		}
	}
	return takes
}

// fixed fills in a round where everybody stakes what the opener staked.
func (f *facts) fixed(v games.RoundView, opener game.Bet) {
	f.chips, f.usual = []int64{opener.Stake}, opener.Stake
	for _, choice := range f.choices {
		if _, err := v.Rules.CheckBet(v.Opening, game.Bet{Choice: choice, Stake: opener.Stake}); err == nil && choice != opener.Choice {
			f.join = choice
			return
		}
	}
}

// stake is what a tap of the member stakes.
func (f facts) stake(m models.Member) int64 {
	if f.join == "" && slices.Contains(f.chips, m.Stake) {
		return m.Stake
	}
	return f.usual
}

// typed names the choices as people type them: words, and numbers for sums.
func (f facts) typed() string {
	var words, numbers []string
	for _, choice := range f.choices {
		if _, n, ok := strings.Cut(choice, "."); ok {
			numbers = append(numbers, n)
			continue
		}
		words = append(words, choice)
	}
	if len(numbers) > 0 {
		words = append(words, numbers[0]+" – "+numbers[len(numbers)-1])
	}
	return strings.Join(words, ", ")
}

// facts reads a round's facts, from memory when it can. It returns games.ErrRoundNotFound.
func (t *tenantBot) facts(ctx context.Context, id string) (facts, error) {
	if f, ok := t.known.rounds.get(id); ok {
		return f, nil
	}
	view, err := t.deps.Engine.Round(ctx, t.tenant.ID, id)
	if err != nil {
		return facts{}, err
	}
	f := newFacts(view)
	t.known.rounds.put(id, f)
	return f, nil
}
