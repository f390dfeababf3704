package games

import (
	"context"
	_ "embed" // the query of versions
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/games/simulate"
)

//go:embed queries/versions.sql
var versionsSQL string

// historyLength is how many versions of a game are published.
const historyLength = 100

// Version is one version of a game's config in a tenant. People are public ids, times UTC.
type Version struct {
	Game        string
	Version     int
	Config      json.RawMessage
	Hash        string // SHA-256 of the canonical config, hex
	Origin      string // default, installation, draft or rollback
	Restores    int    // of a roll-back: the version whose content it has
	Draft       string // it was
	DraftedBy   string
	ApprovedBy  string
	CreatedAt   time.Time
	EffectiveAt time.Time  // rounds that open at it or later play with it, until another is in force
	CancelledAt *time.Time // it was called off before its moment
	Live        bool       // it is in force now
	Scheduled   bool       // its moment is ahead
}

// Returned is a version and what it returns.
type Returned struct {
	Version

	Report simulate.Report
}

// Published is what everybody may know of a game in a tenant.
type Published struct {
	Game

	Live    Returned
	Next    *Returned // scheduled
	History []Version // newest first, the live and the next one too
}

// ListVersions lists the versions of a game's config, newest first, the first 100. It returns ErrUnknownGame.
func (e *Engine) ListVersions(ctx context.Context, tenant int64, name string) ([]Version, error) {
	return e.versions(ctx, tenant, name, 0)
}

// Version is one version of a game's config. It returns ErrUnknownGame or ErrVersionNotFound.
func (e *Engine) Version(ctx context.Context, tenant int64, name string, version int) (Version, error) {
	if version < 1 {
		return Version{}, ErrVersionNotFound
	}
	list, err := e.versions(ctx, tenant, name, version)
	if err != nil {
		return Version{}, err
	}
	if len(list) == 0 {
		return Version{}, ErrVersionNotFound
	}
	return list[0], nil
}

func (e *Engine) versions(ctx context.Context, tenant int64, name string, one int) (list []Version, err error) {
	// Version 1 is there once somebody has asked.
	if _, err := e.Game(ctx, tenant, name); err != nil {
		return nil, err
	}
	err = e.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, versionsSQL, tenant, name, one, historyLength)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Version])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the versions of %s: %w", name, err)
	}
	for i := range list {
		list[i].CreatedAt, list[i].EffectiveAt = list[i].CreatedAt.UTC(), list[i].EffectiveAt.UTC()
	}
	return list, nil
}

// Published is a game with its odds, its returns and its history in a tenant. It returns ErrUnknownGame.
func (e *Engine) Published(ctx context.Context, tenant int64, name string) (Published, error) {
	history, err := e.versions(ctx, tenant, name, 0)
	if err != nil {
		return Published{}, err
	}
	p := Published{History: history}
	for _, v := range history {
		if !v.Live && !v.Scheduled {
			continue
		}
		report, err := e.returnsOf(name, v.Hash, v.Config)
		if err != nil {
			return Published{}, err
		}
		if v.Live {
			p.Live = Returned{v, report}
		} else {
			p.Next = &Returned{v, report}
		}
	}
	if p.Live.Version.Version == 0 {
		// It is older than what a list shows.
		g, err := e.Game(ctx, tenant, name)
		if err != nil {
			return Published{}, err
		}
		if p.Live.Version, err = e.Version(ctx, tenant, name, g.Version); err != nil {
			return Published{}, err
		}
		if p.Live.Report, err = e.returnsOf(name, p.Live.Hash, p.Live.Config); err != nil {
			return Published{}, err
		}
	}
	bound, err := e.config(ctx, tenant, name, p.Live.Version.Version)
	if err != nil {
		return Published{}, err
	}
	p.Game = Game{Info: e.games[name].Info(), Version: bound.row.Version, Config: bound.row.Config, Odds: bound.rules.Odds(), Rules: bound.rules}
	return p, nil
}

// PublishDefault is what everybody may know of a game under the config that it brings, in no tenant.
func (e *Engine) PublishDefault(name string) (Published, error) {
	g, ok := e.games[name]
	if !ok {
		return Published{}, ErrUnknownGame
	}
	info := g.Info()
	rules, err := g.Parse(info.DefaultConfig)
	if err != nil {
		return Published{}, fmt.Errorf("read the default config of %s: %w", name, err)
	}
	hash, err := configHash(info.DefaultConfig)
	if err != nil {
		return Published{}, err
	}
	report, err := e.returnsOf(name, hash, info.DefaultConfig)
	if err != nil {
		return Published{}, err
	}
	return Published{
		Game: Game{Info: info, Version: 1, Config: info.DefaultConfig, Odds: rules.Odds(), Rules: rules},
		Live: Returned{Version{Game: name, Version: 1, Config: info.DefaultConfig, Hash: hash, Origin: "default", Live: true}, report},
	}, nil
}

// ReturnedVersion is one version of a game's config and what it returns. Its errors are those of Version.
func (e *Engine) ReturnedVersion(ctx context.Context, tenant int64, name string, version int) (Returned, error) {
	v, err := e.Version(ctx, tenant, name, version)
	if err != nil {
		return Returned{}, err
	}
	report, err := e.returnsOf(name, v.Hash, v.Config)
	return Returned{v, report}, err
}
