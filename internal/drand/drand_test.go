package drand_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/drand"
	"fairground/internal/drand/drandtest"
)

func TestTheClientAsksAndChecks(t *testing.T) {
	t.Parallel()
	network := drandtest.New(t, time.Now().Add(-time.Minute), 1)
	client := drand.New(network.URL+"/", network.Hash)
	chain, err := client.Chain(t.Context())
	require.NoError(t, err)
	now := chain.After(time.Now().Unix()) - 1
	signature, err := client.Signature(t.Context(), now)
	require.NoError(t, err)
	_, err = chain.Randomness(now, signature)
	require.NoError(t, err)
	_, err = client.Signature(t.Context(), now+1000)
	require.ErrorIs(t, err, drand.ErrNotYet)

	network.Forge.Store(true)
	_, err = client.Signature(t.Context(), now)
	require.ErrorIs(t, err, drand.ErrOther)
	_, err = drand.New(network.URL, "00").Chain(t.Context())
	require.Error(t, err)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) }))
	t.Cleanup(broken.Close)
	_, err = drand.New(broken.URL, network.Hash).Chain(t.Context())
	require.ErrorContains(t, err, "502")
}

func TestAnotherNetworksKeyIsRefused(t *testing.T) {
	t.Parallel()
	network, other := drandtest.New(t, time.Now(), 3), drandtest.New(t, time.Now(), 3)
	proxy := httptest.NewServer(http.StripPrefix("/"+network.Hash, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/"+other.Hash+r.URL.Path, http.StatusFound)
	})))
	t.Cleanup(proxy.Close)
	_, err := drand.New(proxy.URL, network.Hash).Chain(t.Context())
	require.ErrorIs(t, err, drand.ErrOther)
}
