package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// MinLength is the shortest master secret New accepts, in bytes.
const MinLength = 32

// version leads every sealed value, so that the scheme can change without guessing.
const version = 1

// ErrSealed means a sealed value is damaged, of another purpose, or of another master secret.
var ErrSealed = errors.New("secret: the sealed value does not open")

// Box derives keys from the master secret. It prints as "secret(…)".
type Box struct{ master []byte }

// New makes a box of the master secret. It refuses one shorter than MinLength.
func New(master string) (*Box, error) {
	if len(master) < MinLength {
		return nil, fmt.Errorf("secret: the master secret has %d bytes and needs at least %d", len(master), MinLength)
	}
	return &Box{master: []byte(master)}, nil
}

// String keeps the master secret out of logs.
func (b *Box) String() string { return "secret(…)" }

// GoString keeps the master secret out of %#v.
func (b *Box) GoString() string { return b.String() }

// Key is the 32-byte key of a purpose, by HKDF-SHA256. Purposes never share a key.
func (b *Box) Key(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, b.master, []byte("fairground.v1"), purpose, sha256.Size)
	if err != nil {
		// Only a length past 255 hashes fails, and the length is constant.
		panic(fmt.Sprintf("secret: derive a key: %v", err))
	}
	return key
}

// Text is Key in hexadecimal, for a password.
func (b *Box) Text(purpose string) string { return hex.EncodeToString(b.Key(purpose)) }

// Seal encrypts plain under the purpose's key with AES-256-GCM. Open needs the same aad,
// which binds the value to its row.
func (b *Box) Seal(purpose string, plain, aad []byte) ([]byte, error) {
	gcm, err := b.cipher(purpose)
	if err != nil {
		return nil, err
	}
	//nolint:gosec // the cipher makes a random nonce itself and takes none
	return append([]byte{version}, gcm.Seal(nil, nil, plain, aad)...), nil
}

// Open decrypts what Seal made. It returns ErrSealed when anything differs.
func (b *Box) Open(purpose string, sealed, aad []byte) ([]byte, error) {
	gcm, err := b.cipher(purpose)
	if err != nil {
		return nil, err
	}
	if len(sealed) == 0 || sealed[0] != version {
		return nil, ErrSealed
	}
	plain, err := gcm.Open(nil, nil, sealed[1:], aad)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

func (b *Box) cipher(purpose string) (cipher.AEAD, error) {
	block, err := aes.NewCipher(b.Key(purpose))
	if err != nil {
		return nil, fmt.Errorf("secret: make a cipher: %w", err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("secret: make a cipher: %w", err)
	}
	return gcm, nil
}

// ID is a random public id such as "p_c5k2…": the prefix, an underscore, and 80 random bits
// as 16 lower-case base32 characters. An empty prefix gives the characters alone.
func ID(prefix string) string {
	var raw [10]byte
	_, _ = rand.Read(raw[:]) // crypto/rand.Read never fails: it aborts the program instead
	id := strings.ToLower(base32.StdEncoding.EncodeToString(raw[:]))
	if prefix == "" {
		return id
	}
	return strings.TrimSuffix(prefix, "_") + "_" + id
}
