package gatewaytest

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier/gateway"
)

func testOnce(t *testing.T, s Subject) {
	t.Helper()
	b := open(t, s)
	const many = 50
	results, errs := make([]gateway.PayoutResult, many), make([]error, many)
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() { results[i], errs[i] = b.gateway.Payout(t.Context(), b.payout("w_once", 1234, 2)) })
	}
	all.Wait()
	final := b.paid("w_once")
	for i := range many {
		if errs[i] != nil {
			b.is(errs[i], gateway.ErrUnknown)
			continue
		}
		require.NotEqual(t, gateway.PayoutFailed, results[i].State)
		require.Equal(t, final.Ref, results[i].Ref, "one key, one payout")
	}
	require.Equal(t, 1, b.sent("w_once"))

	result, err := b.gateway.Payout(t.Context(), b.payout("w_once", 1235, 2))
	b.is(err, gateway.ErrUnknown)
	require.Equal(t, gateway.PayoutUnknown, result.State, "another amount under the key is doubt, never a second payout")
	require.Equal(t, 1, b.sent("w_once"))
}

func testLostAnswer(t *testing.T, s Subject) {
	t.Helper()
	for name, fault := range map[string]func(http.ResponseWriter, *http.Request, http.Handler){"lost": lost, "torn": torn} {
		b := open(t, s)
		key := "w_" + name
		b.line.fail(fault)
		result, err := b.gateway.Payout(t.Context(), b.payout(key, 500, 2))
		b.is(err, gateway.ErrUnknown)
		require.Equal(t, gateway.PayoutUnknown, result.State)
		_, err = b.gateway.PayoutStatus(t.Context(), key)
		b.is(err, gateway.ErrUnknown)
		require.NotErrorIs(t, err, gateway.ErrNotFound)

		b.line.fail(nil)
		paid := b.paid(key)
		again, err := b.gateway.Payout(t.Context(), b.payout(key, 500, 2))
		require.NoError(t, err)
		require.Equal(t, paid, again, "a repeat of the key tells what became of it")
		require.Equal(t, 1, b.sent(key))
	}
}

func testDoubt(t *testing.T, s Subject) {
	t.Helper()
	b := open(t, s)
	long := `{"ok":true,"pad":"` + strings.Repeat("x", gateway.MaxBody) + `"}`
	answers := []struct {
		status int
		body   string
	}{
		{http.StatusInternalServerError, `{"code":"payout.refused","ok":false,"error":{"name":"USER_NOT_FOUND"}}`},
		{http.StatusBadGateway, "<html>"},
		{http.StatusServiceUnavailable, ""},
		{http.StatusRequestTimeout, `{"code":"payout.refused","ok":false,"error":{"name":"USER_NOT_FOUND"}}`},
		{http.StatusConflict, `{"code":"payout.refused","ok":false,"error":{"name":"USER_NOT_FOUND"}}`},
		{http.StatusTooManyRequests, `{"code":"payout.refused","ok":false,"error":{"name":"USER_NOT_FOUND"}}`},
		{http.StatusFound, ""},
		{http.StatusTemporaryRedirect, ""},
		{http.StatusNotFound, "<html>no such page</html>"},
		{http.StatusUnauthorized, `{"code":"auth.invalid","ok":false,"error":{"name":"UNAUTHORIZED"}}`},
		{http.StatusBadRequest, "{}"},
		{http.StatusOK, ""},
		{http.StatusOK, "{}"},
		{http.StatusOK, "null"},
		{http.StatusOK, `{"key":"w_other","state":"paid"`},
		{http.StatusOK, long},
	}
	for i, answer := range answers {
		b.line.fail(says(answer.status, answer.body))
		key := fmt.Sprintf("w_doubt_%d", i)
		before := b.line.count()
		result, err := b.gateway.Payout(t.Context(), b.payout(key, 100, 2))
		b.is(err, gateway.ErrUnknown)
		require.Equal(t, gateway.PayoutUnknown, result.State, "%d is doubt", answer.status)
		require.LessOrEqual(t, b.line.count()-before, 2, "no redirect is followed")
		_, err = b.gateway.PayoutStatus(t.Context(), key)
		b.is(err, gateway.ErrUnknown)
		require.NotErrorIs(t, err, gateway.ErrNotFound, "%d proves nothing", answer.status)
	}
	require.Empty(t, b.server.Sent())
}

func testStatus(t *testing.T, s Subject) {
	t.Helper()
	b := open(t, s)
	result, err := b.gateway.PayoutStatus(t.Context(), "w_never")
	if s.ForgetsNothing {
		b.is(err, gateway.ErrNotFound)
	} else {
		require.NoError(t, err)
		require.Equal(t, gateway.PayoutUnknown, result.State)
	}
	b.line.fail(dead)
	_, err = b.gateway.PayoutStatus(t.Context(), "w_never")
	b.is(err, gateway.ErrUnknown)
	require.NotErrorIs(t, err, gateway.ErrNotFound, "silence is no answer")
	b.line.fail(nil)

	// A key is a name, whatever is in it: no path and no query is made of it.
	odd := "w_a/b?c=d&e#f%20"
	_, err = b.gateway.Payout(t.Context(), b.payout(odd, 7, 2))
	require.NoError(t, err)
	b.paid(odd)
	require.Equal(t, 1, b.sent(odd))
}

func testRefused(t *testing.T, s Subject) {
	t.Helper()
	b := open(t, s)
	request := b.payout("w_refused", 100, 2)
	request.Destination = s.Refused
	for range 2 {
		result, err := b.gateway.Payout(t.Context(), request)
		require.NoError(t, err, "a definite refusal is a result")
		require.Equal(t, gateway.PayoutFailed, result.State)
		require.NotEmpty(t, result.Reason)
		b.clean(result.Reason)
	}
	require.Zero(t, b.sent("w_refused"))
}

// amounts are where floats, 32 bits and sloppy parsing show.
func amounts() []int64 {
	return []int64{1, 9, 10, 99, 100, 101, 123_456_789, 1<<53 + 1, math.MaxInt64 - 1, math.MaxInt64}
}

func testExactPayouts(t *testing.T, s Subject) {
	t.Helper()
	b := open(t, s)
	want := map[string]gateway.PayoutRequest{}
	for scale := range 9 {
		for i, amount := range amounts() {
			r := b.payout(fmt.Sprintf("w_exact_%d_%d", scale, i), amount, scale)
			result, err := b.gateway.Payout(t.Context(), r)
			require.NoError(t, err)
			require.Contains(t, []gateway.PayoutState{gateway.PayoutPaid, gateway.PayoutAccepted}, result.State)
			want[r.Key] = r
		}
	}
	for key := range want {
		b.paid(key)
	}
	sent := b.server.Sent()
	require.Len(t, sent, len(want))
	for _, e := range sent {
		requireSame(t, want[e.Key], e)
	}
	if !b.gateway.Info().Statements {
		return
	}
	listed := 0
	for _, e := range b.statement() {
		if e.Kind == gateway.EntryPayout {
			requireSame(t, want[e.Key], e)
			listed++
		}
	}
	require.Equal(t, len(want), listed)
}

func requireSame(t *testing.T, r gateway.PayoutRequest, e gateway.Entry) {
	t.Helper()
	amount, exact := gateway.Rescale(e.Amount, e.Scale, r.Scale)
	require.True(t, exact, "%s at scale %d", e.Key, e.Scale)
	require.Equal(t, r.Amount, amount)
	require.Equal(t, r.Asset, e.Asset)
}

// isKnown tells whether an error is one of the vocabulary.
func isKnown(err error) bool {
	for _, known := range []error{gateway.ErrForged, gateway.ErrStale, gateway.ErrMalformed} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}
