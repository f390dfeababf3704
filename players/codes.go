package players

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/models"
)

const (
	codeLetters  = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ" // 32 letters that are hard to mistake for each other
	codeLength   = 8                                  // 40 bits
	codeLife     = 10 * time.Minute
	codesAtOnce  = 5 // most codes a player can ask for within codeLife
	maxCodeInput = 32
)

// CreateLoginCode makes a one-time code for the player, good for 10 minutes. Only its hash is
// stored. It returns players.too_many_codes after 5 codes in 10 minutes, or ErrNotFound.
func (p *Players) CreateLoginCode(ctx context.Context, tenant, player int64) (string, error) {
	code := newCode()
	hash := p.hashCode(code)
	now := p.clock.Now()
	err := p.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		// The player's row serialises two requests, so that the count holds.
		var id int64
		err := tx.QueryRow(ctx, "SELECT player_id FROM players WHERE tenant_id = $1 AND player_id = $2 FOR NO KEY UPDATE", tenant, player).Scan(&id)
		if err != nil {
			return err
		}
		if err := checkCodeRate(ctx, tx, tenant, player, now); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO login_codes (tenant_id, code_hash, player_id, expires_at, created_at) VALUES ($1, $2, $3, $4, $5)`,
			tenant, hash, player, now.Add(codeLife), now)
		if err != nil {
			return err
		}
		return enter(ctx, tx, KindCode, hex.EncodeToString(hash), tenant)
	})
	if err := orNotFound(err, ErrNotFound, "create a login code"); err != nil {
		return "", err
	}
	return code, nil
}

// checkCodeRate refuses a sixth code and forgets the player's stale ones.
func checkCodeRate(ctx context.Context, tx pgx.Tx, tenant, player int64, now time.Time) error {
	rows, err := tx.Query(ctx,
		"DELETE FROM login_codes WHERE tenant_id = $1 AND player_id = $2 AND created_at <= $3 RETURNING code_hash",
		tenant, player, now.Add(-codeLife))
	if err != nil {
		return fmt.Errorf("forget old codes: %w", err)
	}
	stale, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return fmt.Errorf("forget old codes: %w", err)
	}
	for _, hash := range stale {
		if err := leave(ctx, tx, KindCode, hex.EncodeToString(hash)); err != nil {
			return err
		}
	}
	var recent int
	var oldest *time.Time
	err = tx.QueryRow(ctx, "SELECT count(*), min(created_at) FROM login_codes WHERE tenant_id = $1 AND player_id = $2",
		tenant, player).Scan(&recent, &oldest)
	if err != nil {
		return fmt.Errorf("count codes: %w", err)
	}
	if recent < codesAtOnce {
		return nil
	}
	wait := oldest.Add(codeLife).Sub(now).Round(time.Second)
	return &models.Error{
		Code: CodeTooManyCodes, Message: "too many login codes", Fix: "use the last code, or wait " + wait.String(),
		Data: map[string]any{"retry_after": int64(max(wait.Seconds(), 1))},
	}
}

// RedeemLoginCode exchanges a code for a session, once. Case, blanks and dashes don't matter.
// It returns ErrInvalidCode for a wrong, used or expired code and does not tell which.
func (p *Players) RedeemLoginCode(ctx context.Context, code string) (Session, error) {
	code = strings.NewReplacer(" ", "", "-", "").Replace(strings.ToUpper(code))
	if len(code) > maxCodeInput {
		return Session{}, ErrInvalidCode
	}
	hash := p.hashCode(code)
	tenant, err := p.Lookup(ctx, KindCode, hex.EncodeToString(hash))
	if errors.Is(err, ErrTenantNotFound) {
		return Session{}, ErrInvalidCode
	}
	if err != nil {
		return Session{}, err
	}
	var s Session
	err = p.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		player, err := p.useCode(ctx, tx, tenant, hash)
		if err != nil {
			return err
		}
		s, err = p.startSession(ctx, tx, tenant, player)
		return err
	})
	if err := orNotFound(err, ErrInvalidCode, "redeem a login code"); err != nil {
		return Session{}, err
	}
	return s, nil
}

// useCode marks the code used; of two requests at once one meets no row.
func (p *Players) useCode(ctx context.Context, tx pgx.Tx, tenant int64, hash []byte) (int64, error) {
	var player int64
	var stored []byte
	now := p.clock.Now()
	err := tx.QueryRow(ctx, `
		UPDATE login_codes SET used_at = $3 WHERE tenant_id = $1 AND code_hash = $2 AND used_at IS NULL AND expires_at > $3
		RETURNING player_id, code_hash`, tenant, hash, now).Scan(&player, &stored)
	if err != nil {
		return 0, err
	}
	if subtle.ConstantTimeCompare(stored, hash) != 1 {
		return 0, ErrInvalidCode
	}
	return player, leave(ctx, tx, KindCode, hex.EncodeToString(hash))
}

// hashCode is keyed, so that a stolen table of 40-bit codes can't be searched, and so that
// the time of the index look-up says nothing about a code.
func (p *Players) hashCode(code string) []byte {
	mac := hmac.New(sha256.New, p.codeKey)
	mac.Write([]byte(code))
	return mac.Sum(nil)
}

func newCode() string {
	raw := make([]byte, codeLength)
	_, _ = rand.Read(raw) // crypto/rand.Read never fails: it aborts the program instead
	for i, b := range raw {
		raw[i] = codeLetters[int(b)%len(codeLetters)] // 256 is a multiple of 32: no bias
	}
	return string(raw)
}
