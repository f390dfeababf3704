package drand_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/drand"
)

func TestTheClientSpeaksTheProtocol(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"/aa/info": `{"public_key":"0102","period":3,"genesis_time":1692803367,"hash":"aa","groupHash":"0304","schemeID":"bls-unchained-g1-rfc9380",
			"metadata":{"beaconID":"quicknet"}}`,
		"/bb/info":     `{"public_key":"0102","period":3,"genesis_time":1,"hash":"aa","groupHash":"03","schemeID":"bls-unchained-g1-rfc9380"}`,
		"/cc/info":     `{"public_key":"0102","period":3,"genesis_time":1,"hash":"cc","groupHash":"03","schemeID":"pedersen-bls-chained"}`,
		"/dd/info":     `{"public_key":"zz","hash":"dd"}`,
		"/ee/info":     `no JSON`,
		"/aa/public/7": `{"round":7,"randomness":"00","signature":"0506"}`,
		"/aa/public/8": `{"round":7,"randomness":"00","signature":"0506"}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch text, ok := answers[r.URL.Path]; {
		case ok:
			_, _ = w.Write([]byte(text))
		case r.URL.Path == "/aa/public/9":
			http.Error(w, "soon", http.StatusTooEarly)
		default:
			http.Error(w, "no", http.StatusBadGateway)
		}
	}))
	t.Cleanup(server.Close)
	client := drand.New(server.URL+"/", "aa")
	for range 2 {
		info, err := client.Info(t.Context())
		require.NoError(t, err)
		require.Equal(t, drand.Info{PublicKey: []byte{1, 2}, Period: 3, GenesisTime: 1692803367, GenesisSeed: []byte{3, 4}, ID: "quicknet"}, info)
		delete(answers, "/aa/info") // it is asked once
	}
	signature, err := client.Signature(t.Context(), 7)
	require.NoError(t, err)
	require.Equal(t, []byte{5, 6}, signature)
	_, err = client.Signature(t.Context(), 8)
	require.ErrorIs(t, err, drand.ErrOther)
	_, err = client.Signature(t.Context(), 9)
	require.ErrorIs(t, err, drand.ErrNotYet)
	_, err = client.Signature(t.Context(), 10)
	require.ErrorContains(t, err, "502")
	for _, hash := range []string{"bb", "cc", "dd"} {
		_, err = drand.New(server.URL, hash).Info(t.Context())
		require.ErrorIs(t, err, drand.ErrOther, hash)
	}
	_, err = drand.New(server.URL, "ee").Info(t.Context())
	require.ErrorContains(t, err, "read the answer")
}
