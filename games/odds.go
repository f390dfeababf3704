package games

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"fairground/games/simulate"
	"fairground/internal/postgres"
	"fairground/models"
	"fairground/operators"
)

// Refusals of changes to odds; compare with errors.Is. Nothing changed when one is returned.
var (
	ErrDraftNotFound    = models.E("games.draft_not_found", "no such draft")
	ErrDraftDecided     = models.E("games.draft_decided", "the draft was decided on before")
	ErrSamePerson       = models.E("games.same_person", "another person has to approve what somebody drafted")
	ErrStaleBase        = models.E("games.stale_base", "another version is in force by now than the one the draft was compared with")
	ErrNotSimulated     = models.E("games.not_simulated", "nothing is put in force before a simulation has shown what it returns")
	ErrNoChange         = models.E("games.no_change", "the version in force says the same")
	ErrVersionNotFound  = models.E("games.version_not_found", "the game has no such version")
	ErrAlreadyScheduled = models.E("games.already_scheduled", "another version is scheduled: cancel it, or wait for it")
	ErrNotScheduled     = models.E("games.not_scheduled", "the version is in force or was never scheduled")
	ErrNotInFuture      = models.FieldError("games.not_in_future", "effective_at", "a moment ahead, UTC")
	ErrApprovalNeeded   = models.E("games.approval_needed", "the tenant has operators: they change odds by draft and approval")
	// ErrReturn carries choice, low_ppm, high_ppm, min_ppm and max_ppm in its Data; its Fix says the same in words.
	ErrReturn = models.E("games.return_outside_limits", "the return is outside the tenant's limits")
)

// codeInvalidInput is the code of an input that does not fit; the error names the field and the fix.
const codeInvalidInput = "games.invalid_input"

const (
	maxReason    = 500
	maxListed    = 100
	defaultList  = 20
	purposeDraft = "cd"
)

// DraftStatus is the state of a draft. An open one becomes one of the others and stays that.
type DraftStatus string

// The states.
const (
	DraftOpen      DraftStatus = "open"
	DraftApproved  DraftStatus = "approved" // it became a version
	DraftRejected  DraftStatus = "rejected"
	DraftWithdrawn DraftStatus = "withdrawn"
)

// Draft is a config that somebody wants in force. What it says never changes; people are public ids, times UTC.
type Draft struct {
	ID          string // cd_…
	Game        string
	Status      DraftStatus
	BaseVersion int // the version in force that it is compared with
	Config      json.RawMessage
	Hash        string // SHA-256 of the canonical config, hex
	Restores    int    // of a roll-back: the version whose content it has
	Reason      string
	CreatedBy   string
	CreatedAt   time.Time
	DecidedBy   string // empty while open
	DecidedAt   *time.Time
	Decision    string      // the reason of whoever decided
	Simulation  *Simulation // the latest; an approval needs one
	Version     int         // once approved
	EffectiveAt *time.Time  // once approved: from when on rounds open with it
}

// Simulation is what simulating a draft gave. Anybody gets the same from its seed.
type Simulation struct {
	simulate.Report

	Seed    string // hex
	By      string // public id
	At      time.Time
	Refusal *models.Error // why the limits of now don't allow it; nil when they do
}

// odds calls a function that answers with a code, and reads the answer into out.
func (e *Engine) odds(ctx context.Context, a operators.Authority, act, sql string, args []any, out any) error {
	var raw json.RawMessage
	if err := e.db.Call(ctx, a.Tenant, sql, args, &raw); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	if err := oddsRefusal(raw); err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("%s: read the answer: %w", act, err)
	}
	return nil
}

// change calls a function of an operator that takes its facts as JSON.
func (e *Engine) change(ctx context.Context, a operators.Authority, function string, facts map[string]any, out any) error {
	text, err := json.Marshal(facts)
	if err != nil {
		return fmt.Errorf("write the facts of %s: %w", function, err)
	}
	return e.odds(ctx, a, function, `SELECT `+function+`($1, $2, $3, $4, $5)`, []any{a.Tenant, string(a.Via), a.Proof, a.RequestID, text}, out)
}

func oddsRefusal(answer json.RawMessage) error {
	var facts map[string]any
	if err := json.Unmarshal(answer, &facts); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	code, _ := facts["code"].(string)
	if code == "ok" {
		return nil
	}
	if err := operators.FromCode(code); err != nil {
		return err
	}
	if code == ErrReturn.Code {
		var r outside
		if err := json.Unmarshal(answer, &r); err != nil {
			return fmt.Errorf("read the answer's facts: %w", err)
		}
		return r.refusal()
	}
	for _, known := range []*models.Error{
		ErrDraftNotFound, ErrDraftDecided, ErrSamePerson, ErrStaleBase, ErrNotSimulated, ErrNoChange, ErrVersionNotFound, ErrAlreadyScheduled,
		ErrNotScheduled, ErrNotInFuture, ErrApprovalNeeded, ErrStale, ErrKeyReused,
	} {
		if known.Code == code {
			e := *known
			delete(facts, "code")
			if len(facts) > 0 {
				e.Data = facts
			}
			return &e
		}
	}
	return fmt.Errorf("the database answered with an unknown code %q", code)
}

func checkReason(reason string) error {
	if n := utf8.RuneCountInString(reason); n < 1 || n > maxReason || !utf8.ValidString(reason) {
		return models.FieldError(codeInvalidInput, "reason", fmt.Sprintf("use 1 to %d characters", maxReason))
	}
	return nil
}

// codeConfigStale is how the database refuses what is played with another config version than the one in force at its moment.
const codeConfigStale = "FG024"

// configTries is how often what met a change of config is tried again with the version in force by then.
const configTries = 5

// withConfigInForce runs what reads the config in force and plays with it, and runs it again while the config changes in between.
// Nothing was written by a run that met a change.
func withConfigInForce[T any](play func() (T, error)) (out T, err error) {
	for range configTries {
		if out, err = play(); postgres.Code(err) != codeConfigStale {
			return out, err
		}
	}
	return out, fmt.Errorf("%w: %w", ErrBusy, err)
}
