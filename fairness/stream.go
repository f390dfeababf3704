package fairness

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// Stream is the endless row of random words of one draw. It is not safe for concurrent use.
type Stream struct {
	server Seed
	prefix string // "<client seed>:<nonce>:"
	cursor uint64
	block  [sha256.Size]byte
	left   int // unread bytes at the end of block
	words  int
}

// NewStream starts a draw. Block i is HMAC-SHA256 with the server seed's bytes as key over
// "<client seed>:<nonce>:<i>", read as eight big-endian 32-bit words; i counts from 0.
func NewStream(server Seed, clientSeed string, nonce uint64) *Stream {
	return &Stream{server: server, prefix: clientSeed + ":" + strconv.FormatUint(nonce, 10) + ":"}
}

// Uint32 is the next word.
func (s *Stream) Uint32() uint32 {
	if s.left == 0 {
		mac := hmac.New(sha256.New, s.server[:])
		mac.Write([]byte(s.prefix + strconv.FormatUint(s.cursor, 10)))
		mac.Sum(s.block[:0])
		s.cursor++
		s.left = len(s.block)
	}
	w := binary.BigEndian.Uint32(s.block[len(s.block)-s.left:])
	s.left -= 4
	s.words++
	return w
}

// Intn is uniform in [0, n). A word that would favour small results is skipped: only words
// below floor(2^32/n)*n count. It panics on 0.
func (s *Stream) Intn(n uint32) uint32 {
	if n == 0 {
		panic("fairness: Intn of 0")
	}
	limit := (uint64(1) << 32) / uint64(n) * uint64(n)
	for {
		if w := s.Uint32(); uint64(w) < limit {
			return w % n
		}
	}
}

// Int64n is uniform in [0, n), from two words a try, the first one high, with the same rule of
// skipping as Intn over 2^64. It panics on n < 1.
func (s *Stream) Int64n(n int64) int64 {
	if n < 1 {
		panic(fmt.Sprintf("fairness: Int64n of %d", n))
	}
	m := uint64(n)
	over := (math.MaxUint64%m + 1) % m // 2^64 mod n
	for {
		high := uint64(s.Uint32())
		v := high<<32 | uint64(s.Uint32())
		if v <= math.MaxUint64-over {
			return int64(v % m) //nolint:gosec // below n, which is an int64
		}
	}
}

// Words is how many words were read, skipped ones included.
func (s *Stream) Words() int { return s.words }
