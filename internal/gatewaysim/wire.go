package gatewaysim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxBody  = 1 << 20
	maxScale = 18
	window   = 5 * time.Minute

	timestampHeader = "X-Fairground-Timestamp"
	nonceHeader     = "X-Fairground-Nonce"
	signatureHeader = "X-Fairground-Signature"
	cryptoSignature = "Crypto-Pay-Api-Signature"
)

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encode(body)) // the reader has gone when this fails
}

func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]string{"code": code})
}

func encode(body any) []byte {
	raw, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("gatewaysim: write JSON: %v", err)) // only maps and structs of plain values come here
	}
	return raw
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuse(w, http.StatusBadRequest, "request.unreadable")
		return nil, false
	}
	return body, true
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

func signV1(secret []byte, at time.Time, nonce string, body []byte) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	header := http.Header{}
	header.Set(timestampHeader, stamp)
	header.Set(nonceHeader, nonce)
	header.Set(signatureHeader, hex.EncodeToString(mac(secret, []byte(stamp+"."+nonce+"."), body)))
	return header
}

func signCrypto(token string, body []byte) string {
	key := sha256.Sum256([]byte(token))
	return hex.EncodeToString(mac(key[:], body))
}

// genuine checks a request's signature, age and nonce; a nonce is taken once.
func (s *Sim) genuine(header http.Header, body []byte) bool {
	stamp, once := header.Get(timestampHeader), header.Get(nonceHeader)
	given, err := hex.DecodeString(header.Get(signatureHeader))
	if err != nil || !hmac.Equal(given, mac([]byte(s.cfg.Secret), []byte(stamp+"."+once+"."), body)) {
		return false
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	now := s.now()
	if age := now.Sub(time.Unix(seconds, 0)); err != nil || age > window || age < -window || len(once) < 16 || len(once) > 128 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, used := s.nonces[once]; used {
		return false
	}
	const crowded = 10_000
	if len(s.nonces) > crowded {
		for old, at := range s.nonces {
			if now.Sub(at) > 2*window {
				delete(s.nonces, old)
			}
		}
	}
	s.nonces[once] = now
	return true
}

var errDecimal = errors.New("not an amount")

// parseDecimal reads "12.50" as 1250 at scale 2, exactly.
func parseDecimal(text string) (amount int64, scale int, err error) {
	whole, part, _ := strings.Cut(text, ".")
	if len(part) > maxScale || whole == "" || strings.Trim(whole+part, "0123456789") != "" {
		return 0, 0, errDecimal
	}
	amount, err = strconv.ParseInt(whole+part, 10, 64)
	if err != nil {
		return 0, 0, errDecimal
	}
	return amount, len(part), nil
}

// formatDecimal writes 1250 at scale 2 as "12.50"; the amount is never negative here.
func formatDecimal(amount int64, scale int) string {
	digits := fmt.Sprintf("%0*d", scale+1, amount)
	if scale == 0 {
		return digits
	}
	return digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}
