package games

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"fairground/operators"
)

var errUnfinished = errors.New("not there yet")

// AutoRound opens rounds of a game in a group by itself.
type AutoRound struct {
	ID           string // public
	Tenant       int64
	Group        int64
	GroupID      string // the group's public id
	Game         string
	Params       json.RawMessage // as in OpenRequest
	EveryMinutes int             // 0 when Calendar says when
	Calendar     string          // five fields as in cron, in Zone; empty with EveryMinutes
	Zone         string          // IANA name of the time zone
	Enabled      bool
	Deleted      bool
	Version      int
	UpdatedAt    time.Time
	UpdatedBy    string // an operator's public id
}

// AutoOpened is what came of an automatic opening: a round, or the reason why there is none.
type AutoOpened struct {
	Round   string `json:"round,omitempty"`
	Refused string `json:"refused,omitempty"` // a code, for example games.quiet_hours
	Why     string `json:"why,omitempty"`     // for people
}

// AutoRounds lists a group's automatic rounds by age; all of the tenant's for group 0.
func (e *Engine) AutoRounds(ctx context.Context, tenant, group int64) ([]AutoRound, error) {
	return nil, errUnfinished
}

// AutoRound is one automatic round.
func (e *Engine) AutoRound(ctx context.Context, tenant int64, id string) (AutoRound, error) {
	return AutoRound{}, errUnfinished
}

// SetAutoRound makes (ID empty) or replaces an automatic round that was read at its Version.
func (e *Engine) SetAutoRound(ctx context.Context, a operators.Authority, r AutoRound, reason string) (AutoRound, error) {
	return AutoRound{}, errUnfinished
}

// OpenAuto opens the round that an automatic round is due to open at a moment, once.
func (e *Engine) OpenAuto(ctx context.Context, tenant int64, id string, due time.Time) (AutoOpened, error) {
	return AutoOpened{}, errUnfinished
}
