package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDiceIsPlayedToTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	card := w.ask(0, "/dice", "Closes in about")
	require.Contains(t, card.Text, "A tap stakes 50 points")
	require.Contains(t, card.Text, "Commitment")
	require.NotContains(t, card.Text, "70.00x", "the odds of sums stand on their buttons")
	require.NotEmpty(t, w.data(card, "10 · 7x"))
	require.NotEmpty(t, w.data(card, "17 · 70x"))
	round := w.round(card)

	require.Equal(t, "Big · 50 at 2.00x accepted. Balance 950", w.tap(0, card, "Big 2x"))
	require.Equal(t, "Your taps in this group stake 100 now.", w.tap(1, card, "Stake 100"))
	require.Equal(t, "Small · 100 at 2.00x accepted. Balance 900", w.tap(1, card, "Small"))
	w.ask(2, "/dice 10 20", "Sum 10 · 20 at 7.00x accepted. Balance 980")
	_, started := w.started.Load(round)
	require.True(t, started)

	require.Eventually(t, func() bool {
		return w.message(card.MessageID).EditDate != 0
	}, patience, 50*time.Millisecond)
	live := w.message(card.MessageID)
	require.Contains(t, live.Text, "Bets 3 · players 3 · pot 170")
	require.NotEmpty(t, w.data(live, "Big 2x · 1"))

	before := w.balance(0) + w.balance(1) + w.balance(2)
	w.finish(round)
	result := w.waitAfter(card.MessageID, "Bets 3 · staked 170 · paid")
	require.NotNil(t, result.ReplyTo)
	require.Equal(t, card.MessageID, result.ReplyTo.MessageID)
	require.Equal(t, "Verify", result.ReplyMarkup.Rows[0][0].Text)
	require.Equal(t, publicURL+"/verify?round="+round, result.ReplyMarkup.Rows[0][0].URL)
	require.Equal(t, numberAfter(t, result.Text, "paid "), w.balance(0)+w.balance(1)+w.balance(2)-before)
	require.Eventually(t, func() bool { return w.message(card.MessageID).ReplyMarkup == nil }, patience, 50*time.Millisecond)
	require.Contains(t, w.message(card.MessageID).Text, "Finished.")

	w.ask(0, "/verify", round)
	w.ask(0, "/history", "stake")
	w.ask(0, "/top", "Most points in this group")
	w.ask(0, "/me", "points here")
}

func TestRedPacketIsShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	card := w.ask(0, "/redpacket 100 3", "Taken 0/3")
	round := w.round(card)
	require.EqualValues(t, 900, w.balance(0))

	got := numberAfter(t, w.tap(1, card, "Grab"), "You got ")
	require.Equal(t, 1000+got, w.balance(1))
	require.Contains(t, w.tap(1, card, "Grab"), "already have your share")
	got += numberAfter(t, w.tap(2, card, "Grab"), "You got ")
	got += numberAfter(t, w.tap(0, card, "Grab"), "You got ")
	require.EqualValues(t, 100, got)
	require.Equal(t, "Every share is taken.", w.tap(3, card, "Grab"))
	require.Eventually(t, func() bool { _, ok := w.full.Load(round); return ok }, patience, 10*time.Millisecond)

	w.finish(round)
	result := w.waitAfter(card.MessageID, "(best luck)")
	require.Contains(t, result.Text, "The packet is over")
	require.Contains(t, result.Text, "Ada2")

	rest := w.ask(1, "/redpacket 30 3 equal", "Taken 0/3")
	require.Contains(t, w.tap(2, rest, "Grab"), "You got 10!")
	w.finish(w.round(rest))
	w.waitAfter(rest.MessageID, "2 shares, 20 points, went back to Ada1.")

	mine := w.ask(0, "/redpacket 10 1 mine 0", "needs 10 points")
	require.Contains(t, w.tap(3, mine, "Grab"), "Boom! You got 10 and paid 10 for the mine. Balance 1,000")
	w.finish(w.round(mine))
	w.waitAfter(mine.MessageID, "Ada3: 10, and paid 10 for the mine")
}

func TestDuelIsWonOrGivenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	card := w.ask(0, "/duel 200", "Seats 1/2")
	require.Contains(t, card.Text, "Joining stakes 200 on Tails and pays 2.00x")
	require.Equal(t, "Tails · 200 at 2.00x accepted. Balance 800", w.tap(1, card, "Join for 200 · 1/2"))
	require.Contains(t, w.tap(2, card, "Join"), "Every seat is taken")
	w.finish(w.round(card))
	result := w.waitAfter(card.MessageID, "400 for 200 (+200)")
	require.EqualValues(t, 2000, w.balance(0)+w.balance(1))
	require.NotContains(t, result.Text, "Nobody won")

	lonely := w.ask(2, "/duel 300", "Seats 1/2")
	w.finish(w.round(lonely))
	w.waitAfter(lonely.MessageID, "is void: too few joined in time")
	require.EqualValues(t, 1000, w.balance(2))
}

func TestChooserOpensARound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	menu := w.ask(1, "/play", "What shall we play?")
	require.Equal(t, "Red packet: your round is open.", w.tap(1, menu, "Red packet"))
	w.wait("Taken 0/5")
	require.Equal(t, "Dice: your round is open.", w.tap(1, menu, "Dice"))
	card := w.wait("A tap stakes 50")
	require.Equal(t, "A round is already running in this group. Join it, or wait until it ends.", w.tap(0, menu, "Dice"))
	busy := w.ask(0, "/dice", "A round is already running")
	require.NotNil(t, busy.ReplyTo)
	require.Equal(t, card.MessageID, busy.ReplyTo.MessageID)
}

func TestWhoIsTooEarlyForTheCardIsPointedAtItAllTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	menu := w.ask(0, "/play", "What shall we play?")
	release := w.hold()
	defer release()
	require.Equal(t, "Dice: your round is open.", w.tap(1, menu, "Dice"))
	card := w.wait("A tap stakes 50")
	asked := w.say(0, "/dice")
	// A person's updates are handled in order: when this is answered, so is what was asked.
	require.Equal(t, "A round is already running in this group. Join it, or wait until it ends.", w.tap(0, menu, "Dice"))
	release()
	busy := w.waitAfter(asked, "A round is already running")
	require.NotNil(t, busy.ReplyTo)
	require.Equal(t, card.MessageID, busy.ReplyTo.MessageID)
}

func TestARestartedBotGoesOnWithItsRounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	card := w.ask(0, "/dice", "Closes in about")
	w.stop()
	tapped := w.say(1, "/dice big 70") // while nobody listens
	w.start()
	w.waitAfter(tapped, "Big · 70 at 2.00x accepted. Balance 930")
	require.Equal(t, "Odd · 50 at 2.00x accepted. Balance 880", w.tap(1, card, "Odd"))
	require.Eventually(t, func() bool { return w.message(card.MessageID).EditDate != 0 }, patience, 50*time.Millisecond)
	w.finish(w.round(card))
	w.waitAfter(card.MessageID, "paid")
}
