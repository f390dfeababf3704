package operators

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Tokens are "<prefix><tenant public id>_<random>".
const (
	prefixSession    = "fgo_"
	prefixKey        = "fgk_"
	prefixInvitation = "fgi_"
	tokenBytes       = 32
	maxToken         = 160
)

// Purposes of the keys this room derives.
const (
	purposeEmail    = "operators:email"
	purposeAttest   = "operators:attest"
	purposeTelegram = "operators:telegram"
	purposeCSRF     = "operators:csrf"
	purposeTOTP     = "operators:totp"
	purposeRecovery = "operators:recovery"
	purposeLinkCode = "operators:link_code"
	purposeOIDC     = "operators:oidc"
)

const (
	codeLetters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ" // 32 letters that are hard to mistake for each other
	maxCode     = 32
	maxEmail    = 254
)

func newToken(prefix, tenantID string) string {
	raw := make([]byte, tokenBytes)
	_, _ = rand.Read(raw) // crypto/rand.Read never fails: it aborts the program instead
	return prefix + tenantID + "_" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))
}

// newCode is a code that a person types, of 5 bits a letter.
func newCode(letters int) string {
	raw := make([]byte, letters)
	_, _ = rand.Read(raw) // crypto/rand.Read never fails: it aborts the program instead
	for i, b := range raw {
		raw[i] = codeLetters[int(b)%len(codeLetters)] // 256 is a multiple of 32: no bias
	}
	return string(raw)
}

// typed takes the blanks, dashes and case out of a code that a person typed.
func typed(code string) string {
	return strings.NewReplacer(" ", "", "-", "").Replace(strings.ToUpper(code))
}

func proofOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// keyed is a hash that only the holder of the master secret can make. Parts are led by their length.
func (o *Operators) keyed(purpose string, parts ...string) []byte {
	mac := hmac.New(sha256.New, o.box.Key(purpose))
	for _, part := range parts {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return mac.Sum(nil)
}

// attest is how the program tells the database that it judged something the database can't, for one operator.
func (o *Operators) attest(operatorID string) []byte { return o.keyed(purposeAttest, operatorID) }

func (o *Operators) telegramProof(tenant, telegramID int64) []byte {
	return o.keyed(purposeTelegram, strconv.FormatInt(tenant, 10), strconv.FormatInt(telegramID, 10))
}

func (o *Operators) emailKey(email string) []byte { return o.keyed(purposeEmail, email) }

// csrf is derived from the session, so that it needs no row of its own.
func (o *Operators) csrf(proof []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(o.keyed(purposeCSRF, string(proof))))
}

// cleanEmail is the form in which e-mails are stored and looked up.
func cleanEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func checkEmail(email string) error {
	address, err := mail.ParseAddress(email)
	if err != nil || address.Address != email || len(email) > maxEmail {
		return invalid("email", "give an address such as ada@example.org")
	}
	return nil
}

// tenantOf reads the tenant's public id out of a token and looks it up once a process. It returns missing for a token
// that is not of the form or of an unknown tenant.
func (o *Operators) tenantOf(ctx context.Context, prefix, token string, missing error) (tenant int64, publicID string, err error) {
	rest, found := strings.CutPrefix(token, prefix)
	cut := strings.LastIndexByte(rest, '_')
	if !found || cut <= 0 || len(token) > maxToken {
		return 0, "", missing
	}
	publicID = rest[:cut]
	tenant, err = o.tenantByID(ctx, publicID)
	if errors.Is(err, ErrTenantNotFound) {
		err = missing
	}
	return tenant, publicID, err
}

// tenantByID finds a tenant by its public id. It returns ErrTenantNotFound.
func (o *Operators) tenantByID(ctx context.Context, publicID string) (int64, error) {
	if known, found := o.tenants.Load(publicID); found {
		return known.(int64), nil //nolint:errcheck,forcetypeassert // the map holds nothing else
	}
	tenant, err := o.lookup(ctx, "tenant", publicID)
	if err := orNotFound(err, ErrTenantNotFound, "look a tenant up"); err != nil {
		return 0, err
	}
	o.tenants.Store(publicID, tenant)
	return tenant, nil
}

// tenantOfEmail is the tenant whose operator has the e-mail; 0, which no tenant has, for an unknown one.
func (o *Operators) tenantOfEmail(ctx context.Context, key []byte) (int64, error) {
	tenant, err := o.lookup(ctx, "operator", hex.EncodeToString(key))
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("operators: look an e-mail up: %w", err)
	}
	return tenant, nil
}

func (o *Operators) lookup(ctx context.Context, kind, key string) (int64, error) {
	var tenant int64
	err := o.db.Global(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT tenant_id FROM directory WHERE kind = $1 AND key = $2`, kind, key).Scan(&tenant)
	})
	return tenant, err
}
