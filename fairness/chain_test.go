package fairness_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/fairness"
)

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	require.NoError(t, err)
	return raw
}

// quicknet is the public network of the League of Entropy.
func quicknet(t *testing.T) fairness.BeaconChain {
	t.Helper()
	return fairness.BeaconChain{
		PublicKey: unhex(t, "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"+
			"0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"),
		Period: 3, GenesisTime: 1692803367, GenesisSeed: unhex(t, "f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e"), ID: "quicknet",
	}
}

func TestTheBeaconOfQuicknet(t *testing.T) {
	t.Parallel()
	chain := quicknet(t)
	hash := chain.Hash()
	require.Equal(t, "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971", hex.EncodeToString(hash[:]))
	signature := unhex(t, "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39")
	randomness, err := chain.Randomness(1000, signature)
	require.NoError(t, err)
	require.Equal(t, "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd", hex.EncodeToString(randomness[:]))
	_, err = chain.Randomness(1001, signature)
	require.ErrorIs(t, err, fairness.ErrBeacon)
	signature[5] ^= 1
	_, err = chain.Randomness(1000, signature)
	require.ErrorIs(t, err, fairness.ErrBeacon)
	chain.PublicKey = nil
	_, err = chain.Randomness(1000, signature)
	require.ErrorIs(t, err, fairness.ErrBeacon)
}

func TestARoundOfABeaconIsAfterTheMoment(t *testing.T) {
	t.Parallel()
	chain := quicknet(t)
	for moment := chain.GenesisTime - 5; moment < chain.GenesisTime+20; moment++ {
		round := chain.After(moment)
		require.Greater(t, chain.Due(round), moment)
		if round > 1 {
			require.LessOrEqual(t, chain.Due(round-1), moment, "and the first such round")
		}
	}
}

func TestMixingABeaconChangesTheDraw(t *testing.T) {
	t.Parallel()
	a, b := fairness.MixBeacon("client", [32]byte{1}), fairness.MixBeacon("client", [32]byte{2})
	require.NotEqual(t, a, b)
	require.NotEqual(t, a, fairness.MixBeacon("other", [32]byte{1}))
	require.Len(t, a, 64)
}

func TestChainSeedsAndTheirHash(t *testing.T) {
	t.Parallel()
	var master fairness.Seed
	copy(master[:], "a master that only this test has")
	first, second := fairness.ChainSeed(master, "c_x", 0), fairness.ChainSeed(master, "c_x", 1)
	require.NotEqual(t, first, second)
	require.NotEqual(t, first, fairness.ChainSeed(master, "c_y", 0))
	// printf 'fairground.chain.v1\nc_x\n0\n' | openssl dgst -sha256 -hmac 'a master that only this test has'
	require.Equal(t, "e89b27d9568cb56c9de2cd9ec9bd35cb18578ef7964e84dd7d93194b2c67fd98", first.Hex())
	commits := [][32]byte{first.Commit(), second.Commit()}
	hash := fairness.ChainHash("c_x", commits)
	require.NotEqual(t, hash, fairness.ChainHash("c_y", commits))
	require.NotEqual(t, hash, fairness.ChainHash("c_x", commits[:1]))
}
