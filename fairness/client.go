package fairness

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
)

var playerSeed = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Entry is one player's part in a draw.
type Entry struct {
	Seq    int64  // the bet's place in the round
	Player string // public id
	Seed   string // the player's seed
}

// ValidPlayerSeed says whether a text may be a player's seed: 1 to 64 letters, digits, "-" or "_".
func ValidPlayerSeed(seed string) bool { return playerSeed.MatchString(seed) }

// ClientSeed is the players' part of a draw: the hex SHA-256 over the round's id and every
// entry by Seq. Nobody can choose it alone, and changing any entry changes it.
func ClientSeed(round string, entries []Entry) string {
	sorted := slices.SortedStableFunc(slices.Values(entries), func(a, b Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	text := []byte("fairground.seeds.v1\n" + round + "\n")
	for _, e := range sorted {
		text = strconv.AppendInt(text, e.Seq, 10)
		text = append(text, ':')
		text = append(text, e.Player...)
		text = append(text, ':')
		text = append(text, e.Seed...)
		text = append(text, '\n')
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
