package telegram

import (
	"context"
	"crypto/subtle"
	"io"
	"log/slog"
	"net/http"
)

// maxWebhook bounds one pushed update.
const maxWebhook = 1 << 20

// SecretHeader carries the secret that setWebhook was given.
const SecretHeader = "X-Telegram-Bot-Api-Secret-Token" //nolint:gosec // the name of a header

// Webhook receives updates that Telegram pushes. An answer other than 2xx makes Telegram
// send the update again, so Handle must have stored it before it returns nil.
func Webhook(secret string, logger *slog.Logger, handle func(ctx context.Context, u Update) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := []byte(r.Header.Get(SecretHeader))
		if secret == "" || subtle.ConstantTimeCompare(got, []byte(secret)) != 1 {
			http.Error(w, "wrong secret", http.StatusUnauthorized)
			return
		}
		if r.Method != http.MethodPost {
			http.Error(w, "post an update", http.StatusMethodNotAllowed)
			return
		}
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxWebhook))
		if err != nil {
			http.Error(w, "update too large", http.StatusRequestEntityTooLarge)
			return
		}
		update, err := DecodeUpdate(raw)
		if err != nil {
			// Sending it again cannot help: take it and say so.
			logger.WarnContext(r.Context(), "a pushed update could not be read", slog.Any("error", err))
			return
		}
		if err := handle(r.Context(), update); err != nil {
			logger.ErrorContext(r.Context(), "a pushed update was not stored", slog.Any("error", err))
			http.Error(w, "try again", http.StatusServiceUnavailable)
		}
	})
}
