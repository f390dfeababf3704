package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"fairground/cashier/gateway"
)

// Headers of a signed message.
const (
	TimestampHeader = "X-Fairground-Timestamp" // seconds since 1970, decimal
	NonceHeader     = "X-Fairground-Nonce"     // 16 to 128 characters, never used twice
	SignatureHeader = "X-Fairground-Signature" // lower-case hexadecimal
)

// Window is how far a timestamp may be from the receiver's clock, either way.
const Window = 5 * time.Minute

const (
	minNonce = 16
	maxNonce = 128
)

// Sign makes the headers of a message: HMAC-SHA256 over timestamp + "." + nonce + "." + body.
func Sign(secret []byte, at time.Time, nonce string, body []byte) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	header := http.Header{}
	header.Set(TimestampHeader, stamp)
	header.Set(NonceHeader, nonce)
	header.Set(SignatureHeader, hex.EncodeToString(mac(secret, stamp, nonce, body)))
	return header
}

// Verify checks a message's signature and then its age. It returns gateway.ErrForged or gateway.ErrStale.
func Verify(secret []byte, header http.Header, body []byte, now time.Time) error {
	stamp, nonce := header.Get(TimestampHeader), header.Get(NonceHeader)
	given, err := hex.DecodeString(header.Get(SignatureHeader))
	if err != nil || len(nonce) < minNonce || len(nonce) > maxNonce {
		return gateway.ErrForged
	}
	if !hmac.Equal(given, mac(secret, stamp, nonce, body)) {
		return gateway.ErrForged
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return gateway.ErrForged
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > Window || age < -Window {
		return gateway.ErrStale
	}
	return nil
}

func mac(secret []byte, stamp, nonce string, body []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(stamp + "." + nonce + "."))
	h.Write(body)
	return h.Sum(nil)
}

func newNonce() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // crypto/rand.Read never fails: it aborts the program instead
	return hex.EncodeToString(raw[:])
}
