package providers

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"fairground/internal/clock"
)

const (
	purposeSecret = "providers:secret"
	purposeAttest = "providers:attest"
)

// reloadEvery bounds how often a wrong signature makes this process read a provider's keys again.
const reloadEvery = time.Second

// opened are the keys of a provider as they were at a version. The database refuses a call that was checked by others.
type opened struct {
	tenant   int64
	version  int
	secret   []byte
	old      []byte // nil without one
	oldUntil time.Time
	loadedAt time.Time
}

// secrets are those that are taken at a moment.
func (o *opened) secrets(now time.Time) [][]byte {
	if o.old != nil && now.Before(o.oldUntil) {
		return [][]byte{o.secret, o.old}
	}
	return [][]byte{o.secret}
}

var providerPattern = regexp.MustCompile(`^pv_[a-z2-7]{16}$`)

// open returns a provider's keys: those in memory, or with again those of the database. It returns ErrNotFound.
func (p *Providers) open(ctx context.Context, provider string, again bool) (*opened, error) {
	if kept, ok := p.keys.Load(provider); ok {
		o, _ := kept.(*opened)
		if !again || clock.Since(p.clock, o.loadedAt) < reloadEvery {
			return o, nil
		}
	}
	if !providerPattern.MatchString(provider) {
		return nil, ErrNotFound
	}
	o, err := p.load(ctx, provider)
	if err != nil {
		return nil, err
	}
	p.keys.Store(provider, o)
	return o, nil
}

// load reads whose the provider is, then its keys.
func (p *Providers) load(ctx context.Context, provider string) (*opened, error) {
	o := &opened{loadedAt: p.clock.Now()}
	err := p.db.Global(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT tenant_id FROM directory WHERE kind = 'provider' AND key = $1`, provider).Scan(&o.tenant)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("providers: look up the directory: %w", err)
	}
	var sealed, old []byte
	var until *time.Time
	err = p.db.Call(ctx, o.tenant, `SELECT version, secret_sealed, old_secret_sealed, old_secret_until FROM providers WHERE tenant_id = $1 AND provider_id = $2`,
		[]any{o.tenant, provider}, &o.version, &sealed, &old, &until)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("providers: read the keys: %w", err)
	}
	if o.secret, err = p.box.Open(purposeSecret, sealed, sealedFor(o.tenant, provider)); err != nil {
		return nil, fmt.Errorf("providers: open the secret of %s: %w", provider, err)
	}
	if old == nil || until == nil {
		return o, nil
	}
	o.oldUntil = *until
	if o.old, err = p.box.Open(purposeSecret, old, sealedFor(o.tenant, provider)); err != nil {
		return nil, fmt.Errorf("providers: open the old secret of %s: %w", provider, err)
	}
	return o, nil
}

// seal keeps a secret so that it opens only as this provider's.
func (p *Providers) seal(tenant int64, provider, secret string) ([]byte, error) {
	sealed, err := p.box.Seal(purposeSecret, []byte(secret), sealedFor(tenant, provider))
	if err != nil {
		return nil, fmt.Errorf("providers: seal a secret: %w", err)
	}
	return sealed, nil
}

func sealedFor(tenant int64, provider string) []byte {
	return []byte(strconv.FormatInt(tenant, 10) + "/" + provider)
}

// newSecret is a secret of 256 random bits, as text: its bytes are the key.
func newSecret() string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // crypto/rand.Read never fails: it aborts the program instead
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// attest proves to the database that a provider's call went through this program, which checked its signature.
func (p *Providers) attest(tenant int64) []byte {
	mac := hmac.New(sha256.New, p.attestKey)
	mac.Write([]byte("providers/" + strconv.FormatInt(tenant, 10)))
	return mac.Sum(nil)
}

func (p *Providers) attestCheck(tenant int64) []byte {
	sum := sha256.Sum256(p.attest(tenant))
	return sum[:]
}
