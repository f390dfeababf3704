package games

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/fairness"
	"fairground/games/game"
	"fairground/models"
)

const purposeOutcome = "round.outcome"

// LiveView is a moment of a run as everybody may see it.
type LiveView struct {
	Round     string
	StartedAt time.Time       // UTC
	AtMS      int64           // milliseconds since then, at most as long as the run lasts
	Over      bool            // nothing more can be done
	Shown     json.RawMessage // what the game shows of the moment
	Acts      []game.Act      // so far, in order; what was chosen is left out until the run is over
}

// run is what a run shows itself from. Its outcome is secret: never log it.
type run struct {
	rules   game.Live
	opening game.Opening
	outcome game.Outcome
	started time.Time
}

func (r run) shown(atMS int64) (json.RawMessage, error) {
	return r.rules.Shown(r.opening, r.outcome, min(atMS, r.outcome.LiveMS))
}

// run finds a run that has begun. It returns ErrRoundNotFound or, before, ErrTooEarly.
func (e *Engine) run(ctx context.Context, tenant int64, round string) (run, error) {
	key := roundKey{tenant, round}
	if r, ok := e.runs.get(key); ok {
		return r, nil
	}
	meta, err := e.meta(ctx, tenant, round)
	if err != nil {
		return run{}, err
	}
	rules, ok := meta.rules.(game.Live)
	if !ok || !meta.live {
		return run{}, ErrRoundNotFound
	}
	r := run{rules: rules, opening: meta.opening}
	var sealed []byte
	var started *time.Time
	const one = `SELECT outcome_sealed, live_started_at FROM rounds WHERE tenant_id = $1 AND round_id = $2`
	if err := e.db.Call(ctx, tenant, one, []any{tenant, round}, &sealed, &started); err != nil {
		return run{}, fmt.Errorf("read the run of round %s: %w", round, err)
	}
	if started == nil {
		return run{}, ErrTooEarly
	}
	if r.outcome, err = e.openOutcome(round, sealed); err != nil {
		return run{}, err
	}
	r.started = started.UTC()
	e.runs.put(key, r)
	return r, nil
}

func (e *Engine) openOutcome(round string, sealed []byte) (game.Outcome, error) {
	raw, err := e.box.Open(purposeOutcome, sealed, []byte(round))
	if err != nil {
		return game.Outcome{}, fmt.Errorf("open the outcome of round %s: %w", round, err)
	}
	var out game.Outcome
	if err := json.Unmarshal(raw, &out); err != nil {
		return game.Outcome{}, fmt.Errorf("read the outcome of round %s: %w", round, err)
	}
	return out, nil
}

// Live is this moment of a run, by the database's clock. It returns ErrRoundNotFound (it is not live) or, before the run has
// begun, ErrTooEarly.
func (e *Engine) Live(ctx context.Context, tenant int64, round string) (LiveView, error) {
	r, err := e.run(ctx, tenant, round)
	if err != nil {
		return LiveView{}, err
	}
	v := LiveView{Round: round, StartedAt: r.started}
	f := frozen{row: models.Round{TenantID: tenant, ID: round}}
	err = e.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		f.acts, f.losses = nil, nil
		const now = `SELECT outcome IS NOT NULL, floor(extract(epoch FROM clock_timestamp() - live_started_at) * 1000)::bigint
			FROM rounds WHERE tenant_id = $1 AND round_id = $2`
		if err := tx.QueryRow(ctx, now, tenant, round).Scan(&v.Over, &v.AtMS); err != nil {
			return err
		}
		return f.loadLiveActs(ctx, tx)
	})
	if err != nil {
		return LiveView{}, fmt.Errorf("read the run of round %s: %w", round, err)
	}
	if v.Over || v.AtMS >= r.outcome.LiveMS {
		v.Over, v.AtMS = true, r.outcome.LiveMS
	}
	v.AtMS = max(v.AtMS, 0)
	if v.Shown, err = r.shown(v.AtMS); err != nil {
		return LiveView{}, fmt.Errorf("show round %s: %w", round, err)
	}
	if v.Acts = f.acts; !v.Over {
		for i := range v.Acts {
			v.Acts[i].Choice = ""
		}
	}
	return v, nil
}

// loadLiveActs reads what was done in a run, in the order in which it was: by moment, bet and slot.
func (f *frozen) loadLiveActs(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT a.slot, p.public_id, b.seq, a.choice, a.at_ms FROM live_acts a
		JOIN (SELECT bet_id, row_number() OVER (ORDER BY bet_id) AS seq FROM bets WHERE tenant_id = $1 AND round_id = $2) b ON b.bet_id = a.bet_id
		JOIN players p ON p.tenant_id = a.tenant_id AND p.player_id = a.player_id
		WHERE a.tenant_id = $1 AND a.round_id = $2 ORDER BY a.at_ms, a.bet_id, a.slot`, f.row.TenantID, f.row.ID)
	if err != nil {
		return err
	}
	var act game.Act
	_, err = pgx.ForEachRow(rows, []any{&act.Slot, &act.Player, &act.Seq, &act.Choice, &act.AtMS}, func() error {
		f.acts, f.losses = append(f.acts, act), append(f.losses, 0)
		return nil
	})
	return err
}

// startRun stores a live round's draw where nobody sees it and starts the run, once.
func (e *Engine) startRun(ctx context.Context, f *frozen, client string) (StageResult, error) {
	if _, ok := f.rules.(game.Live); !ok || f.outcome.LiveMS < 1 {
		return StageResult{}, fmt.Errorf("draw round %s: the rules of %s let nobody act", f.row.ID, f.row.Game)
	}
	raw, err := json.Marshal(f.outcome)
	if err != nil {
		return StageResult{}, fmt.Errorf("draw round %s: %w", f.row.ID, err)
	}
	sealed, err := e.box.Seal(purposeOutcome, raw, []byte(f.row.ID))
	if err != nil {
		return StageResult{}, fmt.Errorf("seal the outcome of round %s: %w", f.row.ID, err)
	}
	out, err := e.stage(ctx, f.row.TenantID, f.row.ID, `SELECT api_round_run($1, $2, $3, $4, $5)`,
		f.row.TenantID, f.row.ID, client, sealed, f.outcome.LiveMS)
	if err != nil {
		return StageResult{}, fmt.Errorf("start the run of round %s: %w", f.row.ID, err)
	}
	if out.StartedAt != nil {
		out.LiveUntil = liveUntil(*out.StartedAt, f.outcome)
	}
	return out.StageResult, nil
}

func liveUntil(started time.Time, out game.Outcome) time.Time {
	return started.UTC().Add(time.Duration(out.LiveMS) * time.Millisecond)
}

// reveal ends a run that is over and publishes its seed and outcome. It returns ErrRunning while it is not.
func (e *Engine) reveal(ctx context.Context, f *frozen) error {
	seed, err := e.openSeed(f.row)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(f.outcome)
	if err != nil {
		return fmt.Errorf("reveal round %s: %w", f.row.ID, err)
	}
	_, err = e.stage(ctx, f.row.TenantID, f.row.ID, `SELECT api_round_reveal($1, $2, $3, $4)`, f.row.TenantID, f.row.ID, seed[:], json.RawMessage(raw))
	if err != nil {
		return fmt.Errorf("reveal round %s: %w", f.row.ID, err)
	}
	return nil
}

// EndRun ends a run that is over and publishes its seed and outcome; it waits out the acts in flight. Until then it returns
// ErrRunning and does not say when. A round without a run has nothing to end. It returns ErrRoundNotFound too.
func (e *Engine) EndRun(ctx context.Context, tenant int64, round string) error {
	var f frozen
	err := e.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		f.row, f.group, err = scanRound(tx.QueryRow(ctx, oneRound, tenant, round))
		return err
	})
	if err != nil {
		return fmt.Errorf("read round %s: %w", round, err)
	}
	if !f.hidden() {
		return nil
	}
	if f.outcome, err = e.openOutcome(round, f.row.OutcomeSealed); err != nil {
		return err
	}
	return e.reveal(ctx, &f)
}

// hidden says that a run is on, or over and not revealed.
func (f *frozen) hidden() bool {
	return f.row.Status == models.RoundDrawn && f.row.Live && f.row.Seed == nil
}

// drawOutcome is the outcome of a closed round from its seeds or from what its source gave, with what it chose from its bank.
func (e *Engine) drawOutcome(ctx context.Context, f *frozen, words *fairness.Stream) (game.Outcome, error) {
	out, err := takeOrDraw(f.rules, f.opening, f.row.External, words)
	if err != nil {
		return game.Outcome{}, err
	}
	rules, ok := f.rules.(game.Banked)
	if !ok {
		return out, nil
	}
	bank, err := e.bankOf(ctx, f.row.TenantID, rules, f.opening)
	if err != nil {
		return game.Outcome{}, err
	}
	out.Content, err = rules.Pick(f.opening, out, bank)
	return out, err
}

func takeOrDraw(rules game.Rules, open game.Opening, value *int64, words *fairness.Stream) (game.Outcome, error) {
	if outside, ok := rules.(game.External); ok && value != nil {
		return outside.Take(open, *value)
	}
	return rules.Draw(open, words)
}

// checkContent refuses to open a round whose bank of content is not there.
func (e *Engine) checkContent(ctx context.Context, tenant int64, rules game.Rules, open game.Opening) error {
	banked, ok := rules.(game.Banked)
	if !ok {
		return nil
	}
	_, err := e.bankOf(ctx, tenant, banked, open)
	return err
}
