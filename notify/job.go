package notify

import (
	"encoding/json"
	"errors"
	"time"
)

// Priority orders what waits for the same budget; lower goes first.
type Priority int

// The priorities, first to last. Callback answers have none: they never wait behind messages.
const (
	PriorityMoney     Priority = iota // rounds, bets and results
	PriorityReply                     // other answers to a person
	PriorityEdit                      // the live message
	PriorityBroadcast                 // everything nobody waits for
	priorities
)

// The reasons a job ends without having been sent.
var (
	ErrFull       = errors.New("notify: too much is waiting")
	ErrClosed     = errors.New("notify: the governor has stopped")
	ErrSuperseded = errors.New("notify: a newer edit of the message replaced this one")
)

// Job is one call to Telegram that counts against a chat's budget.
type Job struct {
	Chat     int64 // groups are negative, and have a budget a minute
	Priority Priority
	Method   string
	Params   any
	Edit     int64 // the message an edit changes: the last waiting edit of it wins; 0 for a send
	Final    bool  // the last edit of its message: it goes like money, and no other edit comes after it
	Once     bool  // never repeated after a call of unknown outcome: a second one would be seen
	// Done is told the outcome exactly once, on its own goroutine; nil when nobody asks.
	Done func(result json.RawMessage, err error)

	seq      uint64
	since    time.Time // when it began to wait; an edit that replaces another inherits it
	attempts int
}

// finish tells the job's owner how it ended.
func (j *Job) finish(result json.RawMessage, err error) {
	if j.Done != nil {
		j.Done(result, err)
	}
}
