package games_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cloudflare/circl/sign/bls"
	"github.com/stretchr/testify/require"

	"fairground/fairness"
	"fairground/internal/drand"
)

// network is a drand network of one: it speaks the protocol and signs with a key of its own.
type network struct {
	URL, Hash string
	Down      atomic.Bool // answers 503
	Forge     atomic.Bool // signs another round than the one it says

	key   *bls.PrivateKey[bls.KeyG2SigG1]
	chain fairness.BeaconChain
}

// newNetwork starts a network whose first round was at genesis and that publishes one every period seconds.
func newNetwork(t testing.TB, genesis time.Time, period uint32) *network {
	t.Helper()
	var material [32]byte
	_, err := rand.Read(material[:])
	require.NoError(t, err)
	n := &network{}
	n.key, err = bls.KeyGen[bls.KeyG2SigG1](material[:], nil, nil)
	require.NoError(t, err)
	public, err := n.key.PublicKey().MarshalBinary()
	require.NoError(t, err)
	n.chain = fairness.BeaconChain{PublicKey: public, Period: period, GenesisTime: genesis.Unix(), GenesisSeed: material[:4], ID: "test"}
	hash := n.chain.Hash()
	n.Hash = hex.EncodeToString(hash[:])
	mux := http.NewServeMux()
	mux.HandleFunc("GET /"+n.Hash+"/info", n.info)
	mux.HandleFunc("GET /"+n.Hash+"/public/{round}", n.public)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	n.URL = server.URL
	return n
}

func (n *network) client() *drand.Client { return drand.New(n.URL, n.Hash) }

func (n *network) info(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]any{
		"public_key": hex.EncodeToString(n.chain.PublicKey), "period": n.chain.Period, "genesis_time": n.chain.GenesisTime, "hash": n.Hash,
		"groupHash": hex.EncodeToString(n.chain.GenesisSeed), "schemeID": drand.Scheme, "metadata": map[string]string{"beaconID": n.chain.ID},
	})
}

func (n *network) public(w http.ResponseWriter, r *http.Request) {
	round, err := strconv.ParseUint(r.PathValue("round"), 10, 63)
	switch {
	case err != nil:
		http.Error(w, "no round", http.StatusBadRequest)
		return
	case n.Down.Load():
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	case n.chain.Due(round) > time.Now().Unix():
		http.Error(w, "too early", http.StatusTooEarly)
		return
	}
	signed := round
	if n.Forge.Load() {
		signed++
	}
	message := sha256.Sum256(binary.BigEndian.AppendUint64(nil, signed))
	signature := bls.Sign(n.key, message[:])
	randomness := sha256.Sum256(signature)
	answer(w, map[string]any{"round": round, "randomness": hex.EncodeToString(randomness[:]), "signature": hex.EncodeToString(signature)})
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}
