package bot_test

import (
	"encoding/json"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/internal/clock"
	"fairground/internal/secret"
	"fairground/internal/telegram/local"
	"fairground/models"
	"fairground/providers"
	"fairground/providers/seamless"
)

const (
	houseID     = "pv_acmeacmeacmeacme"
	houseSecret = "a secret of the provider and this wallet"
)

// offer makes or changes the provider's games.
func (w *till) offer(room *providers.Providers, address string, on bool) {
	w.t.Helper()
	long := strings.Repeat("g", 64)
	require.NoError(w.t, room.SeedProvider(w.t.Context(), providers.Seed{
		Tenant: w.tenant.ID, ID: houseID, Title: "Acme <games>", Secret: houseSecret, Games: []providers.Game{
			{Game: "coin", Title: "Coin & cup", LaunchURL: address, Asset: games.AssetPoints, MinStake: 1, MaxStake: 500, Enabled: on},
			{Game: long, Title: "Long name", LaunchURL: address, Asset: games.AssetPoints, MinStake: 5, Enabled: on},
			{Game: "gone", Title: "Gone", LaunchURL: address, Asset: games.AssetPoints, MinStake: 1},
		},
	}))
}

// linkOf is the address of a message's only button.
func linkOf(t *testing.T, m local.Message) *url.URL {
	t.Helper()
	require.NotNil(t, m.ReplyMarkup, m.Text)
	link, err := url.Parse(m.ReplyMarkup.Rows[0][0].URL)
	require.NoError(t, err)
	return link
}

// TestGamesOfProvidersAreLaunchedPrivately goes from the list in the group to the link in the private chat, and plays.
func TestGamesOfProvidersAreLaunchedPrivately(t *testing.T) {
	t.Parallel()
	w := newTill(t, 2)
	room := providers.New(providers.Config{DB: w.db.DB, Box: w.deps.Box, Clock: clock.System(), Logger: slog.New(slog.DiscardHandler)})
	w.ask(0, "/arcade", "No games of other providers here")
	w.offer(room, "https://games.example/coin?theme=dark", true)
	list := w.ask(0, "/arcade", "Coin & cup · Acme <games> · 1 to 500 points")
	require.Contains(t, list.Text, "Long name · Acme <games> · from 5 points")
	require.NotContains(t, list.Text, "Gone")

	toast := w.tap(1, list, "Coin & cup")
	require.Contains(t, toast, "t.me/fair_test_bot, press Start")
	w.askPrivately(w.people[1], "/start", "Hello Ada1")
	require.Contains(t, w.tap(1, list, "Coin & cup"), "the link is in our private chat")
	link := linkOf(t, w.awaits(w.people[1], 0, "You play with what you have in Friends"))
	require.Equal(t, "games.example", link.Host)
	require.Equal(t, []string{"coin", "dark", "en"}, []string{link.Query().Get("game"), link.Query().Get("theme"), link.Query().Get("lang")})
	require.Contains(t, w.tap(1, list, "Long name"), "the link is in our private chat")
	long := linkOf(t, w.awaits(w.people[1], 0, "Long name"))
	require.Equal(t, strings.Repeat("g", 64), long.Query().Get("game"))

	w.playAtProvider(room, link.Query().Get("token"))
	history := w.ask(1, "/history", "stake at a provider")
	require.Contains(t, history.Text, "win at a provider · +80 → 1,030")
	require.Contains(t, history.Text, "stake returned by a provider · +20")
	require.NotContains(t, history.Text, "provider.")

	w.offer(room, "https://games.example/coin", false)
	require.Contains(t, w.tap(1, list, "Coin & cup"), "not offered now")
	require.Contains(t, w.forge(w.people[0], list, "p:0"), "not offered now")
	group, err := json.Marshal(w.messages(0))
	require.NoError(t, err)
	require.NotContains(t, string(group), "fgs_", "a link is for its player's eyes alone")
}

// playAtProvider stakes 50 and wins 80, and takes a stake of 20 back.
func (w *till) playAtProvider(room *providers.Providers, token string) {
	w.t.Helper()
	call := func(call seamless.Call, r seamless.Request) seamless.Answer {
		body, err := json.Marshal(r)
		require.NoError(w.t, err)
		header := seamless.Sign(houseID, []byte(houseSecret), call, time.Now(), seamless.NewNonce(), body)
		reply := room.Call(w.t.Context(), call, header, body)
		var a seamless.Answer
		require.NoError(w.t, json.Unmarshal(reply.Body, &a), string(reply.Body))
		require.Equal(w.t, seamless.OK, a.Code, string(reply.Body))
		return a
	}
	player := call(seamless.Authenticate, seamless.Request{Token: token}).Player
	move := func(amount int64, reference string) seamless.Request {
		return seamless.Request{
			Token: token, Player: player, Transaction: secret.ID("tx"), Reference: reference, Round: "1", Game: "coin", Asset: games.AssetPoints, Amount: &amount,
		}
	}
	bet, back := move(50, ""), move(20, "")
	call(seamless.Bet, bet)
	call(seamless.Win, move(80, bet.Transaction))
	call(seamless.Bet, back)
	call(seamless.Rollback, seamless.Request{
		Token: token, Player: player, Transaction: secret.ID("tx"), Reference: back.Transaction, Round: "1", Game: "coin",
	})
	require.EqualValues(w.t, 1030, w.balance(1))
}

// TestALinkThatTelegramTakesForNoButtonIsWrittenOut plays where the provider has an address of a machine's own, in a paused group.
func TestALinkThatTelegramTakesForNoButtonIsWrittenOut(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	room := providers.New(providers.Config{DB: w.db.DB, Box: w.deps.Box, Clock: clock.System(), Logger: slog.New(slog.DiscardHandler)})
	w.offer(room, "http://games/coin", true)
	w.askPrivately(w.people[0], "/start", "Hello Ada0")
	list := w.ask(0, "/arcade", "Coin & cup")
	require.Contains(t, w.tap(0, list, "Coin & cup"), "the link is in our private chat")
	w.awaits(w.people[0], 0, "http://games/coin?")
	w.ask(0, "/pause", "Paused")
	require.Contains(t, w.tap(0, list, "Coin & cup"), "takes no bets now")
}

// TestTheGroupsPotIsShown asks for games and rules in a group with a pot.
func TestTheGroupsPotIsShown(t *testing.T) {
	t.Parallel()
	w := newTill(t, 1)
	require.NotContains(t, w.ask(0, "/play", "What shall we play?").Text, "Jackpot")
	owner := w.hire(models.RoleOwner)[0]
	_, err := w.deps.Engine.SetJackpot(t.Context(), owner.authority, w.groupID(), 0, games.JackpotConfig{
		Enabled: true, ContributionBP: 150, Chance: 20_000, Seed: 1234, Games: []string{"dice"},
	}, "a test")
	require.NoError(t, err)
	const pot = "Jackpot of this group: 1,234 points. The house adds 1.50% of the stakes in Dice; each point staked wins it with a chance of 1 in 20,000."
	w.ask(0, "/play", pot)
	w.ask(0, "/rules", pot)
	w.ask(0, "/rules dice", pot)
	require.NotContains(t, w.ask(0, "/rules wheel", "version").Text, "Jackpot")
	require.NotContains(t, w.askPrivately(w.people[0], "/rules", "Dice").Text, "Jackpot")
}
