package bot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/internal/telegram/local"
	"fairground/models"
)

func TestEveryRefusalHasItsAnswerAndNothingMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	stranger := w.user("Stranger", "en")
	card := w.ask(0, "/dice", "Closes in about")
	round := w.round(card)
	answers := map[string]string{}
	note := func(name, answer, want string) {
		t.Helper()
		require.Contains(t, answer, want, name)
		require.Empty(t, answers[answer], "%s and %s get the same answer", name, answers[answer])
		answers[answer] = name
	}

	note("wrong stake", w.ask(1, "/dice big 5", "Allowed: ").Text, "That stake is not possible.")
	require.Contains(t, w.ask(1, "/dice big lots", "Allowed: ").Text, "5,000")
	note("wrong choice", w.ask(1, "/dice huge 50", "does not exist").Text, "big, small, odd, even, triple, 4 – 17")
	note("overdraft", w.ask(1, "/dice big 4000", "Not enough points").Text, "you have 1,000, it takes 4,000")
	note("unknown command", w.ask(1, "/nonsense", "I don't know /nonsense").Text, "/help")
	note("bad packet", w.ask(1, "/redpacket 100", "Send /redpacket total count").Text, "mine 7")
	note("packet of too little", w.ask(1, "/redpacket 5 2", "is not possible").Text, "total is not possible")
	note("bad duel", w.ask(1, "/duel much", "Send /duel stake").Text, "/duel 50")
	note("unknown game", w.ask(1, "/rules chess", "I don't know that game").Text, "/rules")
	note("admins only", w.ask(1, "/pause", "for administrators").Text, "/pause")

	const forged = "This button does nothing here"
	note("forged data", w.forge(w.people[1], card, "hello"), forged)
	for _, data := range []string{
		"b:" + round + ":99", "b:" + round + ":-1", "b:" + round + ":x", "b:" + round, "c:" + round, "j:" + round, "s:" + round + ":99",
		"b:r_aaaaaaaaaaaaaaaa:0", "b::0", "l:xx", "g:roulette", "", ":", strings.Repeat("b", 64),
	} {
		require.Contains(t, w.forge(w.people[1], card, data), forged, data)
	}
	note("65 bytes", w.forge(w.people[1], card, "b:"+round+":"+strings.Repeat("0", 44)), "more than Telegram allows")
	note("non-member", w.forge(stranger, card, "b:"+round+":0"), "Only members of this group")
	w.finish(round)
	w.waitAfter(card.MessageID, "is void: nobody took part")
	note("closed round", w.forge(w.people[1], card, "b:"+round+":0"), "The round is closed")
	note("unknown round", w.askPrivately(w.people[1], "/verify r_aaaaaaaaaaaaaaaa", "There is no such round").Text, "no such round")

	for i := range w.people {
		require.EqualValues(t, 1000, w.balance(i))
	}
}

func TestARefusedBetOpensNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.ask(0, "/dice big 7", "That stake is not possible. Allowed: ")
	w.ask(0, "/dice big lots", "That stake is not possible. Allowed: ")
	w.ask(0, "/dice huge 50", "That choice does not exist.")
	w.ask(0, "/dice big 4000", "you have 1,000, it takes 4,000")
	open, err := w.deps.Engine.OpenRounds(t.Context(), w.tenant.ID)
	require.NoError(t, err)
	require.Empty(t, open)
	w.ask(0, "/dice big 70", "Big · 70 at 2.00x accepted. Balance 930")
}

func TestACallbackFromAnotherChatIsForged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	card := w.ask(0, "/dice", "Closes in about")
	first := w.group
	var other local.ChatInfo
	w.post("/sim/chats", local.NewChat{Title: "Others", Owner: w.people[1], Members: []int64{w.people[0]}}, &other)
	w.post("/sim/members", local.MemberInput{Chat: other.ID, User: w.botID}, nil)
	w.group = other.ID
	elsewhere := w.ask(1, "/start", "This group is ready")
	require.Contains(t, w.forge(w.people[1], elsewhere, "b:"+w.round(card)+":0"), "This button does nothing here")
	w.group = first
	require.EqualValues(t, 1000, w.balance(1))
}

func TestAReusedKeyWithAnotherPayloadIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	card := w.ask(0, "/dice", "Closes in about")
	p, err := w.deps.Players.PlayerByTelegram(t.Context(), w.tenant.ID, w.people[1])
	require.NoError(t, err)

	var tapped local.TapResult
	w.post("/sim/tap", local.TapInput{User: w.people[1], Chat: w.group, MessageID: card.MessageID, Data: w.data(card, "Big")}, &tapped)
	require.Contains(t, tapped.Toast, "accepted")
	_, err = w.deps.Engine.PlaceBet(t.Context(), games.BetRequest{
		Tenant: w.tenant.ID, Round: w.round(card), Player: p.ID, Choice: "small", Stake: 50, Key: fmt.Sprintf("tg:%d:%s", w.botID, tapped.CallbackID),
	})
	require.ErrorIs(t, err, games.ErrKeyReused)
	require.EqualValues(t, 950, w.balance(1))
}

func TestSixtyFiveBytesNeverLeaveTheBot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.ask(0, "/dice", "Closes in about")
	for _, m := range w.messages(0) {
		if m.ReplyMarkup == nil {
			continue
		}
		for _, row := range m.ReplyMarkup.Rows {
			for _, b := range row {
				require.LessOrEqual(t, len(b.CallbackData), 64)
			}
		}
	}
	var refused struct {
		OK          bool   `json:"ok"`
		Description string `json:"description"`
	}
	token, err := w.deps.Players.BotToken(t.Context(), w.tenant.ID)
	require.NoError(t, err)
	keyboard := `{"inline_keyboard":[[{"text":"x","callback_data":"` + strings.Repeat("x", 65) + `"}]]}`
	body, err := json.Marshal(map[string]any{"chat_id": w.group, "text": "x", "reply_markup": json.RawMessage(keyboard)})
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/bot"+token+"/sendMessage", strings.NewReader(string(body)))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&refused))
	require.False(t, refused.OK)
	require.Contains(t, refused.Description, "BUTTON_DATA_INVALID")
}

func TestFiftyTapsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	card := w.ask(0, "/dice", "Closes in about")
	round := w.round(card)
	var crowd []local.User
	w.post("/sim/crowd/users", local.CrowdUsersInput{Chat: w.group, N: 50}, &crowd)
	require.Len(t, crowd, 50)
	g, err := w.deps.Players.GroupByChat(t.Context(), w.tenant.ID, w.group)
	require.NoError(t, err)

	var poor local.CrowdResult
	w.post("/sim/crowd", local.CrowdInput{Chat: w.group, MessageID: card.MessageID, Data: w.data(card, "Big"), N: 50}, &poor)
	require.Equal(t, 50, poor.Answered)
	for _, tap := range poor.Taps {
		require.Contains(t, tap.Toast, "You have no points here")
	}
	for _, u := range crowd {
		p, err := w.deps.Players.PlayerByTelegram(t.Context(), w.tenant.ID, u.ID)
		require.NoError(t, err)
		w.grant(g.ID, p.ID)
	}

	var rich local.CrowdResult
	w.post("/sim/crowd", local.CrowdInput{Chat: w.group, MessageID: card.MessageID, Data: w.data(card, "Big"), N: 50}, &rich)
	require.Equal(t, 50, rich.Answered)
	for _, tap := range rich.Taps {
		require.Contains(t, tap.Toast, "Big · 50 at 2.00x accepted. Balance 950")
	}
	t.Logf("50 strangers: p50 %.0f ms, p95 %.0f ms, max %.0f ms", poor.P50MS, poor.P95MS, poor.MaxMS)
	t.Logf("50 taps: p50 %.0f ms, p95 %.0f ms, max %.0f ms", rich.P50MS, rich.P95MS, rich.MaxMS)
	w.stop()
	w.start()
	var cold local.CrowdResult // the bot has just started and knows nobody
	w.post("/sim/crowd", local.CrowdInput{Chat: w.group, MessageID: card.MessageID, Data: w.data(card, "Big"), N: 50}, &cold)
	require.Equal(t, 50, cold.Answered)
	for _, tap := range cold.Taps {
		require.Contains(t, tap.Toast, "Big · 50 at 2.00x accepted. Balance 900")
	}
	t.Logf("50 taps on a new bot, its start included: p50 %.0f ms, p95 %.0f ms, max %.0f ms", cold.P50MS, cold.P95MS, cold.MaxMS)
	view, err := w.deps.Engine.Round(t.Context(), w.tenant.ID, round)
	require.NoError(t, err)
	require.EqualValues(t, 100, view.Bets)
	require.EqualValues(t, 50, view.Players)
	require.EqualValues(t, 5000, view.Pot)
	w.finish(round)
	w.waitAfter(card.MessageID, "Bets 100 · staked 5,000")
}

func TestARememberedMembershipLetsNobodyPlayWhoLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	card := w.ask(0, "/dice", "Closes in about")
	data := w.data(card, "Big")
	require.Contains(t, w.tap(1, card, "Big"), "accepted. Balance 950") // now it is remembered
	g, err := w.deps.Players.GroupByChat(t.Context(), w.tenant.ID, w.group)
	require.NoError(t, err)
	p, err := w.deps.Players.PlayerByTelegram(t.Context(), w.tenant.ID, w.people[1])
	require.NoError(t, err)
	require.NoError(t, w.deps.Players.SetMember(t.Context(), w.tenant.ID, g.ID, p.ID, models.MemberLeft)) // behind the bot's back
	require.Contains(t, w.forge(w.people[1], card, data), "Only members of this group")
	require.EqualValues(t, 950, w.balance(1))
}

func TestTextInAGroupIsIgnored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	last := w.say(1, "hello everybody")
	w.say(1, "/help@some_other_bot")
	time.Sleep(300 * time.Millisecond)
	for _, m := range w.messages(last) {
		require.False(t, m.From.IsBot, m.Text)
	}
}
