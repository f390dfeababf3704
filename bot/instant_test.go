package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/notify"
)

func TestSlotsAreSpunInOneMessageAPlayer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	spun := w.ask(0, "/slots 50", "Staked 50 · paid")
	require.Contains(t, spun.Text, "Ada0")
	require.Equal(t, w.balance(0), numberAfter(t, spun.Text, "balance "))
	require.Equal(t, w.balance(0), 950+numberAfter(t, spun.Text, "paid "))

	// The same again edits the player's message; everybody else's play goes into a message of their own.
	toast := w.tap(0, spun, "Spin again · 50")
	require.Contains(t, toast, "staked 50, paid")
	require.Equal(t, w.balance(0), numberAfter(t, toast, "Balance "))
	require.Eventually(t, func() bool { return w.message(spun.MessageID).EditDate != 0 }, patience, 50*time.Millisecond)
	own := w.tap(1, spun, "Spin again · 50")
	require.Contains(t, own, "staked 50, paid")
	other := w.waitAfter(spun.MessageID, "Ada1")
	require.Equal(t, w.balance(1), numberAfter(t, other.Text, "balance "))
	w.tap(1, spun, "Spin again · 50")
	require.Eventually(t, func() bool { return w.message(other.MessageID).EditDate != 0 }, patience, 50*time.Millisecond)
	require.Empty(t, w.messages(other.MessageID), "nothing new was sent")

	menu := w.ask(2, "/slots", "Tap an amount")
	require.Contains(t, w.tap(2, menu, "Stake 100"), "staked 100, paid")
	w.waitAfter(menu.MessageID, "Ada2")
	for _, data := range []string{"i:slots:0:-5", "i:slots:0:x", "i:slots:7:50", "i:dice:0:50", "i:nothing:0:50", "i:", "f:r"} {
		require.Contains(t, w.forge(w.people[1], menu, data), "This button does nothing here", data)
	}
	require.Contains(t, w.forge(w.people[1], menu, "i:slots:0:1"), "That stake is not possible")
	w.ask(1, "/slots lots", "That stake is not possible")
}

func TestASpinThatABotDiedOverIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	spun := w.ask(0, "/slots 50", "Staked 50 · paid")
	w.stop()
	g, err := w.deps.Players.GroupByChat(t.Context(), w.tenant.ID, w.group)
	require.NoError(t, err)
	p, err := w.deps.Players.PlayerByTelegram(t.Context(), w.tenant.ID, w.people[0])
	require.NoError(t, err)
	played, err := w.deps.Engine.Play(t.Context(), games.PlayRequest{
		Tenant: w.tenant.ID, Group: g.ID, Player: p.ID, Game: "slots", Choice: "spin", Stake: 50, Key: fmt.Sprintf("tg:%d:77", w.botID),
	})
	require.NoError(t, err)
	_, err = notify.NewInbox(w.db.DB, w.tenant.ID, w.botID).Take(t.Context(), []notify.Update{
		{ID: 77, Payload: w.tapUpdate(77, 0, spun, w.data(spun, "Spin again"))},
	})
	require.NoError(t, err)
	w.start()
	w.shows(spun.MessageID, played.ID)
	require.Equal(t, played.Balance, w.balance(0))
	var plays int
	require.NoError(t, w.db.DB.Call(t.Context(), w.tenant.ID, `SELECT count(*) FROM plays`, nil, &plays))
	require.Equal(t, 2, plays)
}

func TestSeedsAreShownAndRotated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	spun := w.ask(0, "/slots 50", "Staked 50 · paid")
	play := spun.Text[strings.LastIndex(spun.Text, " ")+1:]
	w.ask(0, "/fair", "The private chat changes them")
	w.ask(0, "/verify "+play, "The seed is still in use")
	now := w.askPrivately(w.people[0], "/fair", "next play number 1")
	require.Contains(t, w.askPrivately(w.people[0], "/fair my_luck", "Revealed").Text, "Your seed: my_luck · next play number 0")
	require.Equal(t, "The old seed is shown below.", w.tapAs(w.people[0], w.botID, now, "New seeds"))
	w.ask(0, "/verify "+play, "The page recomputes the draw and the payout")
	w.askPrivately(w.people[0], "/fair not/allowed", "A seed has 1 to 64 letters")
}
