package gametest

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fairground/games/game"
)

// Setup is what the suite can't find out by itself. The zero value fits most games.
type Setup struct {
	Params []string        // parameters of rounds, valid under the default config, that show what they can be
	Bank   json.RawMessage // Banked: the bank that the default config commits to

	// Twin is for Live games whose running outcomes differ in what everybody may see, for example in the question that is
	// asked: it gives an outcome unlike out only in what lies ahead of the moment. Nil: two outcomes that both still run look alike.
	Twin func(open game.Opening, out game.Outcome, atMS int64) game.Outcome
}

// Run is the suite. A game's own test calls it once, with parameters of rounds, valid under the
// default config, that show what its parameters can be.
func Run(t *testing.T, g game.Game, params ...string) {
	t.Helper()
	RunWith(t, g, Setup{Params: params})
}

// RunWith is Run with all that a game may have to say.
func RunWith(t *testing.T, g game.Game, setup Setup) {
	t.Helper()
	s := suite{Game: g, setup: setup}
	t.Run("description", func(t *testing.T) { t.Parallel(); s.description(t) })
	t.Run("config", func(t *testing.T) { t.Parallel(); s.badConfigs(t) })
	t.Run("mutated", func(t *testing.T) { t.Parallel(); rapid.Check(t, s.mutatedConfig) })
	t.Run("locales", func(t *testing.T) { t.Parallel(); s.locales(t) })
	t.Run("odds", func(t *testing.T) { t.Parallel(); s.odds(t) })
	t.Run("params", func(t *testing.T) { t.Parallel(); s.badParams(t) })
	t.Run("rounds", func(t *testing.T) { t.Parallel(); rapid.Check(t, s.round) })
	t.Run("frequencies", func(t *testing.T) { t.Parallel(); s.frequencies(t) })
	t.Run("simulation", func(t *testing.T) { t.Parallel(); s.simulation(t) })
}

// suite is a game under test.
type suite struct {
	game.Game
	setup Setup
}

// live says whether players act while a hidden outcome runs.
func (s suite) live() bool { return s.has(game.PhaseBet) && s.has(game.PhaseAct) }

func (s suite) has(phase game.Phase) bool { return slices.Contains(s.Info().Phases, phase) }

func (s suite) description(t *testing.T) {
	t.Helper()
	info := s.Info()
	require.NotEmpty(t, info.Name)
	require.Contains(t, []game.Bank{game.BankPool, game.BankHouse}, info.Bank)
	require.NotNil(t, info.Locales)
	draw, act, settle := slices.Index(info.Phases, game.PhaseDraw), slices.Index(info.Phases, game.PhaseAct), slices.Index(info.Phases, game.PhaseSettle)
	require.GreaterOrEqual(t, draw, 0, "every round is drawn")
	require.Greater(t, draw, slices.Index(info.Phases, game.PhaseBet), "a draw before the bets would be known to the bettors")
	require.Equal(t, len(info.Phases)-1, settle, "settling is last")
	if act >= 0 {
		require.Greater(t, act, draw, "an act needs something drawn")
	}
	rules := defaultRules(t, s)
	_, live := rules.(game.Live)
	require.Equal(t, s.live(), live, "rules with bets and acts, and only they, are game.Live")
	opening, err := rules.Open(nil)
	require.NoError(t, err, "a round opens without parameters")
	require.Equal(t, s.has(game.PhaseAct) && !s.live(), opening.Slots > 0, "slots are for an act phase without bets")
	if info.Bank == game.BankPool {
		require.Zero(t, opening.MaxExposure, "a pool can't lose")
	} else {
		require.Zero(t, opening.MinPot, "only a pool can be too small")
	}
	s.describePace(t, opening)
	s.describeSource(t, rules, opening)
}

func (s suite) describePace(t *testing.T, opening game.Opening) {
	t.Helper()
	require.Contains(t, []game.Pace{game.PaceRound, game.PaceInstant}, s.Info().Pace)
	if s.Info().Pace == game.PaceRound {
		require.Positive(t, opening.Window)
		return
	}
	require.Equal(t, []game.Phase{game.PhaseBet, game.PhaseDraw, game.PhaseSettle}, s.Info().Phases, "an instant game has one bet, drawn at once")
	require.Equal(t, game.BankHouse, s.Info().Bank, "one player has nobody to play against")
	require.Nil(t, opening.OpenerBet, "the bet that is played is the only one")
	require.Zero(t, opening.MinPot)
}

func (s suite) describeSource(t *testing.T, rules game.Rules, opening game.Opening) {
	t.Helper()
	_, external := rules.(game.External)
	require.Equal(t, s.Info().Source == game.SourceTelegram, external, "rules that are drawn outside, and only they, are game.External")
	require.Equal(t, external, opening.Emoji != "", "an outside draw names its emoji")
	_, banked := rules.(game.Banked)
	require.Equal(t, banked, opening.Content != "", "rules with content, and only they, name their bank")
	require.Equal(t, banked, s.setup.Bank != nil, "gametest.Setup needs the bank that the default config commits to")
}

func defaultRules(t require.TestingT, g game.Game) game.Rules {
	rules, err := g.Parse(g.Info().DefaultConfig)
	require.NoError(t, err, "the default config is valid")
	return rules
}

func (s suite) badParams(t *testing.T) {
	t.Helper()
	rules := defaultRules(t, s)
	for _, bad := range []string{`{"no_such_field":1}`, `[]`, `"x"`, `{`, `{} {}`} {
		_, err := rules.Open(json.RawMessage(bad))
		requireError(t, err, game.CodeInvalidParams, bad)
	}
	for _, none := range []string{``, `null`, `{}`} {
		_, err := rules.Open(json.RawMessage(none))
		require.NoError(t, err, "%q means the defaults", none)
	}
	for _, params := range s.setup.Params {
		_, err := rules.Open(json.RawMessage(params))
		require.NoError(t, err, params)
	}
}
