package bot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/bot"
	"fairground/cashier"
	"fairground/games"
	"fairground/internal/clock"
	"fairground/internal/postgres"
	"fairground/internal/redis"
	"fairground/internal/secret"
	"fairground/internal/telegram/local"
	"fairground/internal/testdb"
	"fairground/ledger"
	"fairground/models"
	"fairground/operators"
	"fairground/players"
	"fairground/workflows"
)

const publicURL = "http://127.0.0.1:7700"

// patience is long for a machine that is busy with other tests; what is waited for takes a second.
const patience = 30 * time.Second

// world is a local Telegram with a bot, a group and people, over a real database.
type world struct {
	t       *testing.T
	db      *testdb.DB
	url     string
	deps    bot.Deps
	tenant  models.Tenant
	botID   int64
	group   int64   // chat id
	people  []int64 // Telegram ids; the first owns the group
	stop    func()
	starts  int      // of the bot
	started sync.Map // rounds whose workflow was started
	full    sync.Map // rounds that were signalled as full

	decided   sync.Map // decisions that a workflow was told of
	apply     atomic.Pointer[func(context.Context, workflows.DecideMessage) error]
	cancelled sync.Map // withdrawals whose workflow was told that they were taken back
	held      atomic.Pointer[chan struct{}]
}

// newWorld starts everything: the group is active and everybody has the first points.
func newWorld(t *testing.T, people int) *world {
	t.Helper()
	w := newBareWorld(t, people)
	w.say(0, "/start")
	w.wait("This group is ready")
	w.wait("Welcome, Ada0!")
	for i := 1; i < people; i++ {
		w.say(i, "/start")
		w.wait(fmt.Sprintf("Welcome, Ada%d!", i))
	}
	return w
}

// newBareWorld starts everything but the group: the bot was just added to it.
func newBareWorld(t *testing.T, people int) *world {
	t.Helper()
	db := testdb.New(t, postgres.WithMaxConns(24))
	server, err := local.New(local.Config{}) // as strict as Telegram
	require.NoError(t, err)
	w := &world{t: t}
	http := httptest.NewServer(w.door(server.Handler()))
	t.Cleanup(func() { http.Close(); _ = server.Close() })
	box, err := secret.New(strings.Repeat("s", secret.MinLength))
	require.NoError(t, err)
	locker, err := redis.NewLocker("off", nil)
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	}
	w.db, w.url = db, http.URL
	w.deps = bot.Deps{
		DB: db.DB, Box: box, Players: players.New(db.DB, box, clock.System()), Ledger: ledger.New(db.DB), Clock: clock.System(), Logger: log,
		Engine:      games.New(games.Config{DB: db.DB, Box: box, Clock: clock.System(), Locker: locker, Logger: log}),
		TelegramURL: http.URL, PublicURL: publicURL,
		StartRound: func(_ context.Context, in workflows.RoundInput) error { w.started.Store(in.Round, in); return nil },
		FullRound:  func(_ context.Context, round string) error { w.full.Store(round, true); return nil },
	}
	w.deps.Operators = operators.New(operators.Config{DB: db.DB, Box: box, Clock: clock.System(), Logger: log})
	w.deps.Cashier = cashier.New(cashier.Config{
		DB: db.DB, Ledger: w.deps.Ledger, Players: w.deps.Players, Box: box, Clock: clock.System(), Logger: log, Kinds: cashier.Kinds(),
		PublicURL: w.hooks(),
	})
	w.deps.Decide = func(ctx context.Context, m workflows.DecideMessage) error {
		if apply := w.apply.Load(); apply != nil {
			return (*apply)(ctx, m)
		}
		return nil
	}
	w.deps.CancelWithdrawal = func(_ context.Context, id string) error { w.cancelled.Store(id, true); return nil }
	var info local.BotInfo
	w.post("/sim/bots", local.NewBot{Username: "fair_test_bot", Name: "Fair"}, &info)
	w.botID = info.ID
	w.tenant, err = w.deps.Players.CreateTenant(t.Context(), players.NewTenant{
		Name: "Test <house>", BotToken: info.Token, BotID: info.ID, BotUsername: info.Username,
	})
	require.NoError(t, err)
	for i := range people {
		w.people = append(w.people, w.user(fmt.Sprintf("Ada%d", i), "en"))
	}
	var chat local.ChatInfo
	w.post("/sim/chats", local.NewChat{Title: "Friends", Owner: w.people[0], Members: w.people[1:]}, &chat)
	w.group = chat.ID
	w.start()
	t.Cleanup(func() {
		w.stop()
		w.checkCalls(server.Handler())
		report, err := w.deps.Ledger.Audit(context.WithoutCancel(t.Context()))
		require.NoError(t, err)
		require.True(t, report.OK(), "the audit found: %+v", report)
	})
	w.post("/sim/members", local.MemberInput{Chat: w.group, User: w.botID, By: w.people[0]}, nil)
	w.wait("An administrator of this group starts me")
	return w
}

// hooks takes the callbacks of gateways, as the API does, and is their address.
func (w *world) hooks() string {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = w.deps.Cashier.ReceiveWebhook(r.Context(), path.Base(r.URL.Path), r.Header, body)
		}
		if err != nil {
			rw.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	w.t.Cleanup(server.Close)
	return server.URL
}

// checkCalls fails when the bot went past a limit or called what does not exist. A bot that was
// started again does not know what the one before it has sent: it may be told to wait, and waits.
func (w *world) checkCalls(handler http.Handler) {
	w.t.Helper()
	answer := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodGet, "/sim/log?warnings=1", nil)
	req.Host = "127.0.0.1"
	handler.ServeHTTP(answer, req)
	var calls []local.CallEntry
	require.NoError(w.t, json.Unmarshal(answer.Body.Bytes(), &calls))
	for _, c := range calls {
		if w.starts == 1 {
			require.NotContains(w.t, c.Error, "Too Many Requests", c.Method)
		}
		if c.Method != "setWebhook" { // to a test's own address, without https
			require.Empty(w.t, c.Warning, c.Method)
		}
	}
}

// door stands before Telegram and keeps the answers to sent messages back while they are held.
func (w *world) door(telegram http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		telegram.ServeHTTP(rw, r)
		if release := w.held.Load(); release != nil && strings.HasSuffix(r.URL.Path, "/sendMessage") {
			<-*release
		}
	})
}

// hold keeps the bot from learning that its messages were sent, until release is called.
func (w *world) hold() (release func()) {
	gate := make(chan struct{})
	w.held.Store(&gate)
	return sync.OnceFunc(func() { w.held.Store(nil); close(gate) })
}

// start runs the bot until w.stop.
func (w *world) start() {
	w.starts++
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- bot.Run(ctx, w.deps) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			require.NoError(w.t, err)
		case <-time.After(patience):
			w.t.Error("the bot did not stop")
		}
	})
}

// user makes a person.
func (w *world) user(name, language string) int64 {
	var u local.User
	w.post("/sim/users", local.NewUser{FirstName: name, Username: strings.ToLower(name), LanguageCode: language}, &u)
	return u.ID
}

// post calls the simulator; out may be nil.
func (w *world) post(route string, in, out any) {
	w.t.Helper()
	body, err := json.Marshal(in)
	require.NoError(w.t, err)
	w.call(http.MethodPost, route, body, out)
}

func (w *world) call(method, route string, body []byte, out any) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+route, bytes.NewReader(body))
	require.NoError(w.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusOK, resp.StatusCode, "%s %s: %s", route, body, raw)
	if out != nil {
		require.NoError(w.t, json.Unmarshal(raw, out))
	}
}

// say writes in the group; person is an index.
func (w *world) say(person int, text string) int64 {
	w.t.Helper()
	return w.sayIn(w.people[person], w.group, text)
}

func (w *world) sayIn(user, chat int64, text string) int64 {
	w.t.Helper()
	var m local.Message
	w.post("/sim/send", local.SendInput{User: user, Chat: chat, Text: text}, &m)
	return m.MessageID
}

// ask writes in the group and waits for the reply with this text.
func (w *world) ask(person int, text, answer string) local.Message {
	w.t.Helper()
	id := w.say(person, text)
	return w.waitAfter(id, answer)
}

// askPrivately writes to the bot and waits for its answer.
func (w *world) askPrivately(user int64, text, answer string) local.Message {
	w.t.Helper()
	id := w.sayIn(user, w.botID, text)
	var m local.Message
	w.post("/sim/wait", local.WaitInput{User: user, Chat: w.botID, Contains: answer, After: id, FromBot: true, TimeoutMS: patience.Milliseconds()}, &m)
	return m
}

func (w *world) wait(contains string) local.Message { w.t.Helper(); return w.waitAfter(0, contains) }

func (w *world) waitAfter(after int64, contains string) local.Message {
	w.t.Helper()
	var m local.Message
	w.post("/sim/wait", local.WaitInput{Chat: w.group, Contains: contains, After: after, FromBot: true, TimeoutMS: patience.Milliseconds()}, &m)
	return m
}

// messages are the group's messages after one.
func (w *world) messages(after int64) []local.Message {
	w.t.Helper()
	var all []local.Message
	w.call(http.MethodGet, fmt.Sprintf("/sim/messages?chat=%d&after=%d", w.group, after), nil, &all)
	return all
}

// messagesOf are all messages of a group.
func (w *world) messagesOf(chat int64) []local.Message {
	w.t.Helper()
	var all []local.Message
	w.call(http.MethodGet, fmt.Sprintf("/sim/messages?chat=%d&after=0", chat), nil, &all)
	return all
}

// message is one message as it is now.
func (w *world) message(id int64) local.Message {
	w.t.Helper()
	return w.messages(id - 1)[0]
}

// tap presses the button that starts with a text and returns the toast.
func (w *world) tap(person int, m local.Message, button string) string {
	w.t.Helper()
	return w.tapAs(w.people[person], w.group, m, button)
}

func (w *world) tapAs(user, chat int64, m local.Message, button string) string {
	w.t.Helper()
	var out local.TapResult
	w.post("/sim/tap", local.TapInput{User: user, Chat: chat, MessageID: m.MessageID, Data: w.data(m, button), TimeoutMS: patience.Milliseconds()}, &out)
	require.True(w.t, out.Answered, button)
	return out.Toast
}

// data is the callback of the button that starts with a text.
func (w *world) data(m local.Message, button string) string {
	w.t.Helper()
	require.NotNil(w.t, m.ReplyMarkup, "the message has no buttons: %s", m.Text)
	for _, row := range m.ReplyMarkup.Rows {
		for _, b := range row {
			if strings.HasPrefix(b.Text, button) {
				return b.CallbackData
			}
		}
	}
	require.Fail(w.t, "no such button", "%s in %v", button, m.ReplyMarkup.Rows)
	return ""
}

// forge sends a callback that no button sent.
func (w *world) forge(user int64, m local.Message, data string) string {
	w.t.Helper()
	var out local.TapResult
	w.post("/sim/forge", local.ForgeInput{User: user, Chat: w.group, MessageID: m.MessageID, Data: data, TimeoutMS: patience.Milliseconds()}, &out)
	require.True(w.t, out.Answered, data)
	return out.Toast
}

// round is the id of the round a card shows.
func (w *world) round(card local.Message) string {
	w.t.Helper()
	at := strings.Index(card.Text, "r_")
	require.GreaterOrEqual(w.t, at, 0, card.Text)
	return card.Text[at : at+18]
}

// finish plays a round to its end as the workflow would.
func (w *world) finish(round string) {
	w.t.Helper()
	out, err := w.deps.Engine.Close(w.t.Context(), w.tenant.ID, round, true)
	require.NoError(w.t, err)
	if out.Status.Final() {
		return
	}
	_, err = w.deps.Engine.Draw(w.t.Context(), w.tenant.ID, round)
	require.NoError(w.t, err)
	_, err = w.deps.Engine.Settle(w.t.Context(), w.tenant.ID, round)
	require.NoError(w.t, err)
}

// balance is what a person can spend in the group.
func (w *world) balance(person int) int64 {
	w.t.Helper()
	g, err := w.deps.Players.GroupByChat(w.t.Context(), w.tenant.ID, w.group)
	require.NoError(w.t, err)
	p, err := w.deps.Players.PlayerByTelegram(w.t.Context(), w.tenant.ID, w.people[person])
	require.NoError(w.t, err)
	n, err := w.deps.Ledger.Balance(w.t.Context(), w.tenant.ID, g.ID, games.AssetPoints, p.ID)
	require.NoError(w.t, err)
	return n
}

// number is the only number after a word in a text.
func numberAfter(t *testing.T, text, word string) int64 {
	t.Helper()
	_, rest, ok := strings.Cut(text, word)
	require.True(t, ok, "%q in %q", word, text)
	end := strings.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != ',' })
	if end >= 0 {
		rest = rest[:end]
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(rest, ",", ""), 10, 64)
	require.NoError(t, err, text)
	return n
}

// freeAddr is a loopback address nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
