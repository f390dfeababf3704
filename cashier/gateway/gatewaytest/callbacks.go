package gatewaytest

import (
	"bytes"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier/gateway"
)

func testCallbacks(t *testing.T, s Subject) {
	t.Helper()
	b := open(t, s)
	at := epoch().Add(time.Hour)
	header, body := b.server.Callback(t, at)
	want, err := b.gateway.ParseWebhook(header, body, at)
	require.NoError(t, err)
	require.NotEmpty(t, want)
	forged := func(header http.Header, body []byte) {
		t.Helper()
		notices, err := b.gateway.ParseWebhook(header, body, at)
		require.Empty(t, notices)
		b.is(err, gateway.ErrForged)
	}
	for i := range body {
		changed := bytes.Clone(body)
		changed[i] ^= 1
		forged(header, changed)
	}
	for _, short := range [][]byte{nil, body[:1], body[:len(body)/2], body[:len(body)-1]} {
		forged(header, short)
	}
	forged(header, append(bytes.Clone(body), ' '))
	forged(http.Header{}, body)
	for name := range header {
		if name == "Content-Type" {
			continue
		}
		for _, value := range []string{"", "0", "00000000000000000000000000000000", header.Get(name) + "0"} {
			changed := header.Clone()
			changed.Set(name, value)
			forged(changed, body)
		}
	}
	otherHeader, otherBody := b.server.Callback(t, at.Add(time.Minute))
	forged(header, otherBody)
	forged(otherHeader, body)

	for _, now := range []time.Time{at.Add(-6 * time.Minute), at.Add(6 * time.Minute), at.Add(48 * time.Hour)} {
		_, err := b.gateway.ParseWebhook(header, body, now)
		b.is(err, gateway.ErrStale)
	}
	for _, now := range []time.Time{at.Add(-4 * time.Minute), at.Add(4 * time.Minute)} {
		same, err := b.gateway.ParseWebhook(header, body, now)
		require.NoError(t, err)
		require.Equal(t, want, same, "parsing is pure: a repeat within the window has the same event ids")
	}
}

// testRepeats parses what the server really sent in every order and more than once.
func testRepeats(t *testing.T, s Subject) {
	t.Helper()
	b := open(t, s)
	b.confirmed("dep_repeat", 4200, 2)
	b.confirmed("dep_repeat_2", 4300, 2)
	deliveries := b.inbox.all()
	read := func(order []delivery) map[string]gateway.Notice {
		facts := map[string]gateway.Notice{}
		for _, d := range order {
			notices, err := b.gateway.ParseWebhook(d.header, d.body, d.at)
			require.NoError(t, err)
			for _, n := range notices {
				n.Raw = nil
				if old, seen := facts[n.EventID]; seen {
					require.Equal(t, old, n, "an event id names one fact")
				}
				facts[n.EventID] = n
			}
		}
		return facts
	}
	forward := read(deliveries)
	slices.Reverse(deliveries)
	require.Equal(t, forward, read(append(slices.Clone(deliveries), deliveries...)))
	for _, d := range deliveries {
		_, err := b.gateway.ParseWebhook(d.header, d.body[:len(d.body)-1], d.at)
		require.True(t, isKnown(err))
	}
}
