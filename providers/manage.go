package providers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"fairground/internal/secret"
	"fairground/operators"
)

const (
	maxTitle       = 128
	maxURL         = 1000
	defaultSession = 4 * time.Hour
	maxSession     = 7 * 24 * time.Hour
	maxLateWin     = 30 * 24 * time.Hour
	maxGrace       = 30 * 24 * time.Hour
)

// NewProvider asks for a provider.
type NewProvider struct {
	Title    string
	FreeWins bool
	LateWin  time.Duration
	Session  time.Duration // 0: 4 hours
	Reason   string
}

// Change changes a provider; nil leaves a thing as it is.
type Change struct {
	Title    *string
	Enabled  *bool
	FreeWins *bool
	LateWin  *time.Duration
	Session  *time.Duration
	Reason   string
}

// Add makes a provider and returns the secret it signs with, which is never shown again. It needs providers.configure and a
// step-up. Errors: ErrInvalid with the field, ErrTitleTaken, those of operators and of postgres.DB.
func (p *Providers) Add(ctx context.Context, a operators.Authority, n NewProvider) (Provider, string, error) {
	if n.Session == 0 {
		n.Session = defaultSession
	}
	c := Change{Title: &n.Title, FreeWins: &n.FreeWins, LateWin: &n.LateWin, Session: &n.Session}
	body, err := c.encode()
	if err != nil {
		return Provider{}, "", err
	}
	id, key := secret.ID("pv"), newSecret()
	body["id"] = id
	sealed, err := p.seal(a.Tenant, id, key)
	if err != nil {
		return Provider{}, "", err
	}
	request, err := marshal(body)
	if err != nil {
		return Provider{}, "", err
	}
	if err := p.ask(ctx, a.Tenant, "add a provider", nil, `SELECT api_provider_add($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, request, sealed, p.attestCheck(a.Tenant), n.Reason); err != nil {
		return Provider{}, "", err
	}
	made, err := p.Provider(ctx, a.Tenant, id)
	return made, key, err
}

// Set changes a provider. One that is off takes no launches and bets; wins and rollbacks still arrive. It needs
// providers.configure and a step-up. Errors: ErrNotFound and those of Add.
func (p *Providers) Set(ctx context.Context, a operators.Authority, id string, c Change) (Provider, error) {
	body, err := c.encode()
	if err != nil {
		return Provider{}, err
	}
	request, err := marshal(body)
	if err != nil {
		return Provider{}, err
	}
	if err := p.ask(ctx, a.Tenant, "set a provider", nil, `SELECT api_provider_set($1, $2, $3, $4, $5, $6, $7)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, id, request, c.Reason); err != nil {
		return Provider{}, err
	}
	p.keys.Delete(id)
	return p.Provider(ctx, a.Tenant, id)
}

// Rotate gives a provider a new secret and returns it. The present one is taken for grace longer (0: not any more). It needs
// providers.configure and a step-up. Errors: ErrInvalid, ErrNotFound, those of operators and of postgres.DB.
func (p *Providers) Rotate(ctx context.Context, a operators.Authority, id string, grace time.Duration, reason string) (Provider, string, error) {
	if grace < 0 || grace > maxGrace {
		return Provider{}, "", invalid("grace_seconds", "0 to 30 days")
	}
	key := newSecret()
	sealed, err := p.seal(a.Tenant, id, key)
	if err != nil {
		return Provider{}, "", err
	}
	if err := p.ask(ctx, a.Tenant, "rotate a secret", nil, `SELECT api_provider_rotate($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, id, sealed, int64(grace.Seconds()), reason); err != nil {
		return Provider{}, "", err
	}
	p.keys.Delete(id)
	made, err := p.Provider(ctx, a.Tenant, id)
	return made, key, err
}

// SetGame adds or replaces a game. It needs providers.configure and a step-up.
// Errors: ErrInvalid with the field, ErrNotFound, ErrAssetUnknown, those of operators and of postgres.DB.
func (p *Providers) SetGame(ctx context.Context, a operators.Authority, id string, g Game, reason string) (Provider, error) {
	request, err := g.encode()
	if err != nil {
		return Provider{}, err
	}
	if err := p.ask(ctx, a.Tenant, "set a provider's game", nil, `SELECT api_provider_game($1, $2, $3, $4, $5, $6, $7)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, id, request, reason); err != nil {
		return Provider{}, err
	}
	return p.Provider(ctx, a.Tenant, id)
}

// Seed makes a provider of games for points, once by its id: for demonstrations, with no operator behind it.
type Seed struct {
	Tenant            int64
	ID, Title, Secret string
	Games             []Game
}

// SeedProvider makes or updates a seeded provider. Errors: ErrInvalid, ErrTitleTaken by an operator's, those of postgres.DB.
func (p *Providers) SeedProvider(ctx context.Context, s Seed) error {
	games := []json.RawMessage{}
	for _, g := range s.Games {
		one, err := g.encode()
		if err != nil {
			return err
		}
		games = append(games, one)
	}
	list, err := json.Marshal(games)
	if err != nil {
		return fmt.Errorf("providers: write games: %w", err)
	}
	sealed, err := p.seal(s.Tenant, s.ID, s.Secret)
	if err != nil {
		return err
	}
	return p.ask(ctx, s.Tenant, "seed a provider", nil, `SELECT api_provider_seed($1, $2, $3, $4, $5, $6)`,
		s.Tenant, s.ID, s.Title, sealed, p.attestCheck(s.Tenant), json.RawMessage(list))
}

// CloseRound ends a round that its provider left open. With refund, bets that were neither paid out nor rolled back are given
// back; it returns how much. It needs providers.resolve and a step-up.
// Errors: ErrRoundNotFound, ErrRoundClosed, cashier.own_account, those of operators and of postgres.DB.
func (p *Providers) CloseRound(ctx context.Context, a operators.Authority, id string, r Stuck) (int64, error) {
	var got struct {
		Returned int64 `json:"returned"`
	}
	err := p.ask(ctx, a.Tenant, "close a round", &got, `SELECT api_provider_round_close($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		a.Tenant, string(a.Via), a.Proof, a.RequestID, id, r.Player, r.Round, r.Refund, r.Reason)
	return got.Returned, err
}

// Stuck names a round that is to be closed.
type Stuck struct {
	Player int64
	Round  string
	Refund bool
	Reason string
}

func (c Change) encode() (map[string]any, error) {
	body := map[string]any{}
	if c.Title != nil {
		title := strings.TrimSpace(*c.Title)
		if !printable(title) {
			return nil, invalid("title", "1 to 128 characters without control characters")
		}
		body["title"] = title
	}
	if c.Enabled != nil {
		body["enabled"] = *c.Enabled
	}
	if c.FreeWins != nil {
		body["free_wins"] = *c.FreeWins
	}
	if c.LateWin != nil {
		if *c.LateWin < 0 || *c.LateWin > maxLateWin {
			return nil, invalid("late_win_seconds", "0 to 30 days")
		}
		body["late_win"] = c.LateWin.Seconds()
	}
	if c.Session != nil {
		if *c.Session < time.Second || *c.Session > maxSession {
			return nil, invalid("session_seconds", "1 second to 7 days")
		}
		body["session"] = c.Session.Seconds()
	}
	return body, nil
}

func (g Game) encode() (json.RawMessage, error) {
	address, err := url.Parse(g.LaunchURL)
	switch {
	case !gamePattern.MatchString(g.Game):
		return nil, invalid("game", "1 to 64 letters, digits, dots, dashes and underscores")
	case !printable(g.Title):
		return nil, invalid("title", "1 to 128 characters without control characters")
	case err != nil || len(g.LaunchURL) > maxURL || (address.Scheme != "http" && address.Scheme != "https") || address.Host == "" || address.User != nil:
		return nil, invalid("launch_url", "an http or https address without a user")
	case g.MinStake < 1:
		return nil, invalid("min_stake", "at least 1")
	case g.MaxStake != 0 && g.MaxStake < g.MinStake:
		return nil, invalid("max_stake", "0 for no limit, else at least min_stake")
	}
	return marshal(map[string]any{
		"game": g.Game, "title": g.Title, "launch_url": g.LaunchURL, "asset": g.Asset, "min_stake": g.MinStake, "max_stake": g.MaxStake, "enabled": g.Enabled,
	})
}

func printable(s string) bool {
	return s != "" && len([]rune(s)) <= maxTitle && !strings.ContainsFunc(s, unicode.IsControl)
}

func marshal(body map[string]any) (json.RawMessage, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("providers: write a request: %w", err)
	}
	return text, nil
}
