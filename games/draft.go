package games

import (
	"context"
	_ "embed" // the query of drafts
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/fairness"
	"fairground/games/game"
	"fairground/games/simulate"
	"fairground/internal/secret"
	"fairground/models"
	"fairground/operators"
)

//go:embed queries/drafts.sql
var draftsSQL string

// maxSimulated is the most rounds that one request plays.
const maxSimulated = 5_000_000

// NewDraft asks for a draft.
type NewDraft struct {
	Game   string
	Base   int // the version in force as the author read it
	Config json.RawMessage
	Reason string // 1 to 500 characters
	Key    string // idempotency key, of the operator
}

// DraftFilter narrows a list of drafts. Zero values match all.
type DraftFilter struct {
	Game   string
	Status DraftStatus
	Cursor string
	Limit  int // 1 to 100; 0 means 20
}

// SimulateRequest asks to simulate a draft.
type SimulateRequest struct {
	Draft  string
	Rounds int    // 1 to 5,000,000 where the return can't be enumerated; 0 means 1,000,000
	Seed   string // 64 hex digits; empty: a fresh one
}

// DraftConfig writes a draft of a game's config against the version in force. It needs games.draft. The same key answers with
// the same draft. A return that can be enumerated is checked against the tenant's limits at once.
//
// Errors: ErrUnknownGame, games.invalid_config and games.invalid_input with the field, ErrReturn, ErrStaleBase, ErrNoChange,
// ErrKeyReused, ErrInvalidKey and those of operators.
func (e *Engine) DraftConfig(ctx context.Context, a operators.Authority, in NewDraft) (Draft, error) {
	if err := e.checkDraft(ctx, a, in); err != nil {
		return Draft{}, err
	}
	return e.writeDraft(ctx, a, in, 0)
}

// checkDraft refuses what could never come into force.
func (e *Engine) checkDraft(ctx context.Context, a operators.Authority, in NewDraft) error {
	if err := a.Allow(operators.GamesDraft); err != nil {
		return err
	}
	g, ok := e.games[in.Game]
	if !ok {
		return ErrUnknownGame
	}
	if err := errors.Join(checkReason(in.Reason), checkKey(in.Key)); err != nil {
		return err
	}
	if _, err := g.Parse(in.Config); err != nil {
		return gameError(err)
	}
	if _, err := e.currentConfig(ctx, a.Tenant, in.Game); err != nil {
		return err
	}
	report, err := quickReturns(g, in.Config)
	if err != nil || report == nil {
		return err
	}
	limits, err := e.ReturnLimits(ctx, a.Tenant, in.Game)
	if err != nil {
		return err
	}
	if refused := limits.allow(*report); refused != nil {
		return refused
	}
	return nil
}

func (e *Engine) writeDraft(ctx context.Context, a operators.Authority, in NewDraft, restores int) (Draft, error) {
	hash, err := configHash(in.Config)
	if err != nil {
		return Draft{}, models.FieldError(string(game.CodeInvalidConfig), "config", "JSON that can be written canonically")
	}
	facts := map[string]any{
		"draft": secret.ID(purposeDraft), "game": in.Game, "base": in.Base, "config": in.Config, "hash": hash, "reason": in.Reason, "key": in.Key,
	}
	if restores != 0 {
		facts["restores"] = restores
	}
	var made struct{ Draft string }
	if err := e.change(ctx, a, "api_config_draft", facts, &made); err != nil {
		return Draft{}, err
	}
	return e.draft(ctx, a.Tenant, made.Draft)
}

// SimulateDraft finds what a draft returns, exactly where it can be enumerated, else by playing rounds, and stores it with the
// draft: an approval needs it. It needs games.draft. It ends with ctx and then returns its error, and ErrBusy while another
// simulation runs in this process. The limits do not stop it: the answer says what they refuse.
//
// Errors: ErrDraftNotFound, ErrDraftDecided, games.invalid_input with the field and those of operators.
func (e *Engine) SimulateDraft(ctx context.Context, a operators.Authority, in SimulateRequest) (Draft, error) {
	if err := a.Allow(operators.GamesDraft); err != nil {
		return Draft{}, err
	}
	if in.Rounds < 0 || in.Rounds > maxSimulated {
		return Draft{}, models.FieldError(codeInvalidInput, "rounds", fmt.Sprintf("1 to %d", maxSimulated))
	}
	seed, err := simulationSeed(in.Seed)
	if err != nil {
		return Draft{}, err
	}
	d, err := e.draft(ctx, a.Tenant, in.Draft)
	if err != nil {
		return Draft{}, err
	}
	if d.Status != DraftOpen {
		return Draft{}, ErrDraftDecided
	}
	report, err := e.simulated(ctx, d, simulate.Options{Rounds: in.Rounds, Seed: seed})
	if err != nil {
		return Draft{}, err
	}
	returns := report.Returns
	if returns == nil {
		returns = []game.Return{}
	}
	err = e.change(ctx, a, "api_config_simulated", map[string]any{
		"draft": d.ID, "hash": d.Hash, "method": report.Method, "exact": report.Exact, "rounds": report.Rounds, "seed": hex.EncodeToString(seed[:]),
		"returns": returns,
	}, nil)
	if err != nil {
		return Draft{}, err
	}
	return e.draft(ctx, a.Tenant, in.Draft)
}

func simulationSeed(text string) (seed fairness.Seed, err error) {
	if text == "" {
		if seed, err = fairness.NewSeed(); err != nil {
			return seed, fmt.Errorf("make a seed: %w", err)
		}
		return seed, nil
	}
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(seed) {
		return seed, models.FieldError(codeInvalidInput, "seed", "64 hexadecimal digits")
	}
	copy(seed[:], raw)
	return seed, nil
}

// RebaseDraft sets an open draft against the version in force now, which the caller names as read; what it says and its
// simulation stay. It needs games.draft. It returns ErrDraftNotFound, ErrDraftDecided, ErrStaleBase and those of operators.
func (e *Engine) RebaseDraft(ctx context.Context, a operators.Authority, id string, base int, reason string) (Draft, error) {
	if err := checkReason(reason); err != nil {
		return Draft{}, err
	}
	err := e.odds(ctx, a, "rebase a draft", `SELECT api_config_rebase($1, $2, $3, $4, $5, $6, $7)`,
		[]any{a.Tenant, string(a.Via), a.Proof, a.RequestID, id, base, reason}, nil)
	if err != nil {
		return Draft{}, err
	}
	return e.draft(ctx, a.Tenant, id)
}

// Draft reads one draft. It needs games.read and returns ErrDraftNotFound.
func (e *Engine) Draft(ctx context.Context, a operators.Authority, id string) (Draft, error) {
	if err := a.Allow(operators.GamesRead); err != nil {
		return Draft{}, err
	}
	return e.draft(ctx, a.Tenant, id)
}

// Drafts lists drafts, newest first. It needs games.read. next is the cursor of the page after, "" on the last.
func (e *Engine) Drafts(ctx context.Context, a operators.Authority, f DraftFilter) (list []Draft, next string, err error) {
	if err := a.Allow(operators.GamesRead); err != nil {
		return nil, "", err
	}
	before, err := strconv.ParseInt("0"+f.Cursor, 10, 64)
	if err != nil {
		return nil, "", models.FieldError(codeInvalidInput, "cursor", "one that a former page gave")
	}
	limit := min(f.Limit, maxListed)
	if limit < 1 {
		limit = defaultList
	}
	list, seqs, err := e.drafts(ctx, a.Tenant, "", f.Game, string(f.Status), before, limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(list) > limit {
		list, next = list[:limit], strconv.FormatInt(seqs[limit-1], 10)
	}
	return list, next, nil
}

func (e *Engine) draft(ctx context.Context, tenant int64, id string) (Draft, error) {
	if id == "" {
		return Draft{}, ErrDraftNotFound
	}
	list, _, err := e.drafts(ctx, tenant, id, "", "", 0, 1)
	if err != nil {
		return Draft{}, err
	}
	if len(list) == 0 {
		return Draft{}, ErrDraftNotFound
	}
	return list[0], nil
}

func (e *Engine) drafts(ctx context.Context, tenant int64, args ...any) (list []Draft, seqs []int64, err error) {
	limits := map[string]ReturnLimits{}
	err = e.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		list, seqs = nil, nil
		rows, err := tx.Query(ctx, draftsSQL, append([]any{tenant}, args...)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			d, seq, l, err := scanDraft(rows)
			if err != nil {
				return err
			}
			list, seqs, limits[d.Game] = append(list, d), append(seqs, seq), l
		}
		return rows.Err()
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list drafts: %w", err)
	}
	for _, d := range list {
		if d.Simulation != nil {
			d.Simulation.Refusal = limits[d.Game].allow(d.Simulation.Report)
		}
	}
	return list, seqs, nil
}

func scanDraft(row pgx.Row) (d Draft, seq int64, l ReturnLimits, err error) {
	var s Simulation
	var at *time.Time
	err = row.Scan(&seq, &d.ID, &d.Game, &d.Status, &d.BaseVersion, &d.Config, &d.Hash, &d.Restores, &d.Reason, &d.CreatedBy, &d.CreatedAt,
		&d.DecidedBy, &d.DecidedAt, &d.Decision, &d.Version, &d.EffectiveAt,
		&s.Method, &s.Exact, &s.Rounds, &s.Seed, &s.Returns, &s.By, &at, &l.Min, &l.Max)
	if at != nil {
		s.At, s.Game, s.ConfigHash = at.UTC(), d.Game, d.Hash
		d.Simulation = &s
	}
	return d, seq, l, err
}
