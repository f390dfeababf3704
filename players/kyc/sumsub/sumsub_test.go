package sumsub_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/players/kyc"
	"fairground/players/kyc/kyctest"
	"fairground/players/kyc/sumsub"
)

const (
	person     = "p_aaaaaaaaaaaaaaaa"
	ref        = "64f1c0ffee"
	appToken   = "app:token"
	secretKey  = "the key of the token"
	hookSecret = "the secret of the hook"
)

func digest(of func() hash.Hash, key string, parts ...string) string {
	mac := hmac.New(of, []byte(key))
	mac.Write([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(mac.Sum(nil))
}

// server plays the provider: it takes signed requests only and knows one applicant after the first request.
func server(t *testing.T) *httptest.Server {
	t.Helper()
	known := make(chan struct{}, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		want := digest(sha256.New, secretKey, r.Header.Get("X-App-Access-Ts"), r.Method, r.URL.RequestURI(), string(body))
		if err != nil || r.Header.Get("X-App-Token") != appToken || !hmac.Equal([]byte(want), []byte(r.Header.Get("X-App-Access-Sig"))) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		one := map[string]any{"id": ref, "externalUserId": person, "info": map[string]string{"dob": "1990-05-17", "country": "DEU"}}
		switch r.Method + " " + r.URL.RequestURI() {
		case "POST /resources/applicants?levelName=basic+level":
			select {
			case known <- struct{}{}:
				_ = json.NewEncoder(w).Encode(map[string]any{"id": ref, "externalUserId": person})
			default:
				w.WriteHeader(http.StatusConflict)
			}
		case "GET /resources/applicants/-;externalUserId=" + person + "/one", "GET /resources/applicants/" + ref + "/one":
			_ = json.NewEncoder(w).Encode(one)
		case "POST /resources/sdkIntegrations/levels/-/websdkLink":
			_ = json.NewEncoder(w).Encode(map[string]string{"url": "https://in.example/websdk/p/x"})
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func values(address string) map[string]string {
	return map[string]string{
		"url": address, "app_token": appToken, "secret_key": secretKey, "webhook_secret": hookSecret, "level_name": "basic level",
	}
}

func signed(body []byte) http.Header {
	return http.Header{"X-Payload-Digest": {digest(sha256.New, hookSecret, string(body))}, "X-Payload-Digest-Alg": {"HMAC_SHA256_HEX"}}
}

func payload(t *testing.T, r kyc.Result) []byte {
	t.Helper()
	review := map[string]any{"reviewAnswer": "GREEN"}
	kind := "applicantReviewed"
	switch r.Status {
	case kyc.Pending:
		kind, review = "applicantPending", map[string]any{}
	case kyc.Rejected:
		review = map[string]any{"reviewAnswer": "RED", "reviewRejectType": "FINAL", "rejectLabels": []string{"FORGERY"}}
	case kyc.Approved:
	}
	body, err := json.Marshal(map[string]any{
		"applicantId": r.Ref, "externalUserId": r.Player, "levelName": "basic level", "type": kind, "reviewResult": review,
		"createdAt": r.CreatedAt.UTC().Format("2006-01-02 15:04:05+0000"), "createdAtMs": r.CreatedAt.UTC().Format("2006-01-02 15:04:05.000"),
	})
	require.NoError(t, err)
	return body
}

func TestConformance(t *testing.T) {
	t.Parallel()
	away := httptest.NewServer(http.NotFoundHandler())
	away.Close()
	kyctest.Run(t, kyctest.Subject{
		Name: "sumsub", Kind: kyc.Kind{New: sumsub.New, Fields: sumsub.Fields}, Values: values(server(t).URL), Unreachable: values(away.URL),
		Sign: func(t *testing.T, r kyc.Result, _ time.Time) (http.Header, []byte) {
			t.Helper()
			body := payload(t, r)
			return signed(body), body
		},
		SignRaw: func(_ *testing.T, body []byte, _ time.Time) http.Header { return signed(body) },
		Person:  kyc.Applicant{Player: person}, Secrets: []string{appToken, secretKey, hookSecret},
	})
}

func TestCallbacksThatDecideNothingOrCannotBeTrusted(t *testing.T) {
	t.Parallel()
	p, err := sumsub.New(kyc.Settings{Values: values("http://127.0.0.1:1"), Clock: clock.System()})
	require.NoError(t, err)
	now := clock.System().Now()
	body := payload(t, kyc.Result{Player: person, Ref: ref, Status: kyc.Approved, CreatedAt: now})
	parse := func(header http.Header, body string) error {
		_, err := p.ParseWebhook(header, []byte(body), now)
		return err
	}
	for _, change := range [][2]string{{"basic level", "other level"}, {"applicantReviewed", "applicantCreated"}, {"GREEN", "YELLOW"}} {
		other := strings.Replace(string(body), change[0], change[1], 1)
		require.ErrorIs(t, parse(signed([]byte(other)), other), kyc.ErrIrrelevant, change[1])
	}
	long := http.Header{"X-Payload-Digest": {digest(sha512.New, hookSecret, string(body))}, "X-Payload-Digest-Alg": {"HMAC_SHA512_HEX"}}
	require.NoError(t, parse(long, string(body)))
	weak := maps.Clone(signed(body))
	weak.Set("X-Payload-Digest-Alg", "HMAC_SHA1_HEX")
	require.ErrorIs(t, parse(weak, string(body)), kyc.ErrForged)
	retry := strings.Replace(string(body), `"GREEN"`, `"RED","reviewRejectType":"RETRY"`, 1)
	got, err := p.ParseWebhook(signed([]byte(retry)), []byte(retry), now)
	require.NoError(t, err)
	require.Equal(t, kyc.Pending, got.Status)
	undated := strings.Replace(strings.Replace(string(body), "createdAtMs", "x", 1), "createdAt", "y", 1)
	require.ErrorIs(t, parse(signed([]byte(undated)), undated), kyc.ErrMalformed)
}

func TestAnApplicantWhoIsSomebodyElse(t *testing.T) {
	t.Parallel()
	p, err := sumsub.New(kyc.Settings{Values: values(server(t).URL), Clock: clock.System()})
	require.NoError(t, err)
	_, err = p.Complete(t.Context(), kyc.Result{Player: "p_bbbbbbbbbbbbbbbb", Ref: ref, Status: kyc.Approved})
	require.ErrorIs(t, err, kyc.ErrUnavailable)
}
