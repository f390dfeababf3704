package operators_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/models"
	"fairground/operators"
)

// provider is a small OpenID provider that signs real tokens. It says what the test wants of whoever comes.
type provider struct {
	*httptest.Server
	key *rsa.PrivateKey

	mu     sync.Mutex
	claims map[string]any    // over the usual ones
	codes  map[string]string // code to PKCE challenge
	signer *rsa.PrivateKey   // who really signs
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	p := &provider{key: key, signer: key, codes: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.json(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		p.json(w, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "kid": "k1", "use": "sig", "alg": "RS256", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("/token", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func (p *provider) json(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

// visit is the person at the provider's page: it gives the code that the browser takes back.
func (p *provider) visit(t *testing.T, to string, claims map[string]any) string {
	t.Helper()
	address, err := url.Parse(to)
	require.NoError(t, err)
	q := address.Query()
	require.Equal(t, "fairground", q.Get("client_id"))
	require.Equal(t, "S256", q.Get("code_challenge_method"))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims = map[string]any{"nonce": q.Get("nonce")}
	maps.Copy(p.claims, claims)
	code := b64([]byte(q.Get("nonce")))
	p.codes[code] = q.Get("code_challenge")
	return code
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	challenge, known := p.codes[r.FormValue("code")]
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	id, password, _ := r.BasicAuth()
	password, _ = url.QueryUnescape(password) // RFC 6749 has both form-encoded
	if !known || b64(sum[:]) != challenge || id != "fairground" || password != "client secret" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		p.json(w, map[string]any{"error": "invalid_grant"})
		return
	}
	delete(p.codes, r.FormValue("code"))
	now := time.Now().Unix()
	claims := map[string]any{"iss": p.URL, "aud": "fairground", "sub": "u1", "iat": now, "exp": now + 300, "email_verified": true}
	maps.Copy(claims, p.claims)
	head, _ := json.Marshal(map[string]any{"alg": "RS256", "kid": "k1", "typ": "JWT"})
	body, _ := json.Marshal(claims)
	text := b64(head) + "." + b64(body)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.signer, crypto.SHA256, digest[:])
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	p.json(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": text + "." + b64(signature)})
}

func TestSingleSignOn(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := newBundleWith(t, operators.OIDC{Issuer: p.URL, ClientID: "fairground", ClientSecret: "client secret", RedirectURL: "https://example.org/back"})
	ctx := t.Context()
	bob := b.hire(t, "bob@example.org", models.RoleReviewer)
	come := func(claims map[string]any) (operators.Session, error) {
		to, state, err := b.OIDCLogin(ctx, b.tenantID)
		require.NoError(t, err)
		require.Contains(t, to, p.URL+"/authorize")
		return b.OIDCCallback(ctx, state, p.visit(t, to, claims))
	}
	s, err := come(map[string]any{"email": "Bob@Example.org"})
	require.NoError(t, err)
	require.Equal(t, bob.Authority.OperatorID, b.again(t, s.Token).OperatorID)
	s, err = come(map[string]any{"email": "owner@example.org"})
	require.NoError(t, err)
	require.False(t, s.Authority.SteppedUp(b.clock.Now()), "the second factor is still to be shown")

	for name, claims := range map[string]map[string]any{
		"unknown":      {"email": "nobody@example.org"},
		"not verified": {"email": "bob@example.org", "email_verified": false},
		"no e-mail":    {},
		"nonce":        {"email": "bob@example.org", "nonce": "other"},
		"audience":     {"email": "bob@example.org", "aud": "somebody else"},
		"issuer":       {"email": "bob@example.org", "iss": "https://elsewhere.example"},
		"expired":      {"email": "bob@example.org", "exp": time.Now().Add(-time.Hour).Unix()},
	} {
		_, err := come(claims)
		require.ErrorIs(t, err, operators.ErrInvalidCredentials, name)
	}
	to, state, err := b.OIDCLogin(ctx, b.tenantID)
	require.NoError(t, err)
	code := p.visit(t, to, map[string]any{"email": "bob@example.org"})
	for _, wrong := range []string{"", "x", state[:len(state)-2] + "AA"} {
		_, err := b.OIDCCallback(ctx, wrong, code)
		require.ErrorIs(t, err, operators.ErrInvalidState)
	}
	_, other, err := b.OIDCLogin(ctx, b.tenantID)
	require.NoError(t, err)
	_, err = b.OIDCCallback(ctx, other, code)
	require.ErrorIs(t, err, operators.ErrInvalidCredentials, "the code belongs to another sign-in")
	_, err = b.OIDCCallback(ctx, state, code)
	require.NoError(t, err)
	_, err = b.OIDCCallback(ctx, state, code)
	require.ErrorIs(t, err, operators.ErrInvalidCredentials, "twice")
	b.clock.Advance(11 * time.Minute)
	_, err = b.OIDCCallback(ctx, state, code)
	require.ErrorIs(t, err, operators.ErrInvalidState, "too late")

	forger, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	p.mu.Lock()
	p.signer = forger
	p.mu.Unlock()
	_, err = come(map[string]any{"email": "bob@example.org"})
	require.ErrorIs(t, err, operators.ErrInvalidCredentials, "signed by another key")
	p.mu.Lock()
	p.signer = p.key
	p.mu.Unlock()
	require.NoError(t, b.Disable(ctx, b.owner, bob.Authority.OperatorID, "left"))
	_, err = come(map[string]any{"email": "bob@example.org"})
	require.ErrorIs(t, err, operators.ErrInvalidCredentials, "disabled")
	_, _, err = b.OIDCLogin(ctx, "t_unknown")
	require.ErrorIs(t, err, operators.ErrTenantNotFound)

	// Of another tenant's operator the provider's word is worth nothing here.
	otherID, otherPublic := b.newTenant(t)
	_, err = b.Create(ctx, operators.NewOperator{Tenant: otherID, Email: "far@example.org", Name: "Far", Password: password, Roles: []models.Role{models.RoleOwner}})
	require.NoError(t, err)
	to, state, err = b.OIDCLogin(ctx, otherPublic)
	require.NoError(t, err)
	_, err = b.OIDCCallback(ctx, state, p.visit(t, to, map[string]any{"email": "owner@example.org"}))
	require.ErrorIs(t, err, operators.ErrInvalidCredentials)
}

func TestSingleSignOnIsOffByDefault(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	_, _, err := b.OIDCLogin(t.Context(), b.tenantID)
	require.ErrorIs(t, err, operators.ErrOIDCOff)
	_, err = b.OIDCCallback(t.Context(), "x", "y")
	require.ErrorIs(t, err, operators.ErrOIDCOff)
}
