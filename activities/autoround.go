package activities

import (
	"context"
	"time"

	"fairground/games"
)

// AutoRounds are the activities of the workflow AutoRound. All are idempotent.
type AutoRounds struct {
	Engine *games.Engine
}

// AutoOpening asks for the round that an automatic round is due to open at a moment (UTC).
type AutoOpening struct {
	Tenant int64     `json:"tenant"`
	Auto   string    `json:"auto"`
	Due    time.Time `json:"due"`
}

// AutoOpened is what came of an automatic opening: a round, or the reason why there is none.
type AutoOpened struct {
	Round   string     `json:"round,omitempty"`
	Refused string     `json:"refused,omitempty"` // a code, for example games.quiet_hours
	Why     string     `json:"why,omitempty"`     // for people
	Until   *time.Time `json:"until,omitempty"`   // the refusal lasts (UTC), when that is known
}

// OpenAutoRound opens the round, or says why there is none. The relay starts the round's own workflow, as of any round.
func (a *AutoRounds) OpenAutoRound(ctx context.Context, in AutoOpening) (out AutoOpened, err error) {
	defer beat(ctx)()
	defer endPanic(&err)
	got, err := a.Engine.OpenAuto(ctx, in.Tenant, in.Auto, in.Due)
	return AutoOpened{Round: got.Round, Refused: got.Refused, Why: got.Why, Until: got.Until}, final(ctx, err)
}
