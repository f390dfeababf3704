package cryptopay_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier/gateway"
	"fairground/cashier/gateway/cryptopay"
	"fairground/cashier/gateway/gatewaytest"
	"fairground/internal/clock"
	"fairground/internal/gatewaysim"
)

const token = "12345:AAtokenOfTheApp0123456789"

func open(t *testing.T, base string) gateway.Gateway {
	t.Helper()
	g, err := cryptopay.New(gateway.Settings{Clock: clock.System(), Values: map[string]string{
		"base_url": base, "token": token, "assets": "s0:0,s1:1,s2:2,s3:3,s4:4,s5:5,s6:6,s7:7,s8:8",
	}})
	require.NoError(t, err)
	return g
}

// sign follows the public description: the key is the SHA-256 of the token.
func sign(body []byte) http.Header {
	key := sha256.Sum256([]byte(token))
	h := hmac.New(sha256.New, key[:])
	h.Write(body)
	header := http.Header{}
	header.Set("crypto-pay-api-signature", hex.EncodeToString(h.Sum(nil)))
	return header
}

func genuine(t *testing.T, at time.Time) (http.Header, []byte) {
	t.Helper()
	body := fmt.Appendf(nil, `{"update_id":7,"update_type":"invoice_paid","request_date":%q,"payload":{"invoice_id":3,"status":"paid",`+
		`"asset":"S2","amount":"25.00","paid_asset":"S2","paid_amount":"25.00","payload":"dep_1","paid_at":%q}}`,
		at.Format(time.RFC3339), at.Format(time.RFC3339))
	return sign(body), body
}

func TestSandbox(t *testing.T) {
	t.Parallel()
	gatewaytest.Run(t, gatewaytest.Subject{
		Asset: func(scale int) string { return fmt.Sprintf("s%d", scale) }, Destination: "100200300", Refused: "7",
		Secrets: []string{token},
		Open: func(t *testing.T, hook string) gatewaytest.Server {
			t.Helper()
			sim, err := gatewaysim.New(gatewaysim.Config{
				StateFile: filepath.Join(t.TempDir(), "state"), Secret: "a-secret-of-the-sandbox", Token: token,
			})
			require.NoError(t, err)
			require.NoError(t, sim.SetHooks(gatewaysim.Hooks{Cryptopay: hook}))
			done := make(chan struct{})
			go func() {
				defer close(done)
				sim.Deliver(t.Context())
			}()
			t.Cleanup(func() {
				<-done
				require.NoError(t, sim.Close())
			})
			return server(sim)
		},
	})
}

func server(sim *gatewaysim.Sim) gatewaytest.Server {
	return gatewaytest.Server{
		Handler: sim.Handler(), Callback: genuine,
		Gateway: func(t *testing.T, base string) gateway.Gateway { t.Helper(); return open(t, base+"/cryptopay") },
		Pay: func(t *testing.T, ref string) {
			t.Helper()
			// The style names invoices by number.
			var number int64
			_, err := fmt.Sscan(ref, &number)
			require.NoError(t, err)
			_, err = sim.Pay(gatewaysim.PayInput{Number: number})
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

func TestParse(t *testing.T) {
	t.Parallel()
	g := open(t, "https://pay.example")
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	parse := func(fields string) ([]gateway.Notice, error) {
		body := []byte(`{"update_id":7,"update_type":"invoice_paid","request_date":"2026-01-01T00:00:00Z","payload":{` + fields + `}}`)
		return g.ParseWebhook(sign(body), body, at)
	}
	notices, err := parse(`"invoice_id":3,"status":"paid","asset":"S2","amount":"1.50","paid_asset":"TON","paid_amount":"0.125"`)
	require.NoError(t, err)
	require.Equal(t, []any{"ton", int64(125), 3}, []any{notices[0].Asset, notices[0].Amount, notices[0].Scale},
		"an asset that nobody listed keeps the places it came with")
	notices, err = parse(`"invoice_id":3,"status":"paid","asset":"S2","amount":"1.505"`)
	require.NoError(t, err)
	_, exact := notices[0].Units(2)
	require.False(t, exact, "what does not fit is never rounded")
	for _, bad := range []string{"1e3", "-1", "+1", "1,5", "", ".", ".5", "1.", "0x1", "92233720368547758.08", "1.0000000000000000001", " 1", "NaN"} {
		_, err = parse(fmt.Sprintf(`"invoice_id":3,"status":"paid","asset":"S2","amount":%q,"paid_amount":%q`, bad, bad))
		require.ErrorIs(t, err, gateway.ErrMalformed, bad)
	}
	_, err = parse(`"invoice_id":3,"status":"paid","asset":"S2","amount":1.5`)
	require.ErrorIs(t, err, gateway.ErrMalformed, "a number may have gone through a float")
	body := []byte(`{"update_id":8,"update_type":"something_new","request_date":"2026-01-01T00:00:00Z"}`)
	notices, err = g.ParseWebhook(sign(body), body, at)
	require.NoError(t, err)
	require.Empty(t, notices)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, change := range []map[string]string{
		{"token": ""}, {"token": "short"}, {"base_url": ""}, {"base_url": "x"}, {"assets": "usdt"}, {"assets": "usdt:99"},
	} {
		values := map[string]string{"base_url": "https://pay.example", "token": token}
		maps.Copy(values, change)
		_, err := cryptopay.New(gateway.Settings{Values: values, Clock: clock.System()})
		require.ErrorIs(t, err, gateway.ErrSettings)
		require.NotContains(t, err.Error(), token)
	}
}
