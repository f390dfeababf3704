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
	odds    map[string]game.Odd
}

// chips are the stakes the bot offers where a game allows them.
func chips() []int64 { return []int64{10, 50, 100, 500, 1000} }

// newFacts reads them from a round.
func newFacts(v games.RoundView) facts {
	f := facts{
		round: v.ID, game: v.Game, group: v.GroupID, chat: v.ChatID, acting: v.Acting, odds: map[string]game.Odd{},
	}
	for _, odd := range v.Rules.Odds() {
		f.choices = append(f.choices, odd.Choice)
		f.odds[odd.Choice] = odd
	}
	if bet := v.Opening.OpenerBet; bet != nil && !v.Acting {
		f.fixed(v, *bet)
		return f
	}
	if len(f.choices) == 0 {
		return f
	}
	for _, chip := range chips() {
		if _, err := v.Rules.CheckBet(v.Opening, game.Bet{Choice: f.choices[0], Stake: chip}); err == nil {
			f.chips = append(f.chips, chip)
		}
	}
	switch {
	case slices.Contains(f.chips, usualStake):
		f.usual = usualStake
	case len(f.chips) > 0:
		f.usual = f.chips[0]
	}
	return f
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
	if m.Stake > 0 && f.join == "" {
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
