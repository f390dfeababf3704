package local

import (
	"fmt"
	"math"
	"net/http"
	"time"
)

// fault is an answer with ok=false, in Telegram's words.
type fault struct {
	Code        int
	Description string
	RetryAfter  int
	MigrateTo   int64
}

// Error implements error.
func (f *fault) Error() string { return fmt.Sprintf("%d %s", f.Code, f.Description) }

// badRequest is what most refusals are.
func badRequest(text string) *fault {
	return &fault{Code: http.StatusBadRequest, Description: "Bad Request: " + text}
}

func forbidden(text string) *fault {
	return &fault{Code: http.StatusForbidden, Description: "Forbidden: " + text}
}

func conflict(text string) *fault {
	return &fault{Code: http.StatusConflict, Description: "Conflict: " + text}
}

func tooMany(wait time.Duration) *fault {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	return &fault{
		Code:        http.StatusTooManyRequests,
		Description: fmt.Sprintf("Too Many Requests: retry after %d", seconds), RetryAfter: seconds,
	}
}

func migrated(to int64) *fault {
	f := badRequest("group chat was upgraded to a supergroup chat")
	f.MigrateTo = to
	return f
}

// answer is the envelope of every Bot API answer.
type answer struct {
	OK          bool        `json:"ok"`
	Result      any         `json:"result,omitempty"`
	Code        int         `json:"error_code,omitempty"`
	Description string      `json:"description,omitempty"`
	Parameters  *parameters `json:"parameters,omitempty"`
}

type parameters struct {
	RetryAfter int   `json:"retry_after,omitempty"`
	MigrateTo  int64 `json:"migrate_to_chat_id,omitempty"`
}

// envelope makes the answer to a refusal.
func (f *fault) envelope() answer {
	a := answer{Code: f.Code, Description: f.Description}
	if f.RetryAfter != 0 || f.MigrateTo != 0 {
		a.Parameters = &parameters{RetryAfter: f.RetryAfter, MigrateTo: f.MigrateTo}
	}
	return a
}
