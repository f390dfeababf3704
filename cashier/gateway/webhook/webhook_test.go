package webhook_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier/gateway"
	"fairground/cashier/gateway/gatewaytest"
	"fairground/cashier/gateway/webhook"
	"fairground/internal/clock"
	"fairground/internal/gatewaysim"
	reference "fairground/test/gateway"
)

const secret = "a-secret-of-the-processor-0123456789"

const callback = `{"events":[{"id":"evt_1","kind":"deposit","deposit":{"tx":"tx_1","ref":"inv_1","intent":"dep_1",` +
	`"asset":"sbx","amount":2500,"scale":2,"state":"confirmed","confirmations":1,"needed":1,"at":"2026-01-01T01:00:00Z"}}]}`

func open(t *testing.T, base, hook string) gateway.Gateway {
	t.Helper()
	g, err := webhook.New(gateway.Settings{
		Values: map[string]string{"base_url": base, "secret": secret, "callback_url": hook, "assets": "sbx, usd"}, Clock: clock.System(),
	})
	require.NoError(t, err)
	return g
}

func genuine(t *testing.T, at time.Time) (http.Header, []byte) {
	t.Helper()
	nonce := "nonce-of-" + at.Format("150405.000000")
	body := []byte(strings.Replace(callback, "evt_1", "evt_"+strconv.FormatInt(at.Unix(), 10), 1))
	return reference.Sign([]byte(secret), at, nonce, body), body
}

func subject() gatewaytest.Subject {
	return gatewaytest.Subject{
		Asset: func(scale int) string { return "s" + string(rune('0'+scale)) }, Destination: "DE02120300000000202051",
		Refused: "refuse-me", Secrets: []string{secret, "DE02120300000000202051"}, ForgetsNothing: true, RefusesRepeats: true,
	}
}

func TestSandbox(t *testing.T) {
	t.Parallel()
	s := subject()
	s.Open = func(t *testing.T, hook string) gatewaytest.Server {
		t.Helper()
		sim := sandbox(t, filepath.Join(t.TempDir(), "state"))
		return gatewaytest.Server{
			Handler: sim.Handler(), Callback: genuine,
			Gateway: func(t *testing.T, base string) gateway.Gateway { t.Helper(); return open(t, base+"/v1", hook) },
			Pay: func(t *testing.T, ref string) {
				t.Helper()
				_, err := sim.Pay(gatewaysim.PayInput{Ref: ref})
				require.NoError(t, err)
			},
			Sent: func() []gateway.Entry {
				var sent []gateway.Entry
				for _, p := range sim.Payouts() {
					if p.State == "paid" {
						sent = append(sent, gateway.Entry{Key: p.Key, Asset: p.Asset, Amount: p.Amount, Scale: p.Scale})
					}
				}
				return sent
			},
		}
	}
	gatewaytest.Run(t, s)
}

// sandbox opens a sandbox and delivers its callbacks until the test ends.
func sandbox(t *testing.T, state string) *gatewaysim.Sim {
	t.Helper()
	sim, err := gatewaysim.New(gatewaysim.Config{StateFile: state, Secret: secret})
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		sim.Deliver(t.Context())
	}()
	t.Cleanup(func() {
		<-done
		require.NoError(t, sim.Close())
	})
	return sim
}

func TestReference(t *testing.T) {
	t.Parallel()
	s := subject()
	s.Open = func(t *testing.T, hook string) gatewaytest.Server {
		t.Helper()
		server := reference.New(secret, clock.System())
		t.Cleanup(server.Close)
		return gatewaytest.Server{
			Handler: server, Callback: genuine,
			Gateway: func(t *testing.T, base string) gateway.Gateway { t.Helper(); return open(t, base, hook) },
			Pay:     func(t *testing.T, ref string) { t.Helper(); require.True(t, server.Pay(ref)) },
			Sent: func() []gateway.Entry {
				var sent []gateway.Entry
				for _, e := range server.Book() {
					if e.Kind == "payout" {
						sent = append(sent, gateway.Entry{Key: e.Key, Asset: e.Asset, Amount: e.Amount, Scale: e.Scale})
					}
				}
				return sent
			},
		}
	}
	gatewaytest.Run(t, s)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	good := map[string]string{"base_url": "https://processor.example/v1", "secret": secret}
	for field, value := range map[string]string{"base_url": "ftp://x", "secret": "short-secret"} {
		for _, bad := range []string{"", value} {
			values := map[string]string{"base_url": good["base_url"], "secret": good["secret"]}
			values[field] = bad
			_, err := webhook.New(gateway.Settings{Values: values, Clock: clock.System()})
			require.ErrorIs(t, err, gateway.ErrSettings)
			require.Contains(t, err.Error(), field)
			require.NotContains(t, err.Error(), secret)
			require.NotContains(t, err.Error(), "short-secret")
		}
	}
	settings := gateway.Settings{Values: good, Clock: clock.System()}
	require.NotContains(t, settings.String()+settings.GoString(), secret)
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	g := open(t, "https://processor.example/v1", "")
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, body := range []string{
		"", "null", "{}", `{"events":[]}`, `{"events":[{"id":"","kind":"payout","payout":{"key":"w","state":"paid"}}]}`,
		`{"events":[{"id":"e","kind":"deposit"}]}`, `{"events":[{"id":"e","kind":"other","payout":{"key":"w","state":"paid"}}]}`,
		strings.Replace(callback, `"amount":2500`, `"amount":2500.5`, 1), strings.Replace(callback, `"amount":2500`, `"amount":-1`, 1),
		strings.Replace(callback, `"amount":2500`, `"amount":9223372036854775808`, 1),
		strings.Replace(callback, "confirmed", "certain", 1), strings.Replace(callback, `"scale":2`, `"scale":99`, 1),
		`{"events":[{"id":"e","kind":"payout","payout":{"key":"w","state":"manual"}}]}`,
	} {
		_, err := g.ParseWebhook(reference.Sign([]byte(secret), at, "0123456789abcdef", []byte(body)), []byte(body), at)
		require.ErrorIs(t, err, gateway.ErrMalformed, body)
	}
}

// TestVector holds the example of docs/gateways.md.
func TestVector(t *testing.T) {
	t.Parallel()
	body := []byte(`{"key":"w_1","asset":"sbx","amount":1250,"scale":2,"destination":"acct-1"}`)
	header := webhook.Sign([]byte("fairground-example-secret"), time.Unix(1767225600, 0), "0123456789abcdef0123456789abcdef", body)
	const want = "c0297afc6c3d469aba993d30905ad1b844fe76ac34862f2473723a9fbbc97a48"
	require.Equal(t, want, header.Get(webhook.SignatureHeader))
	document, err := os.ReadFile("../../../docs/gateways.md")
	require.NoError(t, err)
	require.Contains(t, string(document), "signature  "+want)
	require.Contains(t, string(document), "body       "+string(body))
}
