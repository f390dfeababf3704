package games

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/games/simulate"
	"fairground/models"
	"fairground/operators"
)

// ReturnLimits say between which returns a tenant lets every choice of a game be, in parts per million. They hold for what comes
// into force after they are set.
type ReturnLimits struct {
	Game      string
	Min, Max  int64 // 0 <= Min <= Max <= 1,000,000, which is 100 %
	Version   int   // they were read at; 0: nobody has set them
	UpdatedAt time.Time
	UpdatedBy string // public id
}

// ReturnLimits reads the limits of a game's returns: 0 to 100 % where nobody has set any. It returns ErrUnknownGame.
func (e *Engine) ReturnLimits(ctx context.Context, tenant int64, name string) (ReturnLimits, error) {
	if _, ok := e.games[name]; !ok {
		return ReturnLimits{}, ErrUnknownGame
	}
	l := ReturnLimits{Game: name, Max: simulate.Million}
	const one = `SELECT l.min_ppm, l.max_ppm, l.version, l.updated_at, o.public_id FROM game_limits l
		JOIN operators o ON o.tenant_id = l.tenant_id AND o.operator_id = l.updated_by WHERE l.tenant_id = $1 AND l.game = $2`
	err := e.db.Call(ctx, tenant, one, []any{tenant, name}, &l.Min, &l.Max, &l.Version, &l.UpdatedAt, &l.UpdatedBy)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return ReturnLimits{}, fmt.Errorf("read the limits of %s: %w", name, err)
	}
	l.UpdatedAt = l.UpdatedAt.UTC()
	return l, nil
}

// SetReturnLimits replaces the limits that were read at l.Version. It needs games.limits and a step-up. What is in force stays.
// It returns ErrUnknownGame, ErrStale, games.invalid_input with the field, and the errors of operators.
func (e *Engine) SetReturnLimits(ctx context.Context, a operators.Authority, l ReturnLimits, reason string) (ReturnLimits, error) {
	if _, ok := e.games[l.Game]; !ok {
		return ReturnLimits{}, ErrUnknownGame
	}
	if l.Min < 0 || l.Min > l.Max {
		return ReturnLimits{}, models.FieldError(codeInvalidInput, "min_ppm", "from 0 to max_ppm")
	}
	if l.Max > simulate.Million {
		return ReturnLimits{}, models.FieldError(codeInvalidInput, "max_ppm", "at most 1000000: no game returns more than 100 %")
	}
	if err := checkReason(reason); err != nil {
		return ReturnLimits{}, err
	}
	err := e.change(ctx, a, "api_game_limits", map[string]any{
		"game": l.Game, "min_ppm": l.Min, "max_ppm": l.Max, "version": l.Version, "reason": reason,
	}, nil)
	if err != nil {
		return ReturnLimits{}, err
	}
	return e.ReturnLimits(ctx, a.Tenant, l.Game)
}

// outside is a return that limits don't allow, as the database says it.
type outside struct {
	Choice string `json:"choice"`
	Low    int64  `json:"low_ppm"`
	High   int64  `json:"high_ppm"`
	Min    int64  `json:"min_ppm"`
	Max    int64  `json:"max_ppm"`
}

func (o outside) refusal() *models.Error {
	returns := percent(o.High)
	if o.Low != o.High {
		returns = percent(o.Low) + " to " + percent(o.High)
	}
	what := ""
	if o.Choice != "" {
		what = o.Choice + " "
	}
	e := *ErrReturn
	e.Field = "config"
	e.Fix = fmt.Sprintf("%sreturns %s %%, allowed %s to %s %%", what, returns, percent(o.Min), percent(o.Max))
	e.Message = e.Fix
	e.Data = map[string]any{"choice": o.Choice, "low_ppm": o.Low, "high_ppm": o.High, "min_ppm": o.Min, "max_ppm": o.Max}
	return &e
}

// allow says why limits don't allow what a config returns; nil when they do. An interval must lie within them as a whole.
// Where players pay each other, or knowledge decides, there is no return to limit. The database decides again.
func (l ReturnLimits) allow(report simulate.Report) *models.Error {
	if report.Method != simulate.Enumerated && report.Method != simulate.Simulated {
		return nil
	}
	for _, r := range report.Returns {
		if r.Low < l.Min || r.High > l.Max {
			return outside{r.Choice, r.Low, r.High, l.Min, l.Max}.refusal()
		}
	}
	return nil
}

// percent writes parts per million as percent without zeros at the end: 1013000 is 101.3.
func percent(ppm int64) string {
	text := fmt.Sprintf("%d.%04d", ppm/10_000, ppm%10_000)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
