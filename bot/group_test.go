package bot_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/bot"
	"fairground/internal/telegram/local"
	"fairground/ledger"
	"fairground/models"
	"fairground/players"
)

func (w *world) grant(group, player int64) {
	w.t.Helper()
	_, err := w.deps.Ledger.Grant(w.t.Context(), ledger.GrantRequest{
		Tenant: w.tenant.ID, Group: group, Player: player, Amount: 1000, Key: "welcome", Kind: "welcome",
	})
	require.NoError(w.t, err)
}

// status is the group's status now.
func (w *world) status() models.GroupStatus {
	w.t.Helper()
	g, err := w.deps.Players.GroupByChat(w.t.Context(), w.tenant.ID, w.group)
	require.NoError(w.t, err)
	return g.Status
}

func TestAGroupIsActivatedByItsAdministrator(t *testing.T) {
	t.Parallel()
	w := newBareWorld(t, 2)
	require.Equal(t, models.GroupPending, w.status())
	w.ask(1, "/start", "Only an administrator of this group can start me")
	w.ask(1, "/dice", "I have not been started in this group yet")
	require.Equal(t, models.GroupPending, w.status())
	w.ask(0, "/start", "This group is ready")
	w.wait("Welcome, Ada0! You received 1,000 points. Balance 1,000")
	require.Equal(t, models.GroupActive, w.status())

	w.ask(0, "/start", "Ada0, you already have your first points. Balance 1,000")
	require.EqualValues(t, 1000, w.balance(0))

	w.ask(0, "/pause", "Paused.")
	require.Equal(t, models.GroupPaused, w.status())
	w.ask(0, "/dice", "Rounds are paused in this group")
	w.ask(0, "/resume", "Rounds can be opened again")
	require.Equal(t, models.GroupActive, w.status())

	w.post("/sim/members", local.MemberInput{Chat: w.group, User: w.botID, Status: "kicked"}, nil)
	require.Eventually(t, func() bool { return w.status() == models.GroupRemoved }, patience, 20*time.Millisecond)
}

func TestMembersComeAndGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	card := w.ask(0, "/dice", "Closes in about")
	require.Contains(t, w.tap(1, card, "Big"), "accepted")
	w.post("/sim/leave", local.MemberInput{Chat: w.group, User: w.people[1]}, nil)
	member := func() error {
		g, err := w.deps.Players.GroupByChat(t.Context(), w.tenant.ID, w.group)
		require.NoError(t, err)
		p, err := w.deps.Players.PlayerByTelegram(t.Context(), w.tenant.ID, w.people[1])
		require.NoError(t, err)
		_, err = w.deps.Players.Member(t.Context(), w.tenant.ID, g.ID, p.ID)
		return err
	}
	require.Eventually(t, func() bool { return member() != nil }, patience, 20*time.Millisecond)
	require.ErrorIs(t, member(), players.ErrNotMember)
	require.Contains(t, w.forge(w.people[1], card, w.data(card, "Big")), "Only members of this group")
	w.post("/sim/join", local.MemberInput{Chat: w.group, User: w.people[1]}, nil)
	require.Eventually(t, func() bool { return member() == nil }, patience, 20*time.Millisecond)
	require.Contains(t, w.tap(1, card, "Big"), "Balance 900")

	// Somebody who was there before the bot: Telegram is asked.
	quiet := w.user("Quiet", "en")
	w.post("/sim/chats", local.NewChat{ID: w.group, Title: "Friends", Members: []int64{quiet}}, nil)
	require.Contains(t, w.tapAs(quiet, w.group, card, "Big"), "You have no points here")
}

func TestAGroupSpeaksItsLanguageAndPeopleTheirs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	chinese := w.user("Li", "zh-hans")
	w.post("/sim/join", local.MemberInput{Chat: w.group, User: chinese}, nil)
	w.people = append(w.people, chinese)
	w.ask(0, "/language xx", "one of: en | zh")
	w.ask(2, "/start", "Welcome, Li!")
	card := w.ask(0, "/dice", "Closes in about")
	require.Contains(t, w.tap(2, card, "Big"), "已接受。余额 950")
	require.Contains(t, w.tap(1, card, "Big"), "accepted. Balance 950")
	w.ask(0, "/language zh", "我在本群改说中文了")
	w.finish(w.round(card))
	w.waitAfter(card.MessageID, "注数 2")
	w.ask(1, "/help", "管理员")
}

func TestThePrivateChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	ada := w.people[0]
	hello := w.askPrivately(ada, "/start", "Hello Ada0! This is the bot of Test <house>")
	require.Equal(t, "我和你说中文了。", w.tapAs(ada, w.botID, hello, "中文"))
	w.askPrivately(ada, "/lang en", "I speak English with you now")
	w.askPrivately(ada, "/balance", "Friends: 1,000")
	w.askPrivately(ada, "/history", "welcome · +1,000")
	w.askPrivately(ada, "/seed", "a new random one for every bet")
	w.askPrivately(ada, "/seed not/allowed", "A seed has 1 to 64 letters")
	w.askPrivately(ada, "/seed my_luck-7", "Your bets now mix my_luck-7")
	w.askPrivately(ada, "/start seed", "Your seed for draws: my_luck-7")
	w.askPrivately(ada, "/seed random", "new random seed again")
	w.askPrivately(ada, "/rules dice", "Big · 2.00x · 48.61% (105/216) · returns 97.22%")
	w.askPrivately(ada, "/verify", "Send /verify with a round's id")
	w.askPrivately(ada, "/dice", "/dice works in a group")
	w.askPrivately(ada, "/nonsense", "I don't know /nonsense")
	w.askPrivately(ada, "hi", "I understand commands only")
	login := w.askPrivately(ada, "/login", "Your sign-in code: ")
	session, err := w.deps.Players.RedeemLoginCode(t.Context(), login.Text[len("Your sign-in code: "):][:8])
	require.NoError(t, err)
	identity, err := w.deps.Players.Authenticate(t.Context(), session.Token)
	require.NoError(t, err)
	require.Equal(t, w.tenant.ID, identity.Tenant)
	w.ask(0, "/login", "/login works in our private chat only")
}

func TestABasicGroupBecomesASupergroup(t *testing.T) {
	t.Parallel()
	w := newBareWorld(t, 2)
	var basic, fresh local.ChatInfo
	w.post("/sim/chats", local.NewChat{Title: "Basic", Type: "group", Owner: w.people[0], Members: w.people[1:]}, &basic)
	w.group = basic.ID
	w.post("/sim/members", local.MemberInput{Chat: w.group, User: w.botID}, nil)
	w.ask(0, "/start", "Welcome, Ada0!")
	card := w.ask(0, "/dice", "Closes in about")
	require.Contains(t, w.tap(0, card, "Big"), "Balance 950")
	w.post("/sim/migrate", local.MigrateInput{Chat: w.group}, &fresh)
	w.group = fresh.ID
	require.Eventually(t, func() bool {
		g, err := w.deps.Players.GroupByChat(t.Context(), w.tenant.ID, fresh.ID)
		return err == nil && g.Status == models.GroupActive
	}, patience, 20*time.Millisecond)
	require.EqualValues(t, 950, w.balance(0))
	again := w.wait("Bets 1 · players 1") // the first message stayed behind in the old chat
	require.Contains(t, w.tap(0, again, "Small"), "Balance 900")
	w.finish(w.round(card))
	w.wait("Bets 2 · staked 100")
	w.ask(0, "/me", "points here")
}

func TestATopicIsAnsweredInItself(t *testing.T) {
	t.Parallel()
	w := newBareWorld(t, 1)
	var forum local.ChatInfo
	w.post("/sim/chats", local.NewChat{Title: "Forum", Forum: true, Owner: w.people[0]}, &forum)
	w.group = forum.ID
	w.post("/sim/members", local.MemberInput{Chat: w.group, User: w.botID}, nil)
	w.ask(0, "/start", "Welcome, Ada0!")
	var topic local.TopicInfo
	w.post("/sim/topics", local.NewTopic{Chat: w.group, Name: "Games"}, &topic)
	var m local.Message
	w.post("/sim/send", local.SendInput{User: w.people[0], Chat: w.group, Text: "/dice", Thread: topic.ThreadID}, &m)
	card := w.waitAfter(m.MessageID, "Closes in about")
	require.Equal(t, topic.ThreadID, card.ThreadID)
}

func TestWebhooksBringUpdatesToo(t *testing.T) {
	t.Parallel()
	w := newBareWorld(t, 1)
	w.stop()
	addr := freeAddr(t)
	w.deps.Mode, w.deps.Addr, w.deps.WebhookURL = bot.Webhook, addr, "http://"+addr
	w.start()
	require.Eventually(t, func() bool {
		resp, err := http.Get("http://" + addr + "/readyz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, patience, 20*time.Millisecond)
	w.ask(0, "/start", "Welcome, Ada0!")
	resp, err := http.Post("http://"+addr+"/telegram/"+strconv.FormatInt(w.botID, 10), "application/json", nil)
	require.NoError(t, err)
	_ = resp.Body.Close()
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
}

func TestATenantThatComesLaterGetsItsBot(t *testing.T) {
	t.Parallel()
	w := newBareWorld(t, 1)
	var info local.BotInfo
	w.post("/sim/bots", local.NewBot{Username: "second_bot", Name: "Second"}, &info)
	_, err := w.deps.Players.CreateTenant(t.Context(), players.NewTenant{Name: "Second", BotToken: info.Token, BotID: info.ID, BotUsername: info.Username})
	require.NoError(t, err)
	w.botID = info.ID
	w.askPrivately(w.people[0], "/start", "This is the bot of Second")
}
