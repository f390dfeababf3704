package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/providers/conformance"
)

// TestConformanceTellsByItsExitCode attacks a wallet that says yes to everything.
func TestConformanceTellsByItsExitCode(t *testing.T) {
	t.Parallel()
	yes := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"code":"OK","player":"u_1","game":"coin","asset":"points","balance":5000}`))
	}))
	defer yes.Close()
	code, out, _ := runProgram(t, "conformance", "wallet", yes.URL, "--provider", "pv_1", "--secret", "s", "--token", "t")
	require.Equal(t, 1, code)
	require.Contains(t, out, "PASS  authenticate")
	require.Contains(t, out, "FAIL  wrong-signature")
	code, out, _ = runProgram(t, "conformance", "wallet", yes.URL, "--provider", "pv_1", "--secret", "s", "--token", "t", "--json")
	require.Equal(t, 1, code)
	var report conformance.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.False(t, report.OK())
	code, _, told := runProgram(t, "conformance", "wallet", yes.URL, "--provider", "pv_1", "--secret", "s")
	require.Equal(t, 1, code)
	require.Contains(t, told, "token")
}
