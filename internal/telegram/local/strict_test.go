package local_test

import (
	"strconv"
	"strings"
	"testing"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"github.com/stretchr/testify/require"

	"fairground/internal/telegram/local"
)

func id(n int64) string { return strconv.FormatInt(n, 10) }

func markup(button string) string { return `{"inline_keyboard":[[` + button + `]]}` }

// Every refusal that a bot has to live with, in Telegram's words.
func TestRefusalsAreTelegrams(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{LimitsOff: true})
	group := id(s.group)
	sent := id(int64(s.keyboard("go").MessageID))
	theirs, err := s.sim.Say(t.Context(), s.ann, s.group, "/hello")
	require.NoError(t, err)
	cases := []struct {
		name, method, words string
		code                int
		params              tgbotapi.Params
	}{
		{"no chat", "sendMessage", "Bad Request: chat not found", 400, tgbotapi.Params{"chat_id": "-100999", "text": "x"}},
		{"no chat id", "sendMessage", "Bad Request: chat_id is empty", 400, tgbotapi.Params{"text": "x"}},
		{"first word to a person", "sendMessage", "Forbidden: bot can't initiate conversation with a user", 403, tgbotapi.Params{"chat_id": id(s.ann), "text": "x"}},
		{"empty text", "sendMessage", "message text is empty", 400, tgbotapi.Params{"chat_id": group, "text": "  "}},
		{"long text", "sendMessage", "message is too long", 400, tgbotapi.Params{"chat_id": group, "text": strings.Repeat("é", 4097)}},
		{"65-byte callback", "sendMessage", "BUTTON_DATA_INVALID", 400, tgbotapi.Params{"chat_id": group, "text": "x", "reply_markup": markup(`{"text":"a","callback_data":"` + strings.Repeat("é", 33) + `"}`)}},
		{"empty callback", "sendMessage", "BUTTON_DATA_INVALID", 400, tgbotapi.Params{"chat_id": group, "text": "x", "reply_markup": markup(`{"text":"a","callback_data":""}`)}},
		{"text button", "sendMessage", "Text buttons are unallowed in the inline keyboard", 400, tgbotapi.Params{"chat_id": group, "text": "x", "reply_markup": markup(`{"text":"a"}`)}},
		{"Mini App in a group", "sendMessage", "BUTTON_TYPE_INVALID", 400, tgbotapi.Params{"chat_id": group, "text": "x", "reply_markup": markup(`{"text":"a","web_app":{"url":"https://a.example"}}`)}},
		{"open tag", "sendMessage", `Can't find end tag corresponding to start tag "b"`, 400, tgbotapi.Params{"chat_id": group, "text": "<b>x", "parse_mode": "HTML"}},
		{"strange tag", "sendMessage", `Unsupported start tag "div" at byte offset 2`, 400, tgbotapi.Params{"chat_id": group, "text": "é<div>x</div>", "parse_mode": "HTML"}},
		{"lost reply", "sendMessage", "message to be replied not found", 400, tgbotapi.Params{"chat_id": group, "text": "x", "reply_to_message_id": "999"}},
		{"lost topic", "sendMessage", "message thread not found", 400, tgbotapi.Params{"chat_id": group, "text": "x", "message_thread_id": "999"}},
		{"same text", "editMessageText", "message is not modified", 400, tgbotapi.Params{"chat_id": group, "message_id": sent, "text": "Tap", "reply_markup": markup(`{"text":"Join","callback_data":"go"}`)}},
		{"same buttons", "editMessageReplyMarkup", "message is not modified", 400, tgbotapi.Params{"chat_id": group, "message_id": sent, "reply_markup": markup(`{"text":"Join","callback_data":"go"}`)}},
		{"lost message", "editMessageText", "message to edit not found", 400, tgbotapi.Params{"chat_id": group, "message_id": "999", "text": "x"}},
		{"their message", "editMessageText", "message can't be edited", 400, tgbotapi.Params{"chat_id": group, "message_id": id(theirs.MessageID), "text": "x"}},
		{"delete theirs", "deleteMessage", "message can't be deleted", 400, tgbotapi.Params{"chat_id": group, "message_id": id(theirs.MessageID)}},
		{"pin without right", "pinChatMessage", "not enough rights to manage pinned messages", 400, tgbotapi.Params{"chat_id": group, "message_id": sent}},
		{"long toast", "answerCallbackQuery", "MESSAGE_TOO_LONG", 400, tgbotapi.Params{"callback_query_id": "1", "text": strings.Repeat("x", 201)}},
		{"unknown query", "answerCallbackQuery", "query is too old and response timeout expired or query ID is invalid", 400, tgbotapi.Params{"callback_query_id": "1"}},
		{"bad command", "setMyCommands", "BOT_COMMAND_INVALID", 400, tgbotapi.Params{"commands": `[{"command":"No Way","description":"x"}]`}},
		{"unknown member", "getChatMember", "member not found", 400, tgbotapi.Params{"chat_id": group, "user_id": "42"}},
		{"unknown method", "sendHologram", "Not Found: method not found", 404, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			(&stage{t: t, bot: s.bot}).refuses(c.code, c.words, c.method, c.params)
		})
	}
	log, err := s.sim.Log(t.Context(), 0, "sendHologram")
	require.NoError(t, err)
	require.Len(t, log, 1)
	require.Contains(t, log[0].Warning, "unknown method")
	require.NotContains(t, log[0].Params, s.bot.Token)
}

func TestUnknownTokenIsUnauthorized(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	_, err := tgbotapi.NewBotAPIWithAPIEndpoint("7000000009:LOCAL-nobodynobody", s.sim.Endpoint())
	require.EqualError(t, err, "Unauthorized")
}

func TestOnlyLocalTokensAreRegistered(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	_, err := s.sim.Bot(t.Context(), local.NewBot{Username: "real_bot", Token: "123456:AAE-real-looking-token"})
	simRefuses(t, err, 400, "token")
	require.False(t, local.IsLocalToken("123456:AAE-real-looking-token"))
	require.True(t, local.IsLocalToken(local.NewToken(7000000001)))
}

func TestOnlyLoopbackIsBound(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "example.com:80"} {
		_, err := local.New(local.Config{Addr: addr})
		require.ErrorIs(t, err, local.ErrNotLoopback, addr)
	}
}

func TestHTMLBecomesEntities(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	m := tgbotapi.NewMessage(s.group, " 🎲 <b>Big &amp; <i>bold</i></b> <a href=\"https://a.example/?x=1&amp;y=2\">proof</a> <code>/no</code> https://b.example. ")
	m.ParseMode = tgbotapi.ModeHTML
	sent, err := s.bot.Send(m)
	require.NoError(t, err)
	require.Equal(t, "🎲 Big & bold proof /no https://b.example.", sent.Text)
	require.Equal(t, []tgbotapi.MessageEntity{
		{Type: "bold", Offset: 3, Length: 10},
		{Type: "italic", Offset: 9, Length: 4},
		{Type: "text_link", Offset: 14, Length: 5, URL: "https://a.example/?x=1&y=2"},
		{Type: "code", Offset: 20, Length: 3},
		{Type: "url", Offset: 24, Length: 17},
	}, sent.Entities)
}
