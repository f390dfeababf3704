package seamless

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"
)

// Headers of a call.
const (
	ProviderHeader  = "X-Fairground-Provider"  // the provider's id: which secret signed
	TimestampHeader = "X-Fairground-Timestamp" // seconds since 1970, decimal
	NonceHeader     = "X-Fairground-Nonce"     // 16 to 128 characters; names one request
	SignatureHeader = "X-Fairground-Signature" // lower-case hexadecimal
)

// Window is how far a timestamp may be from the wallet's clock, either way.
const Window = 5 * time.Minute

const (
	minNonce = 16
	maxNonce = 128
)

// Sign makes the headers of a call of a provider: HMAC-SHA256 over timestamp "." nonce "." call "." body.
func Sign(provider string, secret []byte, call Call, at time.Time, nonce string, body []byte) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set(ProviderHeader, provider)
	header.Set(TimestampHeader, stamp)
	header.Set(NonceHeader, nonce)
	header.Set(SignatureHeader, hex.EncodeToString(mac(secret, stamp, nonce, call, body)))
	return header
}

// Genuine says whether a call was signed with one of the secrets. It compares in constant time.
func Genuine(secrets [][]byte, header http.Header, call Call, body []byte) bool {
	stamp, nonce := header.Get(TimestampHeader), header.Get(NonceHeader)
	given, err := hex.DecodeString(header.Get(SignatureHeader))
	if err != nil || len(nonce) < minNonce || len(nonce) > maxNonce {
		return false
	}
	for _, secret := range secrets {
		if hmac.Equal(given, mac(secret, stamp, nonce, call, body)) {
			return true
		}
	}
	return false
}

// Fresh says whether the call's timestamp is within Window of now.
func Fresh(header http.Header, now time.Time) bool {
	seconds, err := strconv.ParseInt(header.Get(TimestampHeader), 10, 64)
	if err != nil {
		return false
	}
	age := now.Sub(time.Unix(seconds, 0))
	return age <= Window && age >= -Window
}

// NewNonce is a fresh nonce.
func NewNonce() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // crypto/rand.Read never fails: it aborts the program instead
	return hex.EncodeToString(raw[:])
}

func mac(secret []byte, stamp, nonce string, call Call, body []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(stamp + "." + nonce + "." + string(call) + "."))
	h.Write(body)
	return h.Sum(nil)
}
