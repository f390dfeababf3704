package operators

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/jackc/pgx/v5"
)

// SignIn exchanges a password, and a code where the account has a second factor, for a session; with a code the session
// starts stepped up. Every failure is the same ErrInvalidCredentials and costs the same work, for unknown e-mails too.
// It returns ErrCodeRequired for a right password without the code that is needed, and ErrLocked for 15 minutes after
// 10 failures of an e-mail.
func (o *Operators) SignIn(ctx context.Context, in SignIn) (Session, error) {
	email := o.emailKey(cleanEmail(in.Email))
	tenant, err := o.tenantOfEmail(ctx, email)
	if err != nil {
		return Session{}, err
	}
	who, err := o.account(ctx, tenant, `email_key = $2`, email)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Session{}, err
	}
	key, err := o.deriveKey(ctx, in.Password, who.kdf)
	if err != nil {
		return Session{}, err
	}
	second, err := o.judge(who, in.Code)
	if err != nil {
		return Session{}, err
	}
	s, err := o.open(tenant, who.tenantID, func(proof []byte) (answer, error) {
		return o.call(ctx, tenant, "sign in", `SELECT api_operator_sign_in($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			tenant, email, key, second.wrong, second.step, second.recovery, o.attest(who.publicID), proof, in.RequestID)
	})
	if errors.Is(err, ErrLocked) {
		o.log.LogAttrs(ctx, slog.LevelWarn, "a locked operator account was tried", slog.String("operator", who.publicID))
	}
	return s, err
}

// open makes a token, has the database open its session and completes what the caller gets.
func (o *Operators) open(tenant int64, tenantID string, start func(proof []byte) (answer, error)) (Session, error) {
	token := newToken(prefixSession, tenantID)
	proof := proofOf(token)
	a, err := start(proof)
	if err != nil {
		return Session{}, err
	}
	who := a.authority(tenant, ViaSession, proof)
	who.CSRF = o.csrf(proof)
	s := Session{Token: token, CSRF: who.CSRF, Authority: who}
	if a.ExpiresAt != nil {
		s.ExpiresAt = a.ExpiresAt.UTC()
	}
	return s, nil
}

// Authenticate says who a session's token or an API key speaks for, and notes at most once a minute that it was used.
// It returns ErrUnauthenticated for one that is unknown, revoked or expired, or of a disabled operator.
func (o *Operators) Authenticate(ctx context.Context, token string) (Authority, error) {
	via, prefix := ViaSession, prefixSession
	if strings.HasPrefix(token, prefixKey) {
		via, prefix = ViaKey, prefixKey
	}
	tenant, _, err := o.tenantOf(ctx, prefix, token, ErrUnauthenticated)
	if err != nil {
		return Authority{}, err
	}
	proof := proofOf(token)
	a, err := o.call(ctx, tenant, "authenticate", `SELECT api_operator_authenticate($1, $2, $3)`, tenant, string(via), proof)
	if err != nil {
		return Authority{}, err
	}
	who := a.authority(tenant, via, proof)
	if via == ViaSession {
		who.CSRF = o.csrf(proof)
	}
	return who, nil
}

// SignOut ends the session. It returns ErrUnauthenticated, or ErrSessionOnly for anything else than a session.
func (o *Operators) SignOut(ctx context.Context, a Authority) error { return o.signOut(ctx, a, false) }

// SignOutEverywhere ends every session of the operator, and a step-up in Telegram. API keys stay.
func (o *Operators) SignOutEverywhere(ctx context.Context, a Authority) error {
	return o.signOut(ctx, a, true)
}

func (o *Operators) signOut(ctx context.Context, a Authority, all bool) error {
	_, err := o.call(ctx, a.Tenant, "sign out", `SELECT api_operator_sign_out($1, $2, $3, $4, $5)`, a.Tenant, string(a.Via), a.Proof, all, a.RequestID)
	return err
}

// account is what judging a password or a code needs.
type account struct {
	tenantID, publicID string
	operator           int64
	email, kdf         string
	pending, sealed    []byte
}

// account reads one operator by a condition on $2. It returns ErrNotFound with an account that nobody has, so that the
// caller can go on with the same work.
func (o *Operators) account(ctx context.Context, tenant int64, where string, key any) (account, error) {
	who := account{tenantID: "t_", kdf: noPassword}
	var kdf *string
	err := o.db.InTenant(ctx, tenant, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			SELECT t.public_id, o.public_id, o.operator_id, o.email, o.password_kdf, o.totp_pending, o.totp_sealed
			  FROM operators o JOIN tenants t ON t.tenant_id = o.tenant_id WHERE o.tenant_id = $1 AND o.`+where, tenant, key).
			Scan(&who.tenantID, &who.publicID, &who.operator, &who.email, &kdf, &who.pending, &who.sealed)
	})
	if kdf != nil {
		who.kdf = *kdf
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return who, ErrNotFound
	}
	if err != nil {
		return who, fmt.Errorf("operators: read an account: %w", err)
	}
	return who, nil
}
