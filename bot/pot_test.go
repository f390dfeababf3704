package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/models"
)

func TestAGroupsPotIsWonBeforeEverybody(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	owner := w.hire(models.RoleOwner)[0]
	g, err := w.deps.Players.GroupByChat(t.Context(), w.tenant.ID, w.group)
	require.NoError(t, err)
	_, err = w.deps.Engine.SetJackpot(t.Context(), owner.authority, g.ID, 0, games.JackpotConfig{Enabled: true, ContributionBP: 1000, Chance: 2, Seed: 100}, "a test")
	require.NoError(t, err)
	for try := 0; ; try++ {
		require.Less(t, try, 12, "a chance of one in two")
		card := w.ask(0, "/dice", "Place your bets")
		require.Contains(t, w.tap(0, card, "Big"), "accepted")
		w.finish(w.round(card))
		result := w.waitAfter(card.MessageID, "Bets 1 · staked 50 · paid")
		if strings.Contains(result.Text, "Jackpot: Ada0 wins ") {
			require.GreaterOrEqual(t, numberAfter(t, result.Text, "Ada0 wins "), int64(100))
			return
		}
	}
}

func TestAPlayTellsThatItWonThePot(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	owner := w.hire(models.RoleOwner)[0]
	g, err := w.deps.Players.GroupByChat(t.Context(), w.tenant.ID, w.group)
	require.NoError(t, err)
	_, err = w.deps.Engine.SetJackpot(t.Context(), owner.authority, g.ID, 0, games.JackpotConfig{Enabled: true, ContributionBP: 1000, Chance: 2, Seed: 100}, "a test")
	require.NoError(t, err)
	spun := w.ask(0, "/slots 50", "Jackpot: Ada0 wins 105 from the group's pot") // 50 of 50 numbers
	require.Equal(t, w.balance(0), numberAfter(t, spun.Text, "balance "))
	require.Equal(t, w.balance(0), 950+105+numberAfter(t, spun.Text, "paid "))
	w.waitAfter(0, "Ada0 won the group's pot: 105 points, by play pl_") // wherever it was made
}

func TestARoundThatOpensByItselfNamesNoOpener(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	owner := w.hire(models.RoleOwner)[0]
	g, err := w.deps.Players.GroupByChat(t.Context(), w.tenant.ID, w.group)
	require.NoError(t, err)
	auto, err := w.deps.Engine.SetAutoRound(t.Context(), owner.authority, games.AutoRound{
		Group: g.ID, Game: "wheel", EveryMinutes: 5, Zone: "UTC", Enabled: true,
	}, "a test")
	require.NoError(t, err)
	opened, err := w.deps.Engine.OpenAuto(t.Context(), w.tenant.ID, auto.ID, time.Now())
	require.NoError(t, err)
	require.NotEmpty(t, opened.Round)
	card := w.wait("Place your bets on the wheel")
	require.NotContains(t, card.Text, "opened by")
	require.Contains(t, w.tap(0, card, "🔴 Red"), "accepted")
	w.finish(opened.Round)
	w.waitAfter(card.MessageID, "Bets 1 · staked 50 · paid")
}

func TestRoundsSideBySideAndCooldowns(t *testing.T) {
	t.Parallel()
	w := newTill(t, 2)
	owner := w.hire(models.RoleOwner)[0]
	g, err := w.deps.Players.GroupByChat(t.Context(), w.tenant.ID, w.group)
	require.NoError(t, err)
	_, err = w.deps.Engine.SetPacing(t.Context(), owner.authority, g.ID, games.Pacing{
		Group: games.Limits{Rounds: 2, PlayerCooldown: 10 * time.Minute}, Zone: "UTC",
	}, "a test")
	require.NoError(t, err)
	wheel := w.ask(0, "/wheel", "Place your bets on the wheel")
	dice := w.ask(0, "/dice big 10", "three dice")
	w.wait("Big · 10 at 2.00x accepted. Balance 990")
	w.ask(1, "/dice small 20", "Small · 20 at 2.00x accepted. Balance 980") // in the same round
	require.Contains(t, w.tap(1, wheel, "🔴 Red"), "Too soon after the last one: wait until ")
	refused := w.say(1, "/crash")
	require.NotContains(t, w.waitAfter(refused, "ound").Text, "how high")
	w.finish(w.round(dice))
	w.waitAfter(dice.MessageID, "Bets 2 · staked 30 · paid")
}
