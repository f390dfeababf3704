package local

import (
	"crypto/rand"
	"regexp"
	"strconv"
)

var localToken = regexp.MustCompile(`^[0-9]{1,19}:LOCAL-[A-Za-z0-9_-]{8,128}$`)

// IsLocalToken says whether a bot token belongs to a local Telegram. A production
// configuration refuses such a token, and the local Telegram registers no other.
func IsLocalToken(token string) bool { return localToken.MatchString(token) }

// NewToken makes a token for the bot with this id that IsLocalToken recognises.
func NewToken(id int64) string {
	return strconv.FormatInt(id, 10) + ":LOCAL-" + rand.Text()
}
