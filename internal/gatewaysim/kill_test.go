package gatewaysim_test

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/cashier/gateway"
	"fairground/cashier/gateway/webhook"
	"fairground/internal/clock"
	"fairground/internal/gatewaysim"
)

// TestServe is the sandbox as a process, for TestKilled; on its own it has nothing to serve.
func TestServe(t *testing.T) {
	if flag.NArg() != 2 {
		return
	}
	sim, err := gatewaysim.New(gatewaysim.Config{Addr: flag.Arg(0), StateFile: flag.Arg(1), Secret: secret})
	require.NoError(t, err)
	require.NoError(t, sim.Run(t.Context()))
}

// serve starts the sandbox as a process and waits until it answers.
func serve(t *testing.T, addr, state string) *exec.Cmd {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServe$", addr, state)
	require.NoError(t, child.Start())
	require.Eventually(t, func() bool {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/healthz", nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		return response.Body.Close() == nil && response.StatusCode == http.StatusOK
	}, patience, waitStep)
	return child
}

// freeAddr finds a port below those that the system hands to outgoing connections, so that it stays free between two starts.
func freeAddr(t *testing.T) string {
	t.Helper()
	for port := 20000 + os.Getpid()%9000; port < 32000; port++ {
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			require.NoError(t, listener.Close())
			return listener.Addr().String()
		}
	}
	t.Fatal("no free port")
	return ""
}

// TestKilled kills the sandbox in the middle of payouts: what it told is still so, and no key pays twice.
func TestKilled(t *testing.T) {
	t.Parallel()
	addr, state := freeAddr(t), filepath.Join(t.TempDir(), "state")
	g, err := webhook.New(gateway.Settings{
		Values: map[string]string{"base_url": "http://" + addr + "/v1", "secret": secret}, Clock: clock.System(),
	})
	require.NoError(t, err)
	const rounds, keys = 3, 60
	told := map[string]string{} // the ref of each key that was answered
	var mu sync.Mutex
	pay := func(key string) {
		result, err := g.Payout(t.Context(), gateway.PayoutRequest{Key: key, Asset: "sbx", Amount: 100, Scale: 2, Destination: "acct"})
		if err != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if old, known := told[key]; known && old != result.Ref {
			t.Errorf("%s was paid as %s and as %s", key, old, result.Ref)
		}
		told[key] = result.Ref
	}
	for range rounds {
		child := serve(t, addr, state)
		var all sync.WaitGroup
		for i := range keys {
			all.Go(func() { pay(fmt.Sprintf("w_%d", i)) })
			if i == keys/2 {
				require.NoError(t, child.Process.Kill())
			}
		}
		all.Wait()
		require.Error(t, child.Wait(), "it was killed")
	}
	child := serve(t, addr, state)
	for i := range keys {
		pay(fmt.Sprintf("w_%d", i))
	}
	page, err := g.Statement(t.Context(), clock.System().Now().AddDate(-1, 0, 0), clock.System().Now().AddDate(1, 0, 0), "")
	require.NoError(t, err)
	require.Len(t, page.Entries, keys)
	for _, e := range page.Entries {
		require.Equal(t, told[e.Key], e.Ref)
	}
	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait())
}
