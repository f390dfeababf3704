package conformance_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/providers/conformance"
)

func target(url string) conformance.Target {
	return conformance.Target{
		URL: url, Provider: referenceProvider, Secret: referenceSecret, Token: referenceToken, ExpiredToken: referenceExpired, Clock: clock.System(),
	}
}

// TestEachFaultTurnsItsCaseRed plants one fault at a time: exactly the case for it fails.
func TestEachFaultTurnsItsCaseRed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ fault, red string }{
		{noFault, ""},
		{wrongSignature, "wrong-signature"},
		{winTwice, "duplicate-win"},
		{betTwice, "duplicate-bet"},
		{noRollback, "rollback"},
		{rollbackTwice, "rollback-twice"},
		{forgetsRollback, "rollback-before-bet"},
		{expiryOfWins, "expired-win"},
		{negativeAmounts, "negative-amount"},
		{otherPayload, "uuid-reuse"},
		{belowZero, "parallel-bets"},
	} {
		t.Run("fault "+c.fault, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(newReference(c.fault))
			defer server.Close()
			report, err := conformance.Run(t.Context(), target(server.URL+"/wallet/v1"))
			require.NoError(t, err)
			var red []string
			for _, one := range report.Results {
				switch one.Status {
				case conformance.Fail:
					red = append(red, one.Case)
					require.NotEmpty(t, one.Expected)
					require.NotEmpty(t, one.Got)
				case conformance.Pass:
				case conformance.Skip:
					require.Fail(t, "a case was skipped", one.Case)
				}
			}
			require.Equal(t, c.red, strings.Join(red, " "))
			require.Equal(t, c.red == "", report.OK())
		})
	}
}

func TestTheTableTellsWhatWasExpected(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newReference(noRollback))
	defer server.Close()
	aim := target(server.URL)
	aim.ExpiredToken = ""
	report, err := conformance.Run(t.Context(), aim)
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, report.Write(&out))
	require.Contains(t, out.String(), "FAIL  rollback ")
	require.Contains(t, out.String(), "after a bet and its rollback")
	require.Contains(t, out.String(), "SKIP  expired-win ")
	require.Contains(t, out.String(), "22 passed, 1 failed, 3 skipped")
}

func TestNothingToAttack(t *testing.T) {
	t.Parallel()
	wallet := newReference(noFault)
	server := httptest.NewServer(wallet)
	defer server.Close()
	aim := target(server.URL)
	aim.Token = "no-such-token"
	_, err := conformance.Run(t.Context(), aim)
	require.ErrorContains(t, err, "TOKEN_INVALID")
	wallet.balance = 499
	_, err = conformance.Run(t.Context(), target(server.URL))
	require.ErrorContains(t, err, "has 499 and needs 500")
}
