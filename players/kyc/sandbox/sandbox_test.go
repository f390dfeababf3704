package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/players/kyc"
	"fairground/players/kyc/kyctest"
	"fairground/players/kyc/sandbox"
)

const secretKey = "a secret of the sandbox"

func TestConformance(t *testing.T) {
	t.Parallel()
	kyctest.Run(t, kyctest.Subject{
		Name: "sandbox", Kind: kyc.Kind{New: sandbox.New, Fields: sandbox.Fields},
		Values: map[string]string{"url": "http://127.0.0.1:1/kyc", "secret": secretKey},
		Sign: func(t *testing.T, r kyc.Result, at time.Time) (http.Header, []byte) {
			t.Helper()
			header, body, err := sandbox.Sign(secretKey, r, at)
			require.NoError(t, err)
			return header, body
		},
		SignRaw: func(t *testing.T, body []byte, at time.Time) http.Header {
			t.Helper()
			return sandbox.Headers(secretKey, body, at)
		},
		Person: kyc.Applicant{Player: "p_aaaaaaaaaaaaaaaa"}, Secrets: []string{secretKey},
	})
}

func TestACallbackGrowsStale(t *testing.T) {
	t.Parallel()
	p, err := sandbox.New(kyc.Settings{Values: map[string]string{"url": "http://127.0.0.1:1", "secret": secretKey}, Clock: clock.System()})
	require.NoError(t, err)
	now := clock.System().Now()
	for _, off := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		header, body, err := sandbox.Sign(secretKey, kyc.Result{Player: "p_x", Status: kyc.Approved, CreatedAt: now}, now.Add(off))
		require.NoError(t, err)
		_, err = p.ParseWebhook(header, body, now)
		require.ErrorIs(t, err, kyc.ErrStale)
	}
}

func TestThePageSendsWhatItsButtonsSay(t *testing.T) {
	t.Parallel()
	results := make(chan kyc.Result, 1)
	values := map[string]string{"secret": secretKey}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := sandbox.New(kyc.Settings{Values: values, Clock: clock.System()})
		body, bad := io.ReadAll(r.Body)
		if err != nil || bad != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		result, err := p.ParseWebhook(r.Header, body, clock.System().Now())
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		results <- result
	}))
	t.Cleanup(hook.Close)
	page := httptest.NewServer(sandbox.Handler(sandbox.HandlerConfig{Secret: secretKey, Clock: clock.System()}))
	t.Cleanup(page.Close)
	values["url"] = page.URL + "/kyc"
	p, err := sandbox.New(kyc.Settings{Values: values, Clock: clock.System()})
	require.NoError(t, err)
	session, err := p.Start(t.Context(), kyc.Applicant{Player: "p_x", CallbackURL: hook.URL})
	require.NoError(t, err)

	status, text := send(t, http.MethodGet, session.URL, nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, "p_x")
	for verdict, check := range map[string]func(kyc.Result) bool{
		"approve": func(r kyc.Result) bool { return r.Status == kyc.Approved && r.Country == "DE" && r.Level == 2 },
		"reject":  func(r kyc.Result) bool { return r.Status == kyc.Rejected && r.Reason != "" },
		"under_age": func(r kyc.Result) bool {
			return r.Status == kyc.Approved && time.Since(r.BirthDate) < 16*366*24*time.Hour
		},
		"other_country": func(r kyc.Result) bool { return r.Status == kyc.Approved && r.Country == "FR" },
		"pending":       func(r kyc.Result) bool { return r.Status == kyc.Pending },
	} {
		status, _ = send(t, http.MethodPost, session.URL, url.Values{"verdict": {verdict}, "level": {"2"}, "country": {"FRA"}})
		require.Equal(t, http.StatusOK, status, verdict)
		require.True(t, check(<-results), verdict)
	}
	status, _ = send(t, http.MethodPost, session.URL, url.Values{"verdict": {"other"}})
	require.Equal(t, http.StatusBadRequest, status)
	status, _ = send(t, http.MethodGet, strings.Replace(session.URL, "p_x", "p_y", 1), nil)
	require.Equal(t, http.StatusForbidden, status, "an address of somebody else")
}

func send(t *testing.T, method, address string, form url.Values) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(body)
}
