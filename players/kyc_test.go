package players_test

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
	"fairground/models"
	"fairground/players"
	"fairground/players/kyc"
	"fairground/players/kyc/sandbox"
)

const kycSecret = "shared with the sandbox"

// withSandbox gives the tenant the sandbox as its provider and answers with the account and the callback's way in.
func (s *safety) withSandbox(t *testing.T, page string) players.KYCAccount {
	t.Helper()
	account, err := s.SeedKYC(t.Context(), s.w.Tenant, players.KYCSettings{
		Provider: "sandbox", Enabled: true, Values: map[string]string{"url": page, "secret": kycSecret},
	})
	require.NoError(t, err)
	return account
}

// receive sends a signed result, as the sandbox does.
func (s *safety) receive(t *testing.T, account string, r kyc.Result) error {
	t.Helper()
	header, body, err := sandbox.Sign(kycSecret, r, s.clock.Now())
	require.NoError(t, err)
	return s.ReceiveKYC(t.Context(), account, header, body)
}

func (s *safety) publicID(t *testing.T, player int64) string {
	t.Helper()
	p, err := s.Player(t.Context(), s.w.Tenant, player)
	require.NoError(t, err)
	return p.PublicID
}

func (s *safety) restrictions(t *testing.T, player int64) players.Restrictions {
	t.Helper()
	r, err := s.Restrictions(t.Context(), s.w.Tenant, player)
	require.NoError(t, err)
	return r
}

func TestAnIdentityCheckFromThePageToTheMoney(t *testing.T) {
	t.Parallel()
	page := httptest.NewServer(sandbox.Handler(sandbox.HandlerConfig{Secret: kycSecret, Clock: clock.System()}))
	t.Cleanup(page.Close)
	var s *safety
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = s.ReceiveKYC(r.Context(), strings.TrimPrefix(r.URL.Path, "/v1/hooks/kyc/"), r.Header, body)
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(hook.Close)
	s = newSafety(t, players.WithKYC(players.KYCConfig{PublicURL: hook.URL}))
	p := s.w.Players[0]
	_, err := s.StartKYC(t.Context(), s.w.Tenant, p)
	require.ErrorIs(t, err, players.ErrKYCOff)
	s.withSandbox(t, page.URL)
	s.policy(t, true, 2, 18, "DE", "AT")
	require.Equal(t, "players.kyc_required", s.deposit(t, p, 100))
	require.Equal(t, "players.kyc_required", s.refusal(t, p, "withdraw", "sbx", 1))
	require.Equal(t, "ok", s.refusal(t, p, "bet", "points", 1), "points ask for nothing")

	session, err := s.StartKYC(t.Context(), s.w.Tenant, p)
	require.NoError(t, err)
	require.Equal(t, models.KYCPending, s.restrictions(t, p).KYC)
	press := func(verdict, level string) {
		t.Helper()
		form := url.Values{"verdict": {verdict}, "level": {level}, "country": {"FR"}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, session.URL, strings.NewReader(form.Encode()))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusOK, res.StatusCode)
	}
	press("approve", "1")
	require.Equal(t, "players.kyc_required", s.deposit(t, p, 100), "not thorough enough")
	press("approve", "2")
	require.Equal(t, "ok", s.deposit(t, p, 100))
	got := s.restrictions(t, p)
	require.Equal(t, models.KYCApproved, got.KYC)
	require.True(t, got.BirthDateKnown)
	require.Equal(t, "DE", got.Market)
	press("under_age", "2")
	require.Equal(t, "players.under_age", s.deposit(t, p, 100))
	press("other_country", "2")
	require.Equal(t, "players.market_closed", s.deposit(t, p, 100))
	require.Equal(t, "ok", s.refusal(t, p, "withdraw", "sbx", 100), "who has moved takes their money along")
	press("reject", "2")
	require.Equal(t, "players.kyc_required", s.deposit(t, p, 100))
	require.NotEmpty(t, s.restrictions(t, p).KYCReason)
	s.cleanAll(t)
}

func TestAnApprovalExpires(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p := s.w.Players[0]
	account := s.withSandbox(t, "http://127.0.0.1:1")
	s.policy(t, true, 1, 0)
	require.NoError(t, s.receive(t, account.ID, kyc.Result{Player: s.publicID(t, p), Status: kyc.Approved, Level: 1, CreatedAt: s.clock.Now()}))
	require.Equal(t, "ok", s.refusal(t, p, "deposit", "sbx", 1))
	until := s.restrictions(t, p).KYCExpiresAt
	require.WithinDuration(t, s.clock.Now().AddDate(2, 0, 0), until, 72*time.Hour)
	require.NoError(t, s.asOwner(t, `UPDATE player_kyc SET expires_at = clock_timestamp() WHERE tenant_id = $1`, s.w.Tenant))
	require.Equal(t, models.KYCExpired, s.restrictions(t, p).KYC)
	require.Equal(t, "players.kyc_required", s.refusal(t, p, "deposit", "sbx", 1))
}

func TestCallbacksThatAreForgedStaleOrLate(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p := s.w.Players[0]
	account := s.withSandbox(t, "http://127.0.0.1:1").ID
	who := s.publicID(t, p)
	at := s.clock.Now()
	result := func(status kyc.Status, at time.Time) kyc.Result {
		return kyc.Result{Player: who, Status: status, Level: 1, CreatedAt: at}
	}
	status := func() players.KYCStatus { return s.restrictions(t, p).KYC }

	header, body, err := sandbox.Sign("another secret", result(kyc.Approved, at), at)
	require.NoError(t, err)
	require.ErrorIs(t, s.ReceiveKYC(t.Context(), account, header, body), players.ErrKYCForged)
	header, body, err = sandbox.Sign(kycSecret, result(kyc.Approved, at), at.Add(-time.Hour))
	require.NoError(t, err)
	require.ErrorIs(t, s.ReceiveKYC(t.Context(), account, header, body), players.ErrKYCStale)
	require.ErrorIs(t, s.ReceiveKYC(t.Context(), account, sandbox.Headers(kycSecret, []byte("{}"), at), []byte("{}")), players.ErrKYCMalformed)
	require.ErrorIs(t, s.receive(t, "kyc_aaaaaaaaaaaaaaaa", result(kyc.Approved, at)), players.ErrTenantNotFound)
	require.ErrorIs(t, s.receive(t, account, kyc.Result{Player: "p_nobody", Status: kyc.Approved, CreatedAt: at}), players.ErrNotFound)
	require.Equal(t, models.KYCNone, status())

	require.NoError(t, s.receive(t, account, result(kyc.Rejected, at.Add(-time.Minute))))
	require.NoError(t, s.receive(t, account, result(kyc.Approved, at.Add(-2*time.Minute))))
	require.Equal(t, models.KYCRejected, status(), "an older result never overwrites a newer one")
	require.NoError(t, s.receive(t, account, result(kyc.Approved, at.Add(-time.Second))))
	require.Equal(t, models.KYCApproved, status())
	require.NoError(t, s.receive(t, account, result(kyc.Rejected, at.Add(-time.Minute))), "a repeat")
	require.NoError(t, s.receive(t, account, result(kyc.Pending, at.Add(-time.Second))))
	require.Equal(t, models.KYCApproved, status(), "of one moment the final result holds")
	require.NoError(t, s.receive(t, account, result(kyc.Rejected, at.Add(-time.Second))))
	require.Equal(t, models.KYCRejected, status(), "and the stricter one")
	_, err = s.StartKYC(t.Context(), s.w.Tenant, p)
	require.NoError(t, err)
	require.Equal(t, models.KYCPending, status())

	require.Error(t, s.asApp(t, `SELECT api_player_kyc_result($1, $2, '\x00', sha256('x'), jsonb_build_object('player', $3::text, 'status', 'approved'))`,
		s.w.Tenant, account, who), "the application role alone can't make up a result")
	require.Error(t, s.asApp(t, `SELECT * FROM player_private`), "nor read what is personal")
	require.Error(t, s.asApp(t, `UPDATE player_kyc SET status = 'approved'`))
}

func TestAnOperatorDecidesByHand(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	p := s.w.Players[0]
	support := s.staff(t, "support@example.org", models.RoleSupport)
	a := s.owner(t)
	account := s.withSandbox(t, "http://127.0.0.1:1").ID
	require.ErrorIs(t, s.DecideKYC(t.Context(), support, p, models.KYCApproved, "seen"), players.ErrForbidden)
	require.ErrorIs(t, s.DecideKYC(t.Context(), a, p, models.KYCPending, "seen"), players.ErrInvalidDecision)
	require.NoError(t, s.DecideKYC(t.Context(), a, p, models.KYCApproved, "seen in person"))
	require.Equal(t, models.KYCApproved, s.restrictions(t, p).KYC)
	require.NoError(t, s.receive(t, account, kyc.Result{Player: s.publicID(t, p), Status: kyc.Rejected, CreatedAt: s.clock.Now().Add(-time.Hour)}))
	require.Equal(t, models.KYCApproved, s.restrictions(t, p).KYC, "a result of before the decision")
	require.NoError(t, s.DecideKYC(t.Context(), a, p, models.KYCRejected, "was not them"))
	require.Equal(t, models.KYCRejected, s.restrictions(t, p).KYC)
}

func TestTheProviderIsConfiguredByOperators(t *testing.T) {
	t.Parallel()
	s := newSafety(t)
	support := s.staff(t, "support@example.org", models.RoleSupport)
	a := s.owner(t)
	seeded := s.withSandbox(t, "http://127.0.0.1:1")
	require.Equal(t, seeded, s.withSandbox(t, "http://127.0.0.1:2"), "a seed changes nothing another time")
	settings := players.KYCSettings{Provider: "sandbox", Enabled: true, Values: map[string]string{"url": "http://127.0.0.1:3", "secret": "new"}}
	_, err := s.ConfigureKYC(t.Context(), support, settings)
	require.ErrorIs(t, err, players.ErrForbidden)
	got, err := s.ConfigureKYC(t.Context(), a, settings)
	require.NoError(t, err)
	require.Equal(t, seeded, got, "the callback's address stays")
	session, err := s.StartKYC(t.Context(), s.w.Tenant, s.w.Players[0])
	require.NoError(t, err)
	require.Contains(t, session.URL, "127.0.0.1:3")

	for _, bad := range []players.KYCSettings{{Provider: "nobody"}, {Provider: "sumsub", Values: map[string]string{"app_token": "very secret"}}} {
		_, err := s.ConfigureKYC(t.Context(), a, bad)
		require.ErrorIs(t, err, players.ErrInvalidKYC)
		require.NotContains(t, err.Error(), "very secret")
	}
	other, err := s.ConfigureKYC(t.Context(), a, players.KYCSettings{Provider: "sumsub", Enabled: true, Values: map[string]string{
		"app_token": "a", "secret_key": "b", "webhook_secret": "c", "level_name": "d", "url": "http://127.0.0.1:1",
	}})
	require.NoError(t, err)
	err = s.receive(t, seeded.ID, kyc.Result{Player: s.publicID(t, s.w.Players[0]), Status: kyc.Approved, CreatedAt: s.clock.Now()})
	require.ErrorIs(t, err, players.ErrTenantNotFound, "an account that was turned off is not believed")
	all, err := s.KYCAccounts(t.Context(), s.w.Tenant)
	require.NoError(t, err)
	require.ElementsMatch(t, []players.KYCAccount{{ID: seeded.ID, Provider: "sandbox"}, other}, all)
	_, err = s.StartKYC(t.Context(), s.w.Tenant, s.w.Players[0])
	require.ErrorIs(t, err, players.ErrKYCUnavailable)
}
