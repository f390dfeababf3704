package players

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/internal/telegram"
)

const (
	sessionLife = 7 * 24 * time.Hour
	initDataAge = time.Hour
	tokenPrefix = "fg_"
	tokenBytes  = 32
	maxToken    = 160
)

// Session is a bearer token for one player in one tenant. Only the token's hash is stored.
type Session struct {
	Token     string // fg_<tenant public id>_<random>
	ExpiresAt time.Time
	Player    string // public id
}

// Identity is who a token speaks for.
type Identity struct {
	Tenant, Player     int64
	TenantID, PlayerID string // public ids
}

// SessionFromInitData exchanges a Mini App's initData for a session and adds the player if
// new. The bot is named by its numeric id or its tenant's public id. It returns
// ErrInvalidInitData or, past one hour, ErrInitDataExpired.
func (p *Players) SessionFromInitData(ctx context.Context, bot, initData string) (Session, error) {
	kind := KindBot
	if strings.HasPrefix(bot, "t_") {
		kind = KindTenant
	}
	tenant, err := p.Lookup(ctx, kind, bot)
	if errors.Is(err, ErrTenantNotFound) {
		return Session{}, ErrInvalidInitData
	}
	if err != nil {
		return Session{}, err
	}
	token, err := p.BotToken(ctx, tenant)
	if errors.Is(err, ErrTokenRefused) {
		return Session{}, ErrInvalidInitData // whoever knows such a token may have signed it
	}
	if err != nil {
		return Session{}, err
	}
	user, err := telegram.ValidateInitData(token, initData, p.clock.Now(), initDataAge)
	if errors.Is(err, telegram.ErrInitDataExpired) {
		return Session{}, ErrInitDataExpired
	}
	if err != nil || user.IsBot {
		return Session{}, ErrInvalidInitData
	}
	var s Session
	err = p.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		player, err := upsertPlayer(ctx, tx, tenant, TelegramUser{
			ID: user.ID, Name: user.Name(), Username: user.Username, Language: user.LanguageCode,
		})
		if err != nil {
			return err
		}
		s, err = p.startSession(ctx, tx, tenant, player.ID)
		return err
	})
	if err != nil {
		return Session{}, fmt.Errorf("players: start a session: %w", err)
	}
	return s, nil
}

// Authenticate says who a token speaks for. Answers are kept for up to 5 seconds, so a token
// revoked by another process works that much longer. It returns ErrInvalidToken or ErrTokenExpired.
func (p *Players) Authenticate(ctx context.Context, token string) (Identity, error) {
	hash := p.hashToken(token)
	if id, ok := p.sessions.get(hash); ok {
		return id, nil
	}
	tenant, err := p.tenantOfToken(ctx, token)
	if err != nil {
		return Identity{}, err
	}
	var id Identity
	var stored []byte
	var expires time.Time
	err = p.db.Call(ctx, tenant, `
		SELECT s.token_hash, s.expires_at, p.player_id, p.public_id, t.public_id
		  FROM sessions s
		  JOIN players p ON p.tenant_id = s.tenant_id AND p.player_id = s.player_id
		  JOIN tenants t ON t.tenant_id = s.tenant_id
		 WHERE s.tenant_id = $1 AND s.token_hash = $2 AND s.revoked_at IS NULL`,
		[]any{tenant, hash[:]}, &stored, &expires, &id.Player, &id.PlayerID, &id.TenantID)
	if err := orNotFound(err, ErrInvalidToken, "read a session"); err != nil {
		return Identity{}, err
	}
	if subtle.ConstantTimeCompare(stored, hash[:]) != 1 {
		return Identity{}, ErrInvalidToken
	}
	if !p.clock.Now().Before(expires) {
		return Identity{}, ErrTokenExpired
	}
	id.Tenant = tenant
	p.sessions.put(hash, id, expires)
	return id, nil
}

// Revoke ends a token: at once in this process, within 5 seconds in others. Revoking an
// unknown token is a success.
func (p *Players) Revoke(ctx context.Context, token string) error {
	hash := p.hashToken(token)
	tenant, err := p.tenantOfToken(ctx, token)
	if errors.Is(err, ErrInvalidToken) {
		return nil
	}
	if err != nil {
		return err
	}
	err = p.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx,
			"UPDATE sessions SET revoked_at = $3 WHERE tenant_id = $1 AND token_hash = $2 AND revoked_at IS NULL",
			tenant, hash[:], p.clock.Now())
		return err
	})
	if err != nil {
		return fmt.Errorf("players: revoke a session: %w", err)
	}
	p.sessions.drop(hash)
	return nil
}

// startSession writes a session in the caller's transaction.
func (p *Players) startSession(ctx context.Context, tx pgx.Tx, tenant, player int64) (Session, error) {
	var tenantID, playerID string
	err := tx.QueryRow(ctx, `
		SELECT t.public_id, p.public_id FROM tenants t JOIN players p ON p.tenant_id = t.tenant_id
		 WHERE p.tenant_id = $1 AND p.player_id = $2`, tenant, player).Scan(&tenantID, &playerID)
	if err != nil {
		return Session{}, err
	}
	now := p.clock.Now()
	s := Session{Token: newToken(tenantID), ExpiresAt: now.Add(sessionLife), Player: playerID}
	hash := p.hashToken(s.Token)
	_, err = tx.Exec(ctx, "DELETE FROM sessions WHERE tenant_id = $1 AND player_id = $2 AND expires_at <= $3", tenant, player, now)
	if err != nil {
		return Session{}, fmt.Errorf("forget expired sessions: %w", err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO sessions (tenant_id, token_hash, player_id, expires_at, created_at) VALUES ($1, $2, $3, $4, $5)`,
		tenant, hash[:], player, s.ExpiresAt, now)
	if err != nil {
		return Session{}, fmt.Errorf("write the session: %w", err)
	}
	return s, nil
}

// tenantOfToken reads the tenant's public id out of the token and looks it up once a process.
func (p *Players) tenantOfToken(ctx context.Context, token string) (int64, error) {
	rest, ok := strings.CutPrefix(token, tokenPrefix)
	cut := strings.LastIndexByte(rest, '_')
	if !ok || cut <= 0 || len(token) > maxToken {
		return 0, ErrInvalidToken
	}
	publicID := rest[:cut]
	if tenant, ok := p.tenants.get(publicID); ok {
		return tenant, nil
	}
	tenant, err := p.Lookup(ctx, KindTenant, publicID)
	if errors.Is(err, ErrTenantNotFound) {
		return 0, ErrInvalidToken
	}
	if err != nil {
		return 0, err
	}
	p.tenants.put(publicID, tenant)
	return tenant, nil
}

func (p *Players) hashToken(token string) tokenHash {
	mac := hmac.New(sha256.New, p.tokenKey)
	mac.Write([]byte(token))
	return tokenHash(mac.Sum(nil))
}

func newToken(tenantID string) string {
	raw := make([]byte, tokenBytes)
	_, _ = rand.Read(raw) // crypto/rand.Read never fails: it aborts the program instead
	random := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))
	return tokenPrefix + tenantID + "_" + random
}
