package local_test

import (
	"net/http/httptest"
	"testing"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"github.com/stretchr/testify/require"

	"fairground/internal/telegram/local"
	"fairground/internal/telegram/local/simclient"
)

// stage is a server with one bot in one group: Ann owns it, Bob is a member.
type stage struct {
	t        *testing.T
	sim      *simclient.Client
	bot      *tgbotapi.BotAPI
	group    int64
	ann, bob int64
}

func newStage(t *testing.T, cfg local.Config) *stage {
	t.Helper()
	server, err := local.New(cfg)
	require.NoError(t, err)
	web := httptest.NewServer(server.Handler())
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		web.Close()
	})
	return furnish(t, simclient.New(web.URL, web.Client()))
}

// furnish makes the people, the group and the bot; all of it may exist already.
func furnish(t *testing.T, sim *simclient.Client) *stage {
	t.Helper()
	ctx := t.Context()
	ann, err := sim.User(ctx, local.NewUser{FirstName: "Ann", Username: "ann"})
	require.NoError(t, err)
	bob, err := sim.User(ctx, local.NewUser{FirstName: "Bob", Username: "bob"})
	require.NoError(t, err)
	chat, err := sim.Chat(ctx, local.NewChat{Title: "Harbour", Owner: ann.ID, Members: []int64{bob.ID}})
	require.NoError(t, err)
	info, err := sim.Bot(ctx, local.NewBot{Username: "fair_bot", Name: "Fair"})
	require.NoError(t, err)
	_, err = sim.Join(ctx, chat.ID, info.ID)
	require.NoError(t, err)
	bot, err := tgbotapi.NewBotAPIWithAPIEndpoint(info.Token, sim.Endpoint())
	require.NoError(t, err)
	return &stage{t: t, sim: sim, bot: bot, group: chat.ID, ann: ann.ID, bob: bob.ID}
}

// drain reads and confirms everything that waits.
func (s *stage) drain() []tgbotapi.Update {
	s.t.Helper()
	var all []tgbotapi.Update
	offset := 0
	for {
		batch, err := s.bot.GetUpdates(tgbotapi.UpdateConfig{Offset: offset, Limit: 100})
		require.NoError(s.t, err)
		if len(batch) == 0 {
			return all
		}
		all = append(all, batch...)
		offset = batch[len(batch)-1].UpdateID + 1
	}
}

// keyboard sends a message with one button.
func (s *stage) keyboard(data string) tgbotapi.Message {
	s.t.Helper()
	m := tgbotapi.NewMessage(s.group, "Tap")
	m.ReplyMarkup = tgbotapi.NewInlineKeyboardMarkup(tgbotapi.NewInlineKeyboardRow(tgbotapi.NewInlineKeyboardButtonData("Join", data)))
	sent, err := s.bot.Send(m)
	require.NoError(s.t, err)
	return sent
}

// refuses checks that a call is refused with a code and Telegram's words.
func (s *stage) refuses(code int, words, method string, params tgbotapi.Params) {
	s.t.Helper()
	require.NotNil(s.t, s.refusal(code, words, method, params))
}

// refusal is refuses for a test that looks at the answer's parameters.
func (s *stage) refusal(code int, words, method string, params tgbotapi.Params) *tgbotapi.Error {
	s.t.Helper()
	_, err := s.bot.MakeRequest(method, params)
	var refusal *tgbotapi.Error
	require.ErrorAs(s.t, err, &refusal, "%s should fail", method)
	require.Equal(s.t, code, refusal.Code, refusal.Message)
	require.Contains(s.t, refusal.Message, words)
	return refusal
}

// simRefuses checks that the simulator names the field that is wrong.
func simRefuses(t *testing.T, err error, status int, field string) {
	t.Helper()
	var refusal *local.SimError
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, status, refusal.Status, refusal.Message)
	require.Equal(t, field, refusal.Field, refusal.Message)
}

// answerAll answers every tap with a toast until the test ends.
func (s *stage) answerAll(toast string) {
	s.t.Helper()
	updates := s.bot.GetUpdatesChan(tgbotapi.UpdateConfig{Timeout: 20})
	s.t.Cleanup(s.bot.StopReceivingUpdates)
	go func() {
		for u := range updates {
			if u.CallbackQuery != nil {
				_, _ = s.bot.Request(tgbotapi.NewCallback(u.CallbackQuery.ID, toast))
			}
		}
	}()
}
