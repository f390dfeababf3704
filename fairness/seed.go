package fairness

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
)

// ErrSeed means that a text is not a server seed: 64 hex digits.
var ErrSeed = errors.New("a server seed is 64 lower-case hex digits")

const redacted = "seed(…)"

// Seed is a server seed: 32 secret bytes until the round is over. It prints redacted, so that it
// never lands in a log; Hex reveals it.
type Seed [32]byte

// NewSeed reads a seed from the operating system's random source.
func NewSeed() (Seed, error) {
	var s Seed
	if _, err := rand.Read(s[:]); err != nil {
		return Seed{}, fmt.Errorf("read random bytes: %w", err)
	}
	return s, nil
}

// ParseSeed reads a revealed seed. It returns ErrSeed.
func ParseSeed(text string) (Seed, error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(Seed{}) || hex.EncodeToString(raw) != text {
		return Seed{}, ErrSeed
	}
	return Seed(raw), nil
}

// Commit is the SHA-256 of the seed's bytes: what is published before the first bet.
func (s Seed) Commit() [32]byte { return sha256.Sum256(s[:]) }

// Hex is the seed in lower-case hex: for the reveal only.
func (s Seed) Hex() string { return hex.EncodeToString(s[:]) }

// String is redacted.
func (s Seed) String() string { return redacted }

// Format prints every verb redacted: %x and %d would show the bytes.
func (s Seed) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText is redacted, so that JSON never shows a seed by accident.
func (s Seed) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue is redacted.
func (s Seed) LogValue() slog.Value { return slog.StringValue(redacted) }
