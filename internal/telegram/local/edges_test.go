package local_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
	"github.com/stretchr/testify/require"

	"fairground/internal/telegram"
	"fairground/internal/telegram/local"
)

func TestWebhookRetriesUntilTaken(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	s.drain()
	var calls atomic.Int32
	got := make(chan tgbotapi.Update, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Telegram-Bot-Api-Secret-Token") != "s3cret" || calls.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var u tgbotapi.Update
		if json.NewDecoder(r.Body).Decode(&u) == nil {
			got <- u
		}
	}))
	defer hook.Close()
	_, err := s.bot.MakeRequest("setWebhook", tgbotapi.Params{"url": hook.URL, "secret_token": "s3cret"})
	require.NoError(t, err)
	s.refuses(409, "can't use getUpdates method while webhook is active", "getUpdates", nil)
	for _, text := range []string{"/one", "/two"} {
		_, err = s.sim.Say(t.Context(), s.bob, s.group, text)
		require.NoError(t, err)
	}
	require.Equal(t, "/one", (<-got).Message.Text)
	require.Equal(t, "/two", (<-got).Message.Text)
	info, err := s.bot.GetWebhookInfo()
	require.NoError(t, err)
	require.Contains(t, info.LastErrorMessage, "503")
	_, err = s.bot.Request(tgbotapi.DeleteWebhookConfig{})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(s.drain()) == 0 }, time.Second, 10*time.Millisecond)
}

func TestInitDataIsValid(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	data, err := s.sim.InitData(t.Context(), local.InitDataInput{User: s.ann, Bot: s.bot.Self.ID, StartParam: "g_abc", URL: "http://127.0.0.1:1/app"})
	require.NoError(t, err)
	user, err := telegram.ValidateInitData(s.bot.Token, data.InitData, time.Now(), time.Hour)
	require.NoError(t, err)
	require.Equal(t, s.ann, user.ID)
	require.Contains(t, data.InitData, "signature=")
	require.Contains(t, data.URL, "#tgWebAppData=")
}

func TestStarsFromInvoiceToRefund(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	ctx := t.Context()
	_, err := s.sim.Say(ctx, s.ann, s.bot.Self.ID, "/start")
	require.NoError(t, err)
	answer, err := s.bot.MakeRequest("sendInvoice", tgbotapi.Params{
		"chat_id": id(s.ann), "title": "Stars", "description": "Ten", "payload": "p1", "currency": "XTR", "prices": `[{"label":"Ten","amount":10}]`,
	})
	require.NoError(t, err)
	var m local.Message
	require.NoError(t, json.Unmarshal(answer.Result, &m))
	s.drain()
	paid := make(chan local.PayResult, 1)
	go func() {
		result, _ := s.sim.Pay(ctx, local.PayInput{User: s.ann, Chat: s.bot.Self.ID, MessageID: m.MessageID})
		paid <- result
	}()
	updates, err := s.bot.GetUpdates(tgbotapi.UpdateConfig{Timeout: 10})
	require.NoError(t, err)
	require.Equal(t, 10, updates[0].PreCheckoutQuery.TotalAmount)
	_, err = s.bot.Request(tgbotapi.PreCheckoutConfig{OK: true, PreCheckoutQueryID: updates[0].PreCheckoutQuery.ID})
	require.NoError(t, err)
	result := <-paid
	require.True(t, result.Paid, result.Error)
	got := s.drain()
	require.Equal(t, result.ChargeID, got[len(got)-1].Message.SuccessfulPayment.TelegramPaymentChargeID)
	refund := tgbotapi.Params{"user_id": id(s.ann), "telegram_payment_charge_id": result.ChargeID}
	_, err = s.bot.MakeRequest("refundStarPayment", refund)
	require.NoError(t, err)
	s.refuses(400, "CHARGE_ALREADY_REFUNDED", "refundStarPayment", refund)
}

func TestDiceRepeatsWithItsSeed(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{LimitsOff: true})
	roll := func(seed, emoji string) []int {
		require.NoError(t, s.sim.DiceSeed(t.Context(), seed))
		var values []int
		for range 20 {
			m, err := s.bot.Send(tgbotapi.NewDiceWithEmoji(s.group, emoji))
			require.NoError(t, err)
			values = append(values, m.Dice.Value)
		}
		return values
	}
	first, second := roll("a", "🎲"), roll("a", "🎲")
	require.Equal(t, first, second)
	require.NotEqual(t, roll("a", "🎰"), roll("b", "🎰"))
	for emoji, most := range map[string]int{"🎲": 6, "🏀": 5, "🎰": 64} {
		for _, v := range roll("", emoji) {
			require.True(t, v >= 1 && v <= most, "%s %d", emoji, v)
		}
	}
}

// JSON and multipart say the same as a form.
func TestBodiesOfAllKinds(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	bodies := map[string]string{
		"application/json":                  `{"chat_id":` + id(s.group) + `,"text":"json","reply_markup":{"inline_keyboard":[[{"text":"a","callback_data":"b"}]]}}`,
		"multipart/form-data; boundary=cut": "--cut\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n" + id(s.group) + "\r\n--cut\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nparts\r\n--cut--\r\n",
	}
	for kind, body := range bodies {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.sim.BotAPI()+"/bot"+s.bot.Token+"/sendMessage", strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", kind)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		raw, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode, string(raw))
	}
}

// A page of another site cannot reach the simulator through the browser.
func TestForeignPagesAreRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	for header, value := range map[string]string{"Origin": "https://evil.example", "Host": "evil.example"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.sim.BotAPI()+"/sim/state", http.NoBody)
		require.NoError(t, err)
		req.Header.Set(header, value)
		if header == "Host" {
			req.Host = value
		}
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusForbidden, resp.StatusCode, header)
	}
}

func TestRunServesUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	server, err := local.New(local.Config{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	addr, err := server.Addr(ctx)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/", http.NoBody)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
	cancel()
	require.NoError(t, <-ended)
}

func TestWaitAndItsTimeout(t *testing.T) {
	t.Parallel()
	s := newStage(t, local.Config{})
	time.AfterFunc(20*time.Millisecond, func() { _, _ = s.bot.Send(tgbotapi.NewMessage(s.group, "here it is")) })
	m, err := s.sim.Wait(t.Context(), local.WaitInput{Chat: s.group, Contains: "it is", FromBot: true})
	require.NoError(t, err)
	require.Equal(t, "here it is", m.Text)
	_, err = s.sim.Wait(t.Context(), local.WaitInput{Chat: s.group, Contains: "never", TimeoutMS: 10})
	simRefuses(t, err, 408, "contains")
}
