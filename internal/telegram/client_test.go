package telegram_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/internal/telegram"
)

// answer serves one canned answer to every call and checks the path.
func answer(t *testing.T, status int, body string) *telegram.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return telegram.New(telegram.Config{Token: testToken, BaseURL: server.URL})
}

func TestCallSendsFieldsAsAForm(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/bot"+testToken+"/sendMessage" || r.FormValue("chat_id") != "-100" || r.FormValue("text") != "<b>hi</b> \"x\"" ||
			r.FormValue("reply_markup") != `{"inline_keyboard":[[{"text":"Go","web_app":{"url":"https://x"}}]]}` || r.Form.Has("message_thread_id") {
			t.Errorf("unexpected call %s %v", r.URL.Path, r.Form)
		}
		_, _ = io.WriteString(w, `{"ok":true,"result":{"message_id":7}}`)
	}))
	t.Cleanup(server.Close)
	client := telegram.New(telegram.Config{Token: testToken, BaseURL: server.URL + "/"})
	var sent telegram.Sent

	err := client.Call(t.Context(), "sendMessage", telegram.SendMessage{
		ChatID: -100, Text: `<b>hi</b> "x"`,
		Keyboard: &telegram.Keyboard{Rows: [][]telegram.Button{telegram.Row(telegram.Button{Text: "Go", WebApp: &telegram.WebApp{URL: "https://x"}})}},
	}, &sent)

	require.NoError(t, err)
	require.Equal(t, int64(7), sent.MessageID)
}

func TestErrorsAreTyped(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body    string
		want    error
		refused bool
	}{
		"429":      {`{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":3}}`, telegram.ErrTooManyRequests, false},
		"403":      {`{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}`, telegram.ErrForbidden, true},
		"modified": {`{"ok":false,"error_code":400,"description":"Bad Request: message is not modified"}`, telegram.ErrNotModified, true},
		"migrated": {`{"ok":false,"error_code":400,"description":"upgraded","parameters":{"migrate_to_chat_id":-1005}}`, telegram.ErrChatMigrated, true},
		"gone":     {`{"ok":false,"error_code":400,"description":"Bad Request: message to edit not found"}`, telegram.ErrMessageGone, true},
		"old":      {`{"ok":false,"error_code":400,"description":"Bad Request: query is too old and response timeout expired"}`, telegram.ErrQueryTooOld, true},
		"401":      {`{"ok":false,"error_code":401,"description":"Unauthorized"}`, telegram.ErrUnauthorized, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := answer(t, http.StatusOK, tt.body).Call(t.Context(), "x", nil, nil)
			require.ErrorIs(t, err, tt.want)
			require.Equal(t, tt.refused, telegram.Refused(err))
			var refusal *telegram.Error
			require.ErrorAs(t, err, &refusal)
			if name == "429" {
				require.Equal(t, 3*time.Second, refusal.RetryAfter)
			}
			if name == "migrated" {
				require.Equal(t, int64(-1005), refusal.MigrateTo)
			}
		})
	}
}

func TestNoErrorShowsTheAddressOfAButton(t *testing.T) {
	t.Parallel()
	const body = `{"ok":false,"error_code":400,"description":"Bad Request: inline keyboard button URL 'http://games/x?token=fgs_1' is invalid: Wrong HTTP URL"}`
	err := answer(t, http.StatusOK, body).Call(t.Context(), "x", nil, nil)
	require.ErrorContains(t, err, "button URL (address) is invalid")
	require.NotContains(t, err.Error(), "fgs_1")
}

func TestNoErrorShowsTheToken(t *testing.T) {
	t.Parallel()
	dead := telegram.New(telegram.Config{Token: testToken, BaseURL: "http://127.0.0.1:1"})
	bad := telegram.New(telegram.Config{Token: testToken, BaseURL: "http://%zz"})
	html := answer(t, http.StatusBadGateway, "<html>")
	echo := answer(t, http.StatusOK, `{"ok":false,"error_code":404,"description":"no `+testToken+`"}`)
	for _, client := range []*telegram.Client{dead, bad, html, echo} {
		err := client.Call(t.Context(), "getMe", nil, nil)
		require.Error(t, err)
		require.NotContains(t, err.Error(), testToken)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, dead.Call(ctx, "getMe", nil, nil), context.Canceled)
}

func TestPollerRepeatsABatchThatWasNotTaken(t *testing.T) {
	t.Parallel()
	var calls, second atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if r.FormValue("offset") == "8" {
			second.Add(1)
			_, _ = io.WriteString(w, `{"ok":true,"result":[]}`)
			return
		}
		_, _ = io.WriteString(w, `{"ok":true,"result":[{"update_id":6,"message":7},{"update_id":7,"message":{"message_id":1,"chat":{"id":5},`+
			`"message_thread_id":9,"is_topic_message":true,"text":"/Dice@fair_bot big 50","from":{"id":42,"first_name":"A"}}}]}`)
	}))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []telegram.Update
	poller := &telegram.Poller{
		Client: telegram.New(telegram.Config{Token: testToken, BaseURL: server.URL}), Clock: clock.System(), Logger: slog.New(slog.DiscardHandler),
		Handle: func(_ context.Context, batch []telegram.Update) error {
			if calls.Load() == 1 {
				return context.DeadlineExceeded
			}
			got = append(got, batch...)
			return nil
		},
	}
	done := make(chan error, 1)
	go func() { done <- poller.Run(ctx) }()
	require.Eventually(t, func() bool { return second.Load() > 0 }, 5*time.Second, 5*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
	require.Len(t, got, 1)
	require.Equal(t, int64(42), got[0].Sender())
	require.Equal(t, int64(9), got[0].Message.Topic())
	name, bot, args := got[0].Message.Command()
	require.Equal(t, "dice", name)
	require.Equal(t, "fair_bot", bot)
	require.Equal(t, []string{"big", "50"}, args)
	again, err := telegram.DecodeUpdate(got[0].Raw)
	require.NoError(t, err)
	require.Equal(t, got[0], again)
}

func TestWebhookChecksTheSecret(t *testing.T) {
	t.Parallel()
	fail := context.Canceled
	tests := map[string]struct {
		secret, body string
		err          error
		want         int
	}{
		"stored":       {"s3", `{"update_id":1}`, nil, http.StatusOK},
		"wrong secret": {"s4", `{"update_id":1}`, nil, http.StatusUnauthorized},
		"no secret":    {"", `{"update_id":1}`, nil, http.StatusUnauthorized},
		"not stored":   {"s3", `{"update_id":1}`, fail, http.StatusServiceUnavailable},
		"unreadable":   {"s3", `{"update_id":`, fail, http.StatusOK},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := telegram.Webhook("s3", slog.New(slog.DiscardHandler), func(context.Context, telegram.Update) error { return tt.err })
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body))
			r.Header.Set(telegram.SecretHeader, tt.secret)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			require.Equal(t, tt.want, w.Code)
		})
	}
}
