package games

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"fairground/models"
	"fairground/operators"
)

const (
	maxRounds   = 20
	maxCooldown = 24 * time.Hour
	maxLimit    = 1_000_000_000_000
)

var hourOfDay = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

// checkPacing refuses what no pacing can mean.
func (e *Engine) checkPacing(p Pacing) error {
	if (p.QuietFrom == "") != (p.QuietTo == "") || (p.QuietFrom != "" && p.QuietFrom == p.QuietTo) {
		return invalidPacing("quiet_to", "another time than quiet_from, or neither of both")
	}
	for field, v := range map[string]string{"quiet_from": p.QuietFrom, "quiet_to": p.QuietTo} {
		if v != "" && !hourOfDay.MatchString(v) {
			return invalidPacing(field, "a time of day, for example 22:30")
		}
	}
	if err := checkZone(p.Zone); err != nil {
		return err
	}
	if err := p.Group.check("group."); err != nil {
		return err
	}
	for name, l := range p.Games {
		if _, ok := e.games[name]; !ok {
			return ErrUnknownGame
		}
		if err := l.check("games." + name + "."); err != nil {
			return err
		}
	}
	return nil
}

// checkZone takes the name of a time zone that both this program and the database know.
func checkZone(zone string) error {
	if _, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
		return invalidPacing("zone", "a time zone's name, for example Europe/Berlin")
	}
	return nil
}

func (l Limits) check(path string) error {
	switch {
	case l.Rounds < 0 || l.Rounds > maxRounds:
		return invalidPacing(path+"rounds", fmt.Sprintf("0 to %d", maxRounds))
	case l.RoundCooldown < 0 || l.RoundCooldown > maxCooldown:
		return invalidPacing(path+"round_cooldown_seconds", "0 to 86400")
	case l.PlayerCooldown < 0 || l.PlayerCooldown > maxCooldown:
		return invalidPacing(path+"player_cooldown_seconds", "0 to 86400")
	case l.MaxStake != 0 && l.MaxStake < l.MinStake:
		return invalidPacing(path+"max_stake", "0 for no limit, or at least min_stake")
	case l.DailyBets < 0 || l.DailyBets > 1_000_000:
		return invalidPacing(path+"daily_bets", "0 to 1000000")
	}
	for field, v := range map[string]int64{
		"min_stake": l.MinStake, "max_stake": l.MaxStake, "daily_stake": l.DailyStake, "daily_loss": l.DailyLoss, "house_limit": l.HouseLimit,
	} {
		if v < 0 || v > maxLimit {
			return invalidPacing(path+field, fmt.Sprintf("0 to %d", int64(maxLimit)))
		}
	}
	return nil
}

func invalidPacing(field, fix string) error {
	return models.FieldError(ErrInvalidPacing.Code, field, fix)
}

// operate asks a function of the database that an operator acts by. An answer that is not ok is an error.
func (e *Engine) operate(ctx context.Context, a operators.Authority, what, sql string, args ...any) error {
	var answer json.RawMessage
	args = append([]any{a.Tenant, string(a.Via), a.Proof, a.RequestID}, args...)
	if err := e.db.Call(ctx, a.Tenant, sql, args, &answer); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	var out struct{ Code string }
	if err := json.Unmarshal(answer, &out); err != nil {
		return fmt.Errorf("%s: read the answer: %w", what, err)
	}
	return refusal(out.Code, answer)
}
