package operators

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/argon2"
)

const (
	minPassword = 12
	maxPassword = 256
	keyLength   = 32
	// derivesAtOnce bounds the memory that strangers can make us use: each derivation takes 19 MiB.
	derivesAtOnce = 4
)

// passwordParams follow the recommendation of OWASP for argon2id.
func passwordParams() *argon2id.Params {
	return &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: keyLength}
}

// noPassword is a salt that belongs to nobody: an unknown e-mail costs the same work as a known one.
const noPassword = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA" //nolint:gosec // a salt of zeros, no credential

// checkPassword says what a new password lacks.
func checkPassword(password string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return invalid("password", fmt.Sprintf("use at least %d characters", minPassword))
	case n > maxPassword || !utf8.ValidString(password):
		return invalid("password", fmt.Sprintf("use at most %d characters of UTF-8", maxPassword))
	default:
		return nil
	}
}

// hashPassword makes what is stored of a new password: the parameters with the salt, and the SHA-256 of the derived
// key. Only the key proves the password to the database, and no row holds it.
func (o *Operators) hashPassword(ctx context.Context, password string) (kdf string, check []byte, err error) {
	if err := o.derives.acquire(ctx); err != nil {
		return "", nil, err
	}
	defer o.derives.release()
	hash, err := argon2id.CreateHash(password, passwordParams())
	if err != nil {
		return "", nil, fmt.Errorf("operators: hash a password: %w", err)
	}
	_, _, key, err := argon2id.DecodeHash(hash)
	if err != nil {
		return "", nil, fmt.Errorf("operators: hash a password: %w", err)
	}
	sum := sha256.Sum256(key)
	return hash[:strings.LastIndexByte(hash, '$')], sum[:], nil
}

// deriveKey is the key that a password gives with stored parameters.
func (o *Operators) deriveKey(ctx context.Context, password, kdf string) ([]byte, error) {
	if err := o.derives.acquire(ctx); err != nil {
		return nil, err
	}
	defer o.derives.release()
	placeholder := base64.RawStdEncoding.EncodeToString(make([]byte, keyLength))
	params, salt, _, err := argon2id.DecodeHash(kdf + "$" + placeholder)
	if err != nil {
		return nil, fmt.Errorf("operators: read the parameters of a password: %w", err)
	}
	if len(password) > 4*maxPassword {
		password = password[:4*maxPassword] // no such password was ever stored
	}
	return argon2.IDKey([]byte(password), salt, params.Iterations, params.Memory, params.Parallelism, keyLength), nil
}

// slots lets a number of holders in at once.
type slots chan struct{}

func (s slots) acquire(ctx context.Context) error {
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s slots) release() { <-s }
