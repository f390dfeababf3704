package providers

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"time"

	"fairground/internal/secret"
)

// LaunchRequest asks for a session in a game.
type LaunchRequest struct {
	Tenant, Group, Player int64
	Provider, Game        string
	Language              string
}

// Launched is a session. URL contains Token, which plays as the player: show it to nobody else.
type Launched struct {
	URL     string
	Token   string
	Expires time.Time // until when it may bet; wins and rollbacks are taken later too
}

// Launch opens a session of one player in one group and game. Nothing moves yet.
//
// Errors: ErrGameNotFound, ErrGroupInactive, players.not_member and what keeps the player from betting, those of postgres.DB.
func (p *Providers) Launch(ctx context.Context, r LaunchRequest) (Launched, error) {
	token := secret.ID("fgs") + secret.ID("")
	sum := sha256.Sum256([]byte(token))
	var got struct {
		URL     string    `json:"url"`
		Expires time.Time `json:"expires_at"`
	}
	err := p.ask(ctx, r.Tenant, "launch a game", &got, `SELECT api_provider_launch($1, $2, $3, $4, $5, $6, $7, $8)`,
		r.Tenant, r.Group, r.Player, r.Provider, r.Game, sum[:], secret.ID("u"), r.Language)
	if err != nil {
		return Launched{}, err
	}
	address, err := url.Parse(got.URL)
	if err != nil {
		return Launched{}, fmt.Errorf("providers: the address of a game can't be read: %w", err)
	}
	query := address.Query()
	query.Set("token", token)
	query.Set("game", r.Game)
	query.Set("lang", r.Language)
	address.RawQuery = query.Encode()
	return Launched{URL: address.String(), Token: token, Expires: got.Expires.UTC()}, nil
}
