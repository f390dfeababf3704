package telegram

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// What an *Error can be told apart by with errors.Is.
var (
	ErrTooManyRequests = errors.New("telegram: too many requests")
	ErrForbidden       = errors.New("telegram: the bot may not write there")
	ErrNotModified     = errors.New("telegram: message is not modified")
	ErrMessageGone     = errors.New("telegram: message is gone")
	ErrChatMigrated    = errors.New("telegram: the group became a supergroup")
	ErrQueryTooOld     = errors.New("telegram: callback query is too old or answered")
	ErrUnauthorized    = errors.New("telegram: the token is not valid")
	ErrConflict        = errors.New("telegram: another process receives this bot's updates")
)

// Error is an answer with ok=false. It unwraps to one of the errors above when it is one.
type Error struct {
	Method      string
	Code        int
	Description string
	RetryAfter  time.Duration // set with ErrTooManyRequests
	MigrateTo   int64         // the new chat id, set with ErrChatMigrated
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("telegram: %s: %d %s", e.Method, e.Code, e.Description)
}

// Unwrap names what went wrong, or returns nil for a plain refusal.
func (e *Error) Unwrap() error {
	text := strings.ToLower(e.Description)
	switch {
	case e.MigrateTo != 0:
		return ErrChatMigrated
	case e.Code == http.StatusTooManyRequests:
		return ErrTooManyRequests
	case e.Code == http.StatusForbidden:
		return ErrForbidden
	case e.Code == http.StatusUnauthorized:
		return ErrUnauthorized
	case e.Code == http.StatusConflict:
		return ErrConflict
	case strings.Contains(text, "not modified"):
		return ErrNotModified
	case strings.Contains(text, "query is too old"), strings.Contains(text, "query id is invalid"):
		return ErrQueryTooOld
	case strings.Contains(text, "message to edit not found"), strings.Contains(text, "message can't be edited"),
		strings.Contains(text, "message to be replied not found"):
		return ErrMessageGone
	}
	return nil
}

// Refused says that Telegram answered and that repeating the same call cannot help.
func Refused(err error) bool {
	refusal, ok := errors.AsType[*Error](err)
	return ok && refusal.Code >= 400 && refusal.Code < 500 &&
		refusal.Code != http.StatusTooManyRequests && refusal.Code != http.StatusConflict
}

// fromLibrary turns the library's error into ours: typed, and without the token that
// network errors carry in their address.
func fromLibrary(method, token string, err error) error {
	if answer, ok := errors.AsType[*tgbotapi.Error](err); ok {
		return &Error{
			Method: method, Code: answer.Code, Description: redact(answer.Message, token),
			RetryAfter: time.Duration(answer.RetryAfter) * time.Second, MigrateTo: answer.MigrateToChatID,
		}
	}
	cause := err
	for {
		var at *url.Error
		if !errors.As(cause, &at) {
			break
		}
		cause = at.Err
	}
	if strings.Contains(cause.Error(), token) {
		cause = errors.New(redact(cause.Error(), token))
	}
	return fmt.Errorf("telegram: call %s: %w", method, cause)
}

// quotedURL is the address of a button that a refusal repeats. It may be a link for one person's eyes.
var quotedURL = regexp.MustCompile(`URL '[^']*'`)

// redact takes the token and the addresses of buttons out of a text.
func redact(text, token string) string {
	text = quotedURL.ReplaceAllString(text, "URL (address)")
	if token == "" {
		return text
	}
	return strings.ReplaceAll(text, token, "(token)")
}
