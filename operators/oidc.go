package operators

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	oidcTimeout   = 10 * time.Second
	oidcStateLife = 10 * time.Minute
	nonceLetters  = 32
)

// OIDC configures single sign-on for the installation; it is off without an issuer.
type OIDC struct {
	Issuer, ClientID, ClientSecret string
	RedirectURL                    string // where the provider sends the browser back to
}

// oidcClient asks the provider for its addresses and keys when they are first needed.
type oidcClient struct {
	cfg  OIDC
	http *http.Client

	mu       sync.Mutex
	provider *oidc.Provider
}

func newOIDC(cfg OIDC) *oidcClient {
	return &oidcClient{cfg: cfg, http: &http.Client{Timeout: oidcTimeout}}
}

// oidcState is what a sign-in that was begun must remember. It travels sealed, so that any process can end it.
type oidcState struct {
	Tenant   int64  `json:"tenant"`
	TenantID string `json:"tenant_id"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	Expires  int64  `json:"expires"`
}

// OIDCLogin begins a single sign-on at the tenant with that public id: the browser goes to url and must come back with
// the same state, which the edge keeps in a cookie. It returns ErrOIDCOff or ErrTenantNotFound.
func (o *Operators) OIDCLogin(ctx context.Context, tenant string) (url, state string, err error) {
	if o.oidc.cfg.Issuer == "" {
		return "", "", ErrOIDCOff
	}
	id, err := o.tenantByID(ctx, tenant)
	if err != nil {
		return "", "", err
	}
	provider, err := o.oidc.discover(ctx)
	if err != nil {
		return "", "", err
	}
	begun := oidcState{
		Tenant: id, TenantID: tenant, Nonce: newCode(nonceLetters), Verifier: oauth2.GenerateVerifier(),
		Expires: o.clock.Now().Add(oidcStateLife).Unix(),
	}
	plain, err := json.Marshal(begun)
	if err != nil {
		return "", "", fmt.Errorf("operators: write a sign-in's state: %w", err)
	}
	sealed, err := o.box.Seal(purposeOIDC, plain, nil)
	if err != nil {
		return "", "", fmt.Errorf("operators: seal a sign-in's state: %w", err)
	}
	state = base64.RawURLEncoding.EncodeToString(sealed)
	return o.oidc.oauth(provider).AuthCodeURL(state, oidc.Nonce(begun.Nonce), oauth2.S256ChallengeOption(begun.Verifier)), state, nil
}

// OIDCCallback ends a single sign-on with what the provider sent back. It signs in only an active operator of the tenant
// with the e-mail that the provider has verified; the session is not stepped up. It returns ErrInvalidState,
// ErrInvalidCredentials or ErrOIDCOff.
func (o *Operators) OIDCCallback(ctx context.Context, state, code string) (Session, error) {
	if o.oidc.cfg.Issuer == "" {
		return Session{}, ErrOIDCOff
	}
	begun, err := o.openState(state)
	if err != nil {
		return Session{}, err
	}
	email, err := o.oidc.exchange(ctx, begun, code, o.clock.Now)
	if err != nil {
		return Session{}, err
	}
	key := o.emailKey(cleanEmail(email))
	who, err := o.account(ctx, begun.Tenant, `email_key = $2`, key)
	if err != nil {
		return Session{}, hideNotFound(err)
	}
	return o.open(begun.Tenant, begun.TenantID, func(proof []byte) (answer, error) {
		return o.call(ctx, begun.Tenant, "sign in", `SELECT api_operator_sign_in_oidc($1, $2, $3, $4, $5)`,
			begun.Tenant, key, o.attest(who.publicID), proof, "")
	})
}

func (o *Operators) openState(state string) (oidcState, error) {
	var begun oidcState
	sealed, err := base64.RawURLEncoding.DecodeString(state)
	if err != nil {
		return begun, ErrInvalidState
	}
	plain, err := o.box.Open(purposeOIDC, sealed, nil)
	if err != nil || json.Unmarshal(plain, &begun) != nil || o.clock.Now().Unix() >= begun.Expires {
		return begun, ErrInvalidState
	}
	return begun, nil
}

func (c *oidcClient) discover(ctx context.Context) (*oidc.Provider, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.provider != nil {
		return c.provider, nil
	}
	provider, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), c.http), c.cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("operators: ask the identity provider for its addresses: %w", err)
	}
	c.provider = provider
	return provider, nil
}

func (c *oidcClient) oauth(provider *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: c.cfg.ClientID, ClientSecret: c.cfg.ClientSecret, RedirectURL: c.cfg.RedirectURL,
		Endpoint: provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "email"},
	}
}

// exchange trades the code for an ID token, checks it and gives the verified e-mail. Whatever the provider or the
// browser sent that does not hold is ErrInvalidCredentials.
func (c *oidcClient) exchange(ctx context.Context, begun oidcState, code string, now func() time.Time) (string, error) {
	provider, err := c.discover(ctx)
	if err != nil {
		return "", err
	}
	ctx = oidc.ClientContext(ctx, c.http)
	token, err := c.oauth(provider).Exchange(ctx, code, oauth2.VerifierOption(begun.Verifier))
	if err != nil {
		return "", refusedBy(err, "exchange the code")
	}
	raw, found := token.Extra("id_token").(string)
	if !found {
		return "", refusedBy(nil, "no ID token came")
	}
	id, err := provider.Verifier(&oidc.Config{ClientID: c.cfg.ClientID, Now: now}).Verify(ctx, raw)
	if err != nil {
		return "", refusedBy(err, "verify the ID token")
	}
	var claims struct {
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
	}
	if err := id.Claims(&claims); err != nil {
		return "", refusedBy(err, "read the claims")
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(begun.Nonce)) != 1 || !claims.Verified || claims.Email == "" {
		return "", refusedBy(nil, "the nonce or the e-mail does not hold")
	}
	return claims.Email, nil
}

// refusedBy keeps the provider's reason for the log, which quotes no token.
func refusedBy(err error, act string) error {
	if err == nil {
		return fmt.Errorf("%w: %s", ErrInvalidCredentials, act)
	}
	if answered, is := asRetrieve(err); is {
		return fmt.Errorf("%w: %s: the provider answered %s", ErrInvalidCredentials, act, answered)
	}
	return fmt.Errorf("%w: %s: %w", ErrInvalidCredentials, act, err)
}
