package operators

import (
	"context"
	"errors"
)

const linkLetters = 10

// ByTelegram is the authority of a Telegram user who is linked to an active operator of the tenant. The caller must
// have the user's id from Telegram itself. It returns ErrNotLinked.
func (o *Operators) ByTelegram(ctx context.Context, tenant, telegramID int64) (Authority, error) {
	proof := o.telegramProof(tenant, telegramID)
	a, err := o.call(ctx, tenant, "authenticate", `SELECT api_operator_authenticate($1, $2, $3)`, tenant, string(ViaTelegram), proof)
	if errors.Is(err, ErrUnauthenticated) {
		return Authority{}, ErrNotLinked
	}
	if err != nil {
		return Authority{}, err
	}
	return a.authority(tenant, ViaTelegram, proof), nil
}

// LinkCode makes a code, good once and for 10 minutes, that links the Telegram account which sends it to the bot. Where
// a second factor exists it needs a step-up.
func (o *Operators) LinkCode(ctx context.Context, a Authority) (string, error) {
	code := newCode(linkLetters)
	_, err := o.call(ctx, a.Tenant, "make a link code", `SELECT api_operator_link_code($1, $2, $3, $4, $5)`,
		a.Tenant, string(a.Via), a.Proof, o.keyed(purposeLinkCode, code), a.RequestID)
	if err != nil {
		return "", err
	}
	return code, nil
}

// LinkTelegram links a Telegram account by a code. It returns ErrInvalidLinkCode or ErrTelegramTaken.
func (o *Operators) LinkTelegram(ctx context.Context, tenant, telegramID int64, code string) (Authority, error) {
	code = typed(code)
	if code == "" || len(code) > maxCode || telegramID <= 0 {
		return Authority{}, ErrInvalidLinkCode
	}
	proof := o.telegramProof(tenant, telegramID)
	a, err := o.call(ctx, tenant, "link a Telegram account", `SELECT api_operator_link($1, $2, $3, $4)`,
		tenant, o.keyed(purposeLinkCode, code), telegramID, proof)
	if err != nil {
		return Authority{}, err
	}
	return a.authority(tenant, ViaTelegram, proof), nil
}

// UnlinkTelegram takes the Telegram account off the operator; having none is a success.
func (o *Operators) UnlinkTelegram(ctx context.Context, a Authority) error {
	_, err := o.call(ctx, a.Tenant, "unlink a Telegram account", `SELECT api_operator_unlink($1, $2, $3, $4)`, a.Tenant, string(a.Via), a.Proof, a.RequestID)
	return err
}
