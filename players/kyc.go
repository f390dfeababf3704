package players

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/models"
	"fairground/players/kyc"
)

// kycLife is how long an approval holds when the provider names no end.
const kycLife = 2 * 365 * 24 * time.Hour

// StartKYC opens the player's identity check, or goes on with it. An approval that holds stays until the new check decides.
// It returns ErrKYCOff, ErrKYCUnavailable or ErrNotFound.
func (p *Players) StartKYC(ctx context.Context, tenant, player int64) (KYCSession, error) {
	who, err := p.Player(ctx, tenant, player)
	if err != nil {
		return KYCSession{}, err
	}
	provider, account, err := p.provider(ctx, tenant, "")
	if errors.Is(err, pgx.ErrNoRows) {
		return KYCSession{}, ErrKYCOff
	}
	if err != nil {
		return KYCSession{}, fmt.Errorf("players: find the identity provider: %w", err)
	}
	session, err := provider.Start(ctx, kyc.Applicant{
		Player: who.PublicID, Language: who.Language, CallbackURL: p.kyc.PublicURL + "/v1/hooks/kyc/" + account,
	})
	if err != nil {
		return KYCSession{}, fmt.Errorf("%w: %w", ErrKYCUnavailable, err)
	}
	err = p.ask(ctx, tenant, "start KYC", nil, `SELECT api_player_kyc_start($1, $2, $3, $4)`, tenant, player, account, session.Ref)
	return session, err
}

// ReceiveKYC takes a callback of an identity provider: the account is its public id. An older result never overwrites a newer
// one, a repeat changes nothing. It returns ErrKYCForged, ErrKYCStale, ErrKYCMalformed, ErrTenantNotFound for an unknown
// account, or, for the provider to try again, ErrKYCUnavailable.
func (p *Players) ReceiveKYC(ctx context.Context, account string, header http.Header, body []byte) error {
	tenant, err := p.Lookup(ctx, KindKYC, account)
	if err != nil {
		return err
	}
	provider, _, err := p.provider(ctx, tenant, account)
	if err != nil {
		return orNotFound(err, ErrTenantNotFound, "find the identity provider")
	}
	now := p.clock.Now()
	result, err := provider.ParseWebhook(header, body, now)
	switch {
	case errors.Is(err, kyc.ErrForged):
		return ErrKYCForged
	case errors.Is(err, kyc.ErrStale):
		return ErrKYCStale
	case errors.Is(err, kyc.ErrMalformed):
		return ErrKYCMalformed
	case errors.Is(err, kyc.ErrIrrelevant):
		return nil
	case err != nil:
		return fmt.Errorf("players: read a callback: %w", err)
	}
	if result.Status == kyc.Approved {
		if result, err = provider.Complete(ctx, result); err != nil {
			return fmt.Errorf("%w: %w", ErrKYCUnavailable, err)
		}
		if result.ExpiresAt.IsZero() {
			result.ExpiresAt = result.CreatedAt.Add(kycLife)
		}
	}
	return p.storeKYC(ctx, tenant, account, result, sum(body))
}

type kycResult struct {
	Player    string     `json:"player"`
	Ref       string     `json:"ref"`
	Status    kyc.Status `json:"status"`
	Level     int        `json:"level"`
	Reason    string     `json:"reason"`
	BirthDate string     `json:"birth_date,omitempty"`
	Country   string     `json:"country,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

func (p *Players) storeKYC(ctx context.Context, tenant int64, account string, r kyc.Result, digest []byte) error {
	row := kycResult{Player: r.Player, Ref: r.Ref, Status: r.Status, Level: r.Level, Reason: r.Reason, Country: r.Country, CreatedAt: r.CreatedAt.UTC()}
	if !r.BirthDate.IsZero() {
		row.BirthDate = r.BirthDate.Format(time.DateOnly)
	}
	if !r.ExpiresAt.IsZero() {
		until := r.ExpiresAt.UTC()
		row.ExpiresAt = &until
	}
	return p.ask(ctx, tenant, "store a KYC result", nil, `SELECT api_player_kyc_result($1, $2, $3, $4, $5)`,
		tenant, account, p.attestAccount(account), digest, row)
}

// DecideKYC decides a player's identity check by hand: approved (level 1 at least, for two years), rejected or expired, on an
// operator's authority (players.kyc, stepped up). A provider's result of before does not overwrite it. It returns
// ErrInvalidDecision, ErrNotFound and the refusals of an Actor.
func (p *Players) DecideKYC(ctx context.Context, a Actor, player int64, status KYCStatus, reason string) error {
	switch status {
	case models.KYCApproved, models.KYCRejected, models.KYCExpired:
	case models.KYCNone, models.KYCPending:
		return ErrInvalidDecision
	default:
		return ErrInvalidDecision
	}
	return p.ask(ctx, a.Tenant, "decide KYC", nil, `SELECT api_player_kyc_decide($1, $2, $3, $4, $5, $6, $7)`,
		a.Tenant, a.Via, a.Proof, player, string(status), reason, a.RequestID)
}
