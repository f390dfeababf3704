package games

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/fairness"
	"fairground/games/game"
	"fairground/internal/postgres"
	"fairground/models"
)

// settleTimeout is long because one settlement pays any number of bets.
const settleTimeout = 60 * time.Second

// StageResult is where a round stands after a stage.
type StageResult struct {
	Round    string
	Status   models.RoundStatus
	ClosesAt time.Time // of a round that may not close yet
	Live     bool      // drawn, and its run may be on
	// LiveUntil is when the run of a live round ends, UTC; zero unless it is drawn and runs. It tells the outcome of some games:
	// it must not leave the process.
	LiveUntil time.Time
}

// Close ends betting and waits out the bets in flight; early closes before the window ends.
// A round that nobody joined or that did not fill is voided here. A repeat answers with where
// the round stands. It returns ErrRoundNotFound or ErrTooEarly.
func (e *Engine) Close(ctx context.Context, tenant int64, round string, early bool) (StageResult, error) {
	out, err := e.stage(ctx, tenant, round, `SELECT api_round_close($1, $2, $3)`, tenant, round, early)
	if err != nil {
		return out.StageResult, fmt.Errorf("close round %s: %w", round, err)
	}
	if out.VoidReason != "" {
		return e.Void(ctx, tenant, round, out.VoidReason)
	}
	return out.StageResult, nil
}

// Draw reveals the server seed, computes the outcome from it and the frozen player seeds and
// stores both, once. The draw of a live round stays hidden and starts its run. A round whose draw comes from outside is
// voided when no value came in time. It returns ErrRoundNotFound, ErrNotClosed or, until the value came, ErrWaiting.
func (e *Engine) Draw(ctx context.Context, tenant int64, round string) (StageResult, error) {
	f, err := e.load(ctx, tenant, round)
	if err != nil {
		return StageResult{}, err
	}
	switch f.row.Status {
	case models.RoundOpen: // its bets are not frozen yet
		return StageResult{}, ErrNotClosed
	case models.RoundDrawn, models.RoundSettled, models.RoundVoided:
		out := StageResult{Round: round, Status: f.row.Status}
		if f.hidden() {
			out.Live = true
			out.LiveUntil = liveUntil(*f.row.LiveStartedAt, f.outcome)
		}
		return out, nil
	case models.RoundClosed:
	}
	if f.row.Source != string(game.SourceSeeds) && f.row.External == nil {
		return e.awaitSource(ctx, &f)
	}
	seed, err := e.openSeed(f.row)
	if err != nil {
		return StageResult{}, err
	}
	client, err := e.mixBeacon(ctx, &f, fairness.ClientSeed(round, f.entries()))
	if errors.Is(err, errBeaconLate) {
		return e.Void(ctx, tenant, round, ReasonNoBeacon)
	}
	if err != nil {
		return StageResult{Round: round, Status: f.row.Status}, err
	}
	outcome := json.RawMessage(nil)
	if !f.row.Acting {
		if f.outcome, err = e.drawOutcome(ctx, &f, fairness.NewStream(seed, client, 0)); err != nil {
			return StageResult{}, fmt.Errorf("draw round %s: %w", round, err)
		}
		if f.row.Live {
			return e.startRun(ctx, &f, client)
		}
		if outcome, err = json.Marshal(f.outcome); err != nil {
			return StageResult{}, fmt.Errorf("draw round %s: %w", round, err)
		}
	}
	out, err := e.stage(ctx, tenant, round, `SELECT api_round_draw($1, $2, $3, $4, $5)`, tenant, round, seed[:], client, outcome)
	if err != nil {
		return StageResult{}, fmt.Errorf("draw round %s: %w", round, err)
	}
	if out.Status == models.RoundDrawn {
		// Nothing of a drawn round changes any more: the settlement that follows need not read it again.
		f.row.Status = models.RoundDrawn
		if f.row.ClientSeed == nil {
			f.row.ClientSeed = &client
		}
		e.drawn.put(roundKey{tenant, round}, f)
	}
	return out.StageResult, nil
}

// Settle pays a drawn round out, once, in one transaction for any number of bets. A repeat
// answers with what is stored. The outcome of a live round is revealed first, which waits out the acts in flight. It returns
// ErrRoundNotFound, ErrNotDrawn or, until the run is over, ErrRunning.
func (e *Engine) Settle(ctx context.Context, tenant int64, round string) (StageResult, error) {
	f, ok := e.drawn.take(roundKey{tenant, round})
	if !ok {
		var err error
		if f, err = e.load(ctx, tenant, round); err != nil {
			return StageResult{}, err
		}
	}
	switch f.row.Status {
	case models.RoundSettled, models.RoundVoided:
		return StageResult{Round: round, Status: f.row.Status}, nil
	case models.RoundOpen, models.RoundClosed:
		return StageResult{}, ErrNotDrawn
	case models.RoundDrawn:
	}
	if f.hidden() {
		if err := e.reveal(ctx, &f); err != nil {
			return StageResult{}, err
		}
		var err error
		if f, err = e.load(ctx, tenant, round); err != nil { // with every act
			return StageResult{}, err
		}
	}
	payouts, err := f.rules.Settle(f.opening, f.outcome, f.gameBets(), f.acts)
	if err != nil {
		return StageResult{}, fmt.Errorf("settle round %s: %w", round, err)
	}
	hash, err := SettlementHash(round, f.outcome, payouts)
	if err != nil {
		return StageResult{}, fmt.Errorf("settle round %s: %w", round, err)
	}
	lucky, err := e.luckyBet(ctx, &f)
	if err != nil {
		return StageResult{}, fmt.Errorf("settle round %s: %w", round, err)
	}
	ids, amounts := f.payoutColumns(payouts)
	var answer json.RawMessage
	opts := postgres.TxOptions{StatementTimeout: settleTimeout, LockTimeout: settleTimeout}
	err = e.db.InTenantWith(ctx, tenant, opts, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT api_round_settle($1, $2, $3, $4, $5, $6)`, tenant, round, ids, amounts, hash, lucky).Scan(&answer)
	})
	if err != nil {
		return StageResult{}, fmt.Errorf("settle round %s: %w", round, err)
	}
	out, err := readStage(round, answer)
	return out.StageResult, err
}

// Void gives every stake back and reveals the seed. It is possible until a draw is stored; a
// repeat answers with where the round stands. It returns ErrRoundNotFound or ErrAlreadyDrawn.
func (e *Engine) Void(ctx context.Context, tenant int64, round, reason string) (StageResult, error) {
	f, err := e.load(ctx, tenant, round)
	if err != nil {
		return StageResult{}, err
	}
	seed, err := e.openSeed(f.row)
	if err != nil {
		return StageResult{}, err
	}
	refunds := make([]game.Payout, len(f.bets))
	for i, b := range f.bets {
		refunds[i] = game.Payout{Seq: int64(i) + 1, Amount: b.stake}
	}
	hash, err := SettlementHash(round, game.Outcome{}, refunds)
	if err != nil {
		return StageResult{}, fmt.Errorf("void round %s: %w", round, err)
	}
	out, err := e.stage(ctx, tenant, round, `SELECT api_round_void($1, $2, $3, $4, $5)`, tenant, round, reason, seed[:], hash)
	if err != nil {
		return StageResult{}, fmt.Errorf("void round %s: %w", round, err)
	}
	return out.StageResult, nil
}

// Extend moves the end of betting to until, at most one hour after the opening. It returns
// ErrRoundNotFound or ErrRoundClosed.
func (e *Engine) Extend(ctx context.Context, tenant int64, round string, until time.Time) (StageResult, error) {
	out, err := e.stage(ctx, tenant, round, `SELECT api_round_extend($1, $2, $3)`, tenant, round, until)
	if postgres.Code(err) == codeBeaconKnown {
		return StageResult{}, ErrRoundClosed
	}
	if err != nil {
		return StageResult{}, fmt.Errorf("extend round %s: %w", round, err)
	}
	out.Status = models.RoundOpen
	return out.StageResult, nil
}

type stageAnswer struct {
	StageResult
	VoidReason string
	StartedAt  *time.Time
}

func (e *Engine) stage(ctx context.Context, tenant int64, round, sql string, args ...any) (stageAnswer, error) {
	var answer json.RawMessage
	if err := e.db.Call(ctx, tenant, sql, args, &answer); err != nil {
		return stageAnswer{}, err
	}
	return readStage(round, answer)
}

func readStage(round string, answer json.RawMessage) (stageAnswer, error) {
	var out struct {
		Code       string
		Status     models.RoundStatus
		VoidReason string `json:"void_reason"`
		Live       bool
		ClosesAt   *time.Time `json:"closes_at"`
		StartedAt  *time.Time `json:"started_at"`
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return stageAnswer{}, fmt.Errorf("read a stage's answer: %w", err)
	}
	result := StageResult{Round: round, Status: out.Status, Live: out.Live && out.Status == models.RoundDrawn}
	if out.ClosesAt != nil {
		result.ClosesAt = out.ClosesAt.UTC()
	}
	err := refusal(out.Code, answer)
	if errors.Is(err, ErrTooEarly) {
		result.Status = models.RoundOpen
	}
	return stageAnswer{StageResult: result, VoidReason: out.VoidReason, StartedAt: out.StartedAt}, err
}
