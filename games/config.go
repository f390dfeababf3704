package games

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"fairground/games/game"
	"fairground/models"
	"fairground/operators"
)

// Games lists the catalogue with the rules in force in a tenant, by name.
func (e *Engine) Games(ctx context.Context, tenant int64) ([]Game, error) {
	var all []Game
	for name := range e.games {
		g, err := e.Game(ctx, tenant, name)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b Game) int {
		if a.Info.Name < b.Info.Name {
			return -1
		}
		return 1
	})
	return all, nil
}

// Game is one game with the rules in force in a tenant. It returns ErrUnknownGame.
func (e *Engine) Game(ctx context.Context, tenant int64, name string) (Game, error) {
	g, ok := e.games[name]
	if !ok {
		return Game{}, ErrUnknownGame
	}
	bound, err := e.currentConfig(ctx, tenant, name)
	if err != nil {
		return Game{}, err
	}
	return Game{Info: g.Info(), Version: bound.row.Version, Config: bound.row.Config, Odds: bound.rules.Odds(), Rules: bound.rules}, nil
}

// inForceSQL is the version in force by the database's clock; 0 for none.
const inForceSQL = `SELECT coalesce((SELECT c.version FROM game_configs c WHERE c.tenant_id = $1 AND c.game = $2 AND c.effective_at <= clock_timestamp()
	AND NOT EXISTS (SELECT 1 FROM config_cancellations x WHERE x.tenant_id = $1 AND x.game = $2 AND x.version = c.version)
	ORDER BY c.effective_at DESC, c.version DESC LIMIT 1), 0)`

// currentConfig is the version of a game's config in force. A tenant's version 1 is the game's default, written when it is
// first asked for. Another may be in force by the time something is played with it: the database then refuses, see withConfigInForce.
func (e *Engine) currentConfig(ctx context.Context, tenant int64, name string) (boundConfig, error) {
	var version int
	if err := e.db.Call(ctx, tenant, inForceSQL, []any{tenant, name}, &version); err != nil {
		return boundConfig{}, fmt.Errorf("find the config of %s: %w", name, err)
	}
	if version == 0 {
		if err := e.writeDefault(ctx, tenant, name); err != nil {
			return boundConfig{}, err
		}
		version = 1
	}
	return e.config(ctx, tenant, name, version)
}

func (e *Engine) writeDefault(ctx context.Context, tenant int64, name string) error {
	config := e.games[name].Info().DefaultConfig
	hash, err := configHash(config)
	if err != nil {
		return err
	}
	if err := e.db.Call(ctx, tenant, `SELECT api_config_default($1, $2, $3, $4)`, []any{tenant, name, config, hash}); err != nil {
		return fmt.Errorf("write the default config of %s: %w", name, err)
	}
	return nil
}

// config is one version of a game's config with its rules bound.
func (e *Engine) config(ctx context.Context, tenant int64, name string, version int) (boundConfig, error) {
	key := configKey{tenant, name, version}
	if bound, ok := e.configs.get(key); ok {
		return bound, nil
	}
	g, ok := e.games[name]
	if !ok {
		return boundConfig{}, ErrUnknownGame
	}
	row := models.GameConfig{TenantID: tenant, Game: name, Version: version}
	const one = `SELECT config, hash, created_at FROM game_configs WHERE tenant_id = $1 AND game = $2 AND version = $3`
	err := e.db.Call(ctx, tenant, one, []any{tenant, name, version}, &row.Config, &row.Hash, &row.CreatedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return boundConfig{}, fmt.Errorf("config %d of %s: %w", version, name, ErrUnknownGame)
	}
	if err != nil {
		return boundConfig{}, fmt.Errorf("read config %d of %s: %w", version, name, err)
	}
	rules, err := g.Parse(row.Config)
	if err != nil {
		return boundConfig{}, gameError(err)
	}
	bound := boundConfig{row: row, rules: rules}
	e.configs.put(key, bound)
	return bound, nil
}

// PublishConfig puts a config in force at once in a tenant that nobody runs yet: the installation's own act. Where there are
// operators they do it by DraftConfig, SimulateDraft and ApproveDraft. It returns ErrUnknownGame, games.invalid_config, which
// names the field, or ErrApprovalNeeded.
func (e *Engine) PublishConfig(ctx context.Context, tenant int64, name string, config json.RawMessage) (int, error) {
	g, ok := e.games[name]
	if !ok {
		return 0, ErrUnknownGame
	}
	if _, err := g.Parse(config); err != nil {
		return 0, gameError(err)
	}
	if _, err := e.currentConfig(ctx, tenant, name); err != nil {
		return 0, err
	}
	hash, err := configHash(config)
	if err != nil {
		return 0, err
	}
	var made struct{ Version int }
	err = e.odds(ctx, operators.Authority{Tenant: tenant}, "publish a config", `SELECT api_config_install($1, $2, $3, $4)`,
		[]any{tenant, name, config, hash}, &made)
	return made.Version, err
}

// configHash is the hex SHA-256 of a config's canonical JSON.
func configHash(config json.RawMessage) (string, error) {
	canonical, err := Canonical(config)
	if err != nil {
		return "", fmt.Errorf("canonicalise a config: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

// acting says whether a game is drawn at opening and then acted on.
func acting(info game.Info) bool {
	return slices.Contains(info.Phases, game.PhaseAct) && !slices.Contains(info.Phases, game.PhaseBet)
}

// isLive says whether a game's players act while its hidden outcome runs.
func isLive(info game.Info) bool {
	return slices.Contains(info.Phases, game.PhaseAct) && slices.Contains(info.Phases, game.PhaseBet)
}
