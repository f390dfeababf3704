package telegram

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The reasons initData is refused.
var (
	ErrInitDataMalformed = errors.New("telegram: init data is malformed")
	ErrInitDataHash      = errors.New("telegram: init data hash does not match")
	ErrInitDataExpired   = errors.New("telegram: init data is too old")
)

// initDataSkew is how far auth_date may lie in the future: clocks differ.
const initDataSkew = time.Minute

// maxInitData bounds what is parsed before the hash is known to be right.
const maxInitData = 8 << 10

// User is the person Telegram vouches for in initData.
type User struct {
	ID           int64  `json:"id"`
	IsBot        bool   `json:"is_bot,omitempty"`
	FirstName    string `json:"first_name"`
	LastName     string `json:"last_name,omitempty"`
	Username     string `json:"username,omitempty"`
	LanguageCode string `json:"language_code,omitempty"`
}

// Name is the person's display name: first and last name joined.
func (u User) Name() string {
	return strings.TrimSpace(u.FirstName + " " + u.LastName)
}

// ValidateInitData checks a Mini App's initData against the bot's token and returns its user.
// Data older than maxAge at now is refused. It returns ErrInitDataMalformed, ErrInitDataHash
// or ErrInitDataExpired.
func ValidateInitData(token, initData string, now time.Time, maxAge time.Duration) (User, error) {
	if token == "" || initData == "" || len(initData) > maxInitData {
		return User{}, ErrInitDataMalformed
	}
	fields, err := url.ParseQuery(initData)
	if err != nil {
		return User{}, ErrInitDataMalformed
	}
	for _, values := range fields {
		if len(values) != 1 {
			return User{}, ErrInitDataMalformed
		}
	}
	got, err := hex.DecodeString(fields.Get("hash"))
	if err != nil || len(got) != sha256.Size {
		return User{}, ErrInitDataMalformed
	}
	if !hmac.Equal(got, initDataHash(token, fields)) {
		return User{}, ErrInitDataHash
	}
	return initDataUser(fields, now, maxAge)
}

// SignInitData adds the hash that ValidateInitData expects and returns the encoded string.
// The local Telegram and tests stand in for Telegram with it.
func SignInitData(token string, fields url.Values) string {
	signed := make(url.Values, len(fields)+1)
	for name, values := range fields {
		if name != "hash" {
			signed[name] = values
		}
	}
	signed.Set("hash", hex.EncodeToString(initDataHash(token, signed)))
	return signed.Encode()
}

// initDataUser reads the fields of data whose hash was right.
func initDataUser(fields url.Values, now time.Time, maxAge time.Duration) (User, error) {
	seconds, err := strconv.ParseInt(fields.Get("auth_date"), 10, 64)
	if err != nil || seconds <= 0 {
		return User{}, ErrInitDataMalformed
	}
	age := now.Sub(time.Unix(seconds, 0))
	if age > maxAge || age < -initDataSkew {
		return User{}, ErrInitDataExpired
	}
	var user User
	if err := json.Unmarshal([]byte(fields.Get("user")), &user); err != nil || user.ID <= 0 {
		return User{}, ErrInitDataMalformed
	}
	return user, nil
}

// initDataHash is HMAC-SHA256 over the sorted "name=value" lines, hash left out, under the
// key HMAC-SHA256("WebAppData", token). The signature field, when present, is included.
func initDataHash(token string, fields url.Values) []byte {
	lines := make([]string, 0, len(fields))
	for name := range fields {
		if name != "hash" {
			lines = append(lines, name+"="+fields.Get(name))
		}
	}
	slices.Sort(lines)
	key := hmac.New(sha256.New, []byte("WebAppData"))
	key.Write([]byte(token))
	mac := hmac.New(sha256.New, key.Sum(nil))
	mac.Write([]byte(strings.Join(lines, "\n")))
	return mac.Sum(nil)
}
