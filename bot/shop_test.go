package bot_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/telegram/local"
	"fairground/items"
	"fairground/models"
)

// TestItemsAreBoughtWornGivenAndBet goes through the shop as people in a group do.
func TestItemsAreBoughtWornGivenAndBet(t *testing.T) {
	t.Parallel()
	w := newTill(t, 2)
	shop := items.New(w.db.DB)
	finance := w.hire(models.RoleFinance)[0]
	w.ask(0, "/shop", "Nothing is on sale")
	for _, in := range []items.SaveRequest{
		{Face: items.Face{Name: "Star", Icon: "🌟", Effect: items.EffectCosmetic, Params: items.Params{Badge: "🌟"}, Giftable: true}, Price: 100},
		{Face: items.Face{Name: "Free throw", Icon: "🎫", Effect: items.EffectExtraTicket, Params: items.Params{Game: "dice", MaxStake: 50}}, Price: 40},
	} {
		in.OnSale, in.Reason = true, "a test"
		_, err := shop.Save(t.Context(), finance.authority, in)
		require.NoError(t, err)
	}
	window := w.ask(0, "/shop", "A free bet of up to 50 points in Dice")
	require.Contains(t, window.Text, "The badge 🌟 beside your name")
	require.Contains(t, w.tap(0, window, "🌟 100"), "Star is yours: /items. Balance 900")
	require.Contains(t, w.tap(0, window, "🌟 100"), "Balance 800")
	require.Contains(t, w.tap(0, window, "🎫 40"), "Balance 760")
	require.Contains(t, w.tap(1, window, "🎫 40"), "Balance 960")

	mine := w.ask(0, "/items", "Items of Ada0")
	require.Contains(t, w.tap(0, mine, "Use 1"), "No round of Dice takes bets now")
	require.Contains(t, w.tap(0, mine, "Use 2"), "Star counts from now")
	require.Contains(t, w.tap(0, mine, "Use 2"), "used already")
	require.Contains(t, w.tap(1, mine, "Use 3"), "not yours", "a button works for its owner alone")
	w.ask(0, "/top", "Ada0 🌟")

	w.ask(0, "/gift 2", "Reply to somebody's message")
	said := w.say(1, "hello")
	var gift local.Message
	w.post("/sim/send", local.SendInput{User: w.people[0], Chat: w.group, Text: "/gift 3", ReplyTo: said}, &gift)
	w.waitAfter(gift.MessageID, "Star is Ada1's now")

	card := w.ask(0, "/dice", "Place your bets")
	round := w.round(card)
	require.Contains(t, w.tap(0, mine, "Use 1"), "Your free bet of 50 in Dice is placed")
	require.EqualValues(t, 760, w.balance(0), "the house gave the stake")
	w.finish(round)
	history := w.ask(0, "/history", "free ticket")
	require.Contains(t, history.Text, "shop · -100 → 900")
	require.NotContains(t, history.Text, "item.", "units of items are no money")
	holdings, err := w.deps.Ledger.Holdings(t.Context(), w.tenant.ID, 0, w.player(0).ID)
	require.NoError(t, err)
	require.Len(t, holdings, 1, "and are in no wallet: %+v", holdings)
}
