package games

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"fairground/fairness"
	"fairground/games/game"
	"fairground/models"
)

// frozen is a round with all that its draw and settlement are computed from.
type frozen struct {
	row     models.Round
	group   string // public id
	config  models.GameConfig
	info    game.Info
	rules   game.Rules
	opening game.Opening
	outcome game.Outcome
	bets    []frozenBet // by bet id: the order of Seq
	acts    []game.Act
	losses  []int64 // by act, minor units
}

type frozenBet struct {
	id     int64
	player string // public id
	choice string
	stake  int64
	seed   string
}

const roundColumns = `r.tenant_id, r.round_id, r.group_id, r.game, r.config_version, r.asset, r.bank, r.status, r.acting, r.exclusive,
	r.escrow_id, r.opened_by, r.params, r.seats, r.slots, r.commit_hash, r.seed_sealed, r.seed, r.client_seed, r.outcome, r.void_reason,
	r.message_id, r.opens_at, r.closes_at, r.closed_at, r.drawn_at, r.settled_at, r.live, r.source, r.outcome_sealed,
	r.external_value, r.external_message, r.live_started_at, r.jackpot_id, r.jackpot_version, g.public_id`

const oneRound = `SELECT ` + roundColumns + ` FROM rounds r JOIN groups g ON g.tenant_id = r.tenant_id AND g.group_id = r.group_id
	WHERE r.tenant_id = $1 AND r.round_id = $2`

func scanRound(row pgx.Row) (models.Round, string, error) {
	var r models.Round
	var group string
	err := row.Scan(&r.TenantID, &r.ID, &r.GroupID, &r.Game, &r.ConfigVersion, &r.Asset, &r.Bank, &r.Status, &r.Acting, &r.Exclusive,
		&r.EscrowID, &r.OpenedBy, &r.Params, &r.Seats, &r.Slots, &r.CommitHash, &r.SeedSealed, &r.Seed, &r.ClientSeed, &r.Outcome, &r.VoidReason,
		&r.MessageID, &r.OpensAt, &r.ClosesAt, &r.ClosedAt, &r.DrawnAt, &r.SettledAt, &r.Live, &r.Source, &r.OutcomeSealed,
		&r.External, &r.ExternalMsg, &r.LiveStartedAt, &r.JackpotID, &r.JackpotVersion, &group)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, "", ErrRoundNotFound
	}
	return r, group, err
}

// load reads a round with its bets and acts. It returns ErrRoundNotFound.
func (e *Engine) load(ctx context.Context, tenant int64, round string) (frozen, error) {
	var f frozen
	err := e.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		f = frozen{}
		var err error
		f.row, f.group, err = scanRound(tx.QueryRow(ctx, oneRound, tenant, round))
		if err != nil {
			return err
		}
		if f.bets, err = loadBets(ctx, tx, tenant, round); err != nil {
			return err
		}
		return f.loadActs(ctx, tx)
	})
	if err != nil {
		return frozen{}, fmt.Errorf("load round %s: %w", round, err)
	}
	return f, e.bind(ctx, &f)
}

func loadBets(ctx context.Context, tx pgx.Tx, tenant int64, round string) ([]frozenBet, error) {
	rows, err := tx.Query(ctx, `SELECT b.bet_id, p.public_id, b.choice, b.stake, b.seed FROM bets b
		JOIN players p ON p.tenant_id = b.tenant_id AND p.player_id = b.player_id
		WHERE b.tenant_id = $1 AND b.round_id = $2 ORDER BY b.bet_id`, tenant, round)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (frozenBet, error) {
		var b frozenBet
		err := row.Scan(&b.id, &b.player, &b.choice, &b.stake, &b.seed)
		return b, err
	})
}

func (f *frozen) loadActs(ctx context.Context, tx pgx.Tx) error {
	if f.row.Live {
		return f.loadLiveActs(ctx, tx)
	}
	if !f.row.Acting {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT s.slot, p.public_id, CASE WHEN s.taken_by = $3 THEN 0 ELSE s.loss END FROM round_slots s
		JOIN players p ON p.tenant_id = s.tenant_id AND p.player_id = s.taken_by
		WHERE s.tenant_id = $1 AND s.round_id = $2 ORDER BY s.slot`, f.row.TenantID, f.row.ID, f.row.OpenedBy)
	if err != nil {
		return err
	}
	var act game.Act
	var loss int64
	_, err = pgx.ForEachRow(rows, []any{&act.Slot, &act.Player, &loss}, func() error {
		f.acts, f.losses = append(f.acts, act), append(f.losses, loss)
		return nil
	})
	return err
}

// bind adds the pinned rules, the opening and the stored outcome.
func (e *Engine) bind(ctx context.Context, f *frozen) error {
	bound, err := e.config(ctx, f.row.TenantID, f.row.Game, f.row.ConfigVersion)
	if err != nil {
		return err
	}
	f.config, f.rules, f.info = bound.row, bound.rules, e.games[f.row.Game].Info()
	if f.opening, err = bound.rules.Open(f.row.Params); err != nil {
		return fmt.Errorf("reopen round %s: %w", f.row.ID, err)
	}
	switch {
	case len(f.row.Outcome) > 0:
		if err := json.Unmarshal(f.row.Outcome, &f.outcome); err != nil {
			return fmt.Errorf("read the outcome of round %s: %w", f.row.ID, err)
		}
	case len(f.row.OutcomeSealed) > 0:
		if f.outcome, err = e.openOutcome(f.row.ID, f.row.OutcomeSealed); err != nil {
			return err
		}
	}
	return nil
}

// entries are the player seeds that feed the draw. An acting round was drawn from its
// opener's bet alone.
func (f *frozen) entries() []fairness.Entry {
	entries := make([]fairness.Entry, f.drawBets())
	for i := range entries {
		entries[i] = fairness.Entry{Seq: int64(i) + 1, Player: f.bets[i].player, Seed: f.bets[i].seed}
	}
	return entries
}

func (f *frozen) drawBets() int {
	if f.row.Acting {
		return min(1, len(f.bets))
	}
	return len(f.bets)
}

func (f *frozen) gameBets() []game.Bet {
	bets := make([]game.Bet, len(f.bets))
	for i, b := range f.bets {
		bets[i] = game.Bet{Seq: int64(i) + 1, Player: b.player, Choice: b.choice, Stake: b.stake, Seed: b.seed}
	}
	return bets
}

// payoutColumns turns payouts by Seq into bet ids and amounts.
func (f *frozen) payoutColumns(payouts []game.Payout) (ids, amounts []int64) {
	ids, amounts = make([]int64, len(payouts)), make([]int64, len(payouts))
	for i, p := range payouts {
		ids[i], amounts[i] = f.bets[p.Seq-1].id, p.Amount
	}
	return ids, amounts
}

// openSeed decrypts a round's server seed and checks it against the commitment.
func (e *Engine) openSeed(r models.Round) (fairness.Seed, error) {
	raw, err := e.box.Open(purposeSeed, r.SeedSealed, []byte(r.ID))
	if err != nil {
		return fairness.Seed{}, fmt.Errorf("open the seed of round %s: %w", r.ID, err)
	}
	if len(raw) != len(fairness.Seed{}) {
		return fairness.Seed{}, fmt.Errorf("the seed of round %s has %d bytes", r.ID, len(raw))
	}
	return fairness.Seed(raw), nil
}

// meta is what never changes in a round. It returns ErrRoundNotFound.
func (e *Engine) meta(ctx context.Context, tenant int64, round string) (roundMeta, error) {
	key := roundKey{tenant, round}
	if m, ok := e.rounds.get(key); ok {
		return m, nil
	}
	read, err, _ := e.reading.Do(fmt.Sprint(key), func() (any, error) { return e.readMeta(context.WithoutCancel(ctx), key) })
	if err != nil {
		return roundMeta{}, err
	}
	m, _ := read.(roundMeta)
	return m, nil
}

func (e *Engine) readMeta(ctx context.Context, key roundKey) (roundMeta, error) {
	tenant, round := key.tenant, key.round
	var name string
	var version int
	var acting, live bool
	var params json.RawMessage
	const one = `SELECT game, config_version, acting, live, params FROM rounds WHERE tenant_id = $1 AND round_id = $2`
	err := e.db.Call(ctx, tenant, one, []any{tenant, round}, &name, &version, &acting, &live, &params)
	if errors.Is(err, pgx.ErrNoRows) {
		return roundMeta{}, ErrRoundNotFound
	}
	if err != nil {
		return roundMeta{}, fmt.Errorf("read round %s: %w", round, err)
	}
	bound, err := e.config(ctx, tenant, name, version)
	if err != nil {
		return roundMeta{}, err
	}
	opening, err := bound.rules.Open(params)
	if err != nil {
		return roundMeta{}, fmt.Errorf("reopen round %s: %w", round, err)
	}
	m := roundMeta{game: name, rules: bound.rules, opening: opening, acting: acting, live: live}
	e.rounds.put(key, m)
	return m, nil
}
