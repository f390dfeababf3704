package providers_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/providers"
	"fairground/providers/conformance"
	"fairground/providers/seamless"
)

// TestOurWalletConforms attacks the room behind a bare server; the API's own test does so through all its middleware.
func TestOurWalletConforms(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]bool{"late wins refused": false, "late wins taken": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			provider, key := w.provider, w.secret
			if late {
				provider, key = w.addProvider(t, "Patient", providers.NewProvider{LateWin: maxLateWin})
			}
			expired := w.launchAt(t, 0, provider, key)
			expired.expire(t)
			server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					return
				}
				reply := w.Call(r.Context(), seamless.Call(strings.TrimPrefix(r.URL.Path, "/wallet/v1/")), r.Header, body)
				out.WriteHeader(reply.Status)
				_, _ = out.Write(reply.Body)
			}))
			defer server.Close()
			report, err := conformance.Run(t.Context(), conformance.Target{
				URL: server.URL, Provider: provider, Secret: string(key), Token: w.launchAt(t, 0, provider, key).token, ExpiredToken: expired.token,
				Clock: clock.System(), LateWins: late,
			})
			require.NoError(t, err)
			var table strings.Builder
			require.NoError(t, report.Write(&table))
			require.True(t, report.OK(), table.String())
			require.Contains(t, table.String(), "26 passed, 0 failed, 0 skipped")
			w.clean(t)
		})
	}
}
