package fairness

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"

	"github.com/cloudflare/circl/sign/bls"
)

// ErrBeacon means that a value is not what a public source of randomness signed.
var ErrBeacon = errors.New("the signature is not the beacon's")

// BeaconChain is a public source of randomness: a drand network of the scheme bls-unchained-g1-rfc9380. Its hash fixes all
// of it, the key above all.
type BeaconChain struct {
	PublicKey   []byte // on G2, compressed
	Period      uint32 // seconds between rounds
	GenesisTime int64  // Unix seconds of round 1
	GenesisSeed []byte
	ID          string // the network's name; "default" counts as none
}

// Hash is the name by which everybody knows the network.
func (c BeaconChain) Hash() [32]byte {
	text := binary.BigEndian.AppendUint32(nil, c.Period)
	text = binary.BigEndian.AppendUint64(text, uint64(c.GenesisTime)) //nolint:gosec // the bits count
	text = append(text, c.PublicKey...)
	text = append(text, c.GenesisSeed...)
	if c.ID != "default" {
		text = append(text, c.ID...)
	}
	return sha256.Sum256(text)
}

// Due is when a round is published, in Unix seconds.
func (c BeaconChain) Due(round uint64) int64 {
	return c.GenesisTime + int64(round-1)*int64(c.Period) //nolint:gosec // rounds count from 1 and stay small
}

// After is the first round that is published later than a moment in Unix seconds.
func (c BeaconChain) After(moment int64) uint64 {
	if moment < c.GenesisTime || c.Period == 0 {
		return 1
	}
	return uint64((moment-c.GenesisTime)/int64(c.Period)) + 2 //nolint:gosec // not negative
}

// Randomness checks a round's signature and returns its randomness: the SHA-256 of the signature. It returns ErrBeacon.
func (c BeaconChain) Randomness(round uint64, signature []byte) ([32]byte, error) {
	var key bls.PublicKey[bls.KeyG2SigG1]
	if err := key.UnmarshalBinary(c.PublicKey); err != nil {
		return [32]byte{}, ErrBeacon
	}
	message := sha256.Sum256(binary.BigEndian.AppendUint64(nil, round))
	if !bls.Verify(&key, message[:], signature) {
		return [32]byte{}, ErrBeacon
	}
	return sha256.Sum256(signature), nil
}

// MixBeacon puts public randomness into the players' part of a draw: the hex SHA-256 over the format, that part and the
// randomness in hex, a line each.
func MixBeacon(clientSeed string, randomness [32]byte) string {
	sum := sha256.Sum256([]byte("fairground.beacon.v1\n" + clientSeed + "\n" + hex.EncodeToString(randomness[:]) + "\n"))
	return hex.EncodeToString(sum[:])
}
