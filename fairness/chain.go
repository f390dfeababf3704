package fairness

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

const chainFormat = "fairground.chain.v1\n"

// ChainSeed is a server seed of a chain: HMAC-SHA256 with the chain's master as key over the format, the chain's id and the
// index, a line each. Knowing some seeds tells nothing about the others.
func ChainSeed(master Seed, chain string, index int) Seed {
	mac := hmac.New(sha256.New, master[:])
	mac.Write([]byte(chainFormat + chain + "\n" + strconv.Itoa(index) + "\n"))
	return Seed(mac.Sum(nil))
}

// ChainHash is the one number that fixes a chain: the SHA-256 over the format, the chain's id and every commitment in hex, a
// line each.
func ChainHash(chain string, commits [][32]byte) [32]byte {
	text := []byte(chainFormat + chain + "\n")
	for _, c := range commits {
		text = hex.AppendEncode(text, c[:])
		text = append(text, '\n')
	}
	return sha256.Sum256(text)
}
