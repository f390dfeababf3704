package players

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/argon2"
)

const (
	minPIN       = 6
	maxPIN       = 12
	pinKeyLength = 32
	// pinsAtOnce bounds the memory that players can make us use: each derivation takes 19 MiB.
	pinsAtOnce = 4
)

// pinHasher derives keys from PINs, a few at a time.
type pinHasher chan struct{}

func pinParams() *argon2id.Params {
	return &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: pinKeyLength}
}

// hash makes what is stored of a PIN: the parameters with the salt, and the SHA-256 of the derived key. Only the key proves
// the PIN to the database, and no row holds it.
func (h pinHasher) hash(ctx context.Context, peppered string) (kdf string, check []byte, err error) {
	if err := h.enter(ctx); err != nil {
		return "", nil, err
	}
	defer h.leave()
	hash, err := argon2id.CreateHash(peppered, pinParams())
	if err != nil {
		return "", nil, fmt.Errorf("players: hash a PIN: %w", err)
	}
	_, _, key, err := argon2id.DecodeHash(hash)
	if err != nil {
		return "", nil, fmt.Errorf("players: hash a PIN: %w", err)
	}
	return hash[:strings.LastIndexByte(hash, '$')], sum(key), nil
}

// derive is the key that a PIN gives with stored parameters.
func (h pinHasher) derive(ctx context.Context, peppered, kdf string) ([]byte, error) {
	if err := h.enter(ctx); err != nil {
		return nil, err
	}
	defer h.leave()
	placeholder := base64.RawStdEncoding.EncodeToString(make([]byte, pinKeyLength))
	params, salt, _, err := argon2id.DecodeHash(kdf + "$" + placeholder)
	if err != nil {
		return nil, fmt.Errorf("players: read the parameters of a PIN: %w", err)
	}
	return argon2.IDKey([]byte(peppered), salt, params.Iterations, params.Memory, params.Parallelism, pinKeyLength), nil
}

func (h pinHasher) enter(ctx context.Context) error {
	select {
	case h <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h pinHasher) leave() { <-h }

// weakPIN says whether a PIN is none: wrong length or characters, one digit only, a pattern repeated, or digits in a row.
func weakPIN(pin string) bool {
	if len(pin) < minPIN || len(pin) > maxPIN || !digits(pin) {
		return true
	}
	for n := 1; n <= len(pin)/2; n++ {
		if strings.Repeat(pin[:n], len(pin)/n+1)[:len(pin)] == pin && n <= 3 {
			return true
		}
	}
	const up, down = "012345678901234567890123", "987654321098765432109876"
	return strings.Contains(up, pin) || strings.Contains(down, pin)
}

// digits says whether a text has digits only, at least one and at most as many as a PIN may have.
func digits(text string) bool {
	if text == "" || len(text) > maxPIN {
		return false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}
