package games

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/games/game"
	"fairground/internal/secret"
	"fairground/models"
	"fairground/operators"
)

// JackpotConfig says how a group's pot is fed and drawn. Amounts are minor units of points.
type JackpotConfig struct {
	Enabled        bool     `json:"enabled"`
	ContributionBP int      `json:"contribution_bp"` // share of the stakes that the house puts into the pot, in basis points
	Chance         int64    `json:"chance"`          // each unit staked wins with 1 in so many
	Seed           int64    `json:"seed"`            // what the house puts in to begin with, and again after the pot was won
	Games          []string `json:"games"`           // only these, sorted; empty: every game that the house banks
}

// Jackpot is a group's pot.
type Jackpot struct {
	ID         string // public; empty when the group has none
	Group      int64
	Config     JackpotConfig
	Version    int // of the config; 0: nobody has set one
	ConfigHash string
	Pot        int64 // minor units
	UpdatedAt  time.Time
	UpdatedBy  string // an operator's public id
}

// JackpotDraw is one draw of a pot.
type JackpotDraw struct {
	Ref          string // the round or the play
	Version      int
	Contribution int64  // minor units
	Winner       string // the winner's public id; empty when nobody won
	Amount       int64  // won, minor units
	At           time.Time
}

// Jackpot reads a group's pot; one that nobody has set has version 0.
func (e *Engine) Jackpot(ctx context.Context, tenant, group int64) (Jackpot, error) {
	j := Jackpot{Group: group, Config: JackpotConfig{Games: []string{}}}
	var config json.RawMessage
	const one = `SELECT j.jackpot_id, v.config, v.version, v.hash, b.posted, v.created_at, coalesce(o.public_id, '')
		FROM jackpots j JOIN jackpot_versions v ON v.tenant_id = j.tenant_id AND v.jackpot_id = j.jackpot_id AND v.version = j.version
		JOIN balances b ON b.tenant_id = j.tenant_id AND b.account_id = j.account_id
		LEFT JOIN operators o ON o.tenant_id = v.tenant_id AND o.operator_id = v.updated_by
		WHERE j.tenant_id = $1 AND j.group_id = $2`
	err := e.db.Call(ctx, tenant, one, []any{tenant, group}, &j.ID, &config, &j.Version, &j.ConfigHash, &j.Pot, &j.UpdatedAt, &j.UpdatedBy)
	if errors.Is(err, pgx.ErrNoRows) {
		return j, nil
	}
	if err == nil {
		err = json.Unmarshal(config, &j.Config)
	}
	if err != nil {
		return Jackpot{}, fmt.Errorf("read the pot of group %d: %w", group, err)
	}
	j.UpdatedAt = j.UpdatedAt.UTC()
	return j, nil
}

// SetJackpot gives a group's pot another config, read at version (0: nobody has set one); rounds that are open keep theirs, plays have the
// new one at once. An enabled pot
// that is empty begins with the seed, which the house pays. It needs pacing.configure and a step-up. Errors: games.invalid_pacing with the
// field, ErrUnknownGame, ErrStale, ErrGroupNotFound, those of operators and of postgres.DB.
func (e *Engine) SetJackpot(ctx context.Context, a operators.Authority, group int64, version int, c JackpotConfig, reason string) (Jackpot, error) {
	slices.Sort(c.Games)
	c.Games = slices.Compact(append([]string{}, c.Games...))
	if err := e.checkJackpot(c); err != nil {
		return Jackpot{}, err
	}
	config, err := Canonical(c)
	if err != nil {
		return Jackpot{}, fmt.Errorf("write a pot's config: %w", err)
	}
	hash, err := canonicalHash(c)
	if err != nil {
		return Jackpot{}, fmt.Errorf("write a pot's config: %w", err)
	}
	request, err := json.Marshal(map[string]any{"id": secret.ID("jp"), "version": version, "config": json.RawMessage(config), "hash": hash})
	if err != nil {
		return Jackpot{}, fmt.Errorf("write a pot's config: %w", err)
	}
	if err := e.operate(ctx, a, "set a pot", `SELECT api_jackpot_set($1, $2, $3, $4, $5, $6, $7)`, group, request, reason); err != nil {
		return Jackpot{}, err
	}
	e.pots.take([2]int64{a.Tenant, group})
	return e.Jackpot(ctx, a.Tenant, group)
}

// checkJackpot refuses what no pot can mean.
func (e *Engine) checkJackpot(c JackpotConfig) error {
	switch {
	case c.ContributionBP < 1 || c.ContributionBP > 5000:
		return invalidPacing("contribution_bp", "1 to 5000")
	case c.Chance < 2 || c.Chance > maxLimit:
		return invalidPacing("chance", fmt.Sprintf("2 to %d", int64(maxLimit)))
	case c.Seed < 0 || c.Seed > maxLimit:
		return invalidPacing("seed", fmt.Sprintf("0 to %d", int64(maxLimit)))
	}
	for _, name := range c.Games {
		g, ok := e.games[name]
		if !ok {
			return ErrUnknownGame
		}
		if g.Info().Bank != game.BankHouse {
			return invalidPacing("games", "games that the house banks")
		}
	}
	return nil
}

// JackpotWins lists the last draws of a group's pot that were won, newest first.
func (e *Engine) JackpotWins(ctx context.Context, tenant, group int64, limit int) ([]JackpotDraw, error) {
	var list []JackpotDraw
	err := e.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT d.ref, d.version, d.contribution, p.public_id, d.amount, d.drawn_at FROM jackpots j
			JOIN jackpot_draws d ON d.tenant_id = j.tenant_id AND d.jackpot_id = j.jackpot_id
			JOIN players p ON p.tenant_id = d.tenant_id AND p.player_id = d.winner_id
			WHERE j.tenant_id = $1 AND j.group_id = $2 AND d.winner_id IS NOT NULL ORDER BY d.drawn_at DESC LIMIT $3`, tenant, group, limit)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[JackpotDraw])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the wins of group %d's pot: %w", group, err)
	}
	for i := range list {
		list[i].At = list[i].At.UTC()
	}
	return list, nil
}

// jackpotConfig is a version of a pot's config, as it was written.
func (e *Engine) jackpotConfig(ctx context.Context, tenant int64, id string, version int) (c JackpotConfig, raw json.RawMessage, hash string, err error) {
	const one = `SELECT config, hash FROM jackpot_versions WHERE tenant_id = $1 AND jackpot_id = $2 AND version = $3`
	if err = e.db.Call(ctx, tenant, one, []any{tenant, id, version}, &raw, &hash); err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil {
		err = fmt.Errorf("read version %d of pot %s: %w", version, id, err)
	}
	return c, raw, hash, err
}

// luckyBet is the bet that wins the pot the round was opened with; nil when none does.
func (e *Engine) luckyBet(ctx context.Context, f *frozen) (*int64, error) {
	if f.row.JackpotID == nil || len(f.bets) == 0 {
		return nil, nil //nolint:nilnil // no bet is an answer, and what the database takes
	}
	c, _, _, err := e.jackpotConfig(ctx, f.row.TenantID, *f.row.JackpotID, *f.row.JackpotVersion)
	if err != nil {
		return nil, err
	}
	seed, err := e.openSeed(f.row)
	if err != nil {
		return nil, err
	}
	if f.row.ClientSeed == nil {
		return nil, fmt.Errorf("draw the pot of round %s: it has no client seed", f.row.ID)
	}
	stakes := make([]int64, len(f.bets))
	for i, b := range f.bets {
		stakes[i] = b.stake
	}
	won := drawJackpot(seed, *f.row.ClientSeed, jackpotNonce, c.Chance, stakes)
	if won < 0 {
		return nil, nil //nolint:nilnil // see above
	}
	return &f.bets[won].id, nil
}

// addJackpot tells in a proof what the round's pot is and, once it is drawn, what came of it.
func (e *Engine) addJackpot(ctx context.Context, f *frozen, p *Proof) error {
	if f.row.JackpotID == nil {
		return nil
	}
	j := &JackpotProof{ID: *f.row.JackpotID, Version: *f.row.JackpotVersion}
	var err error
	if _, j.Config, j.ConfigHash, err = e.jackpotConfig(ctx, f.row.TenantID, j.ID, j.Version); err != nil {
		return err
	}
	p.Jackpot = j
	if f.row.Status != models.RoundSettled {
		return nil
	}
	const one = `SELECT carry_before, pot_before, contribution, coalesce(bet_id, 0), amount FROM jackpot_draws WHERE tenant_id = $1 AND ref = $2`
	var bet int64
	if err := e.db.Call(ctx, f.row.TenantID, one, []any{f.row.TenantID, f.row.ID}, &j.CarryBefore, &j.PotBefore, &j.Contribution, &bet, &j.Amount); err != nil {
		return fmt.Errorf("read the draw of pot %s: %w", j.ID, err)
	}
	j.Drawn = true
	for i, b := range f.bets {
		if b.id == bet {
			j.Hit, j.Winner = true, int64(i)+1
		}
	}
	return nil
}
