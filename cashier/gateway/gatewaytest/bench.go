package gatewaytest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/cashier/gateway"
)

const patience = 30 * time.Second

// epoch is a moment before everything that a test does.
func epoch() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// bench is one test's gateway between a server with a faulty line and a receiver of callbacks.
type bench struct {
	t       *testing.T
	subject Subject
	server  Server
	gateway gateway.Gateway
	line    *line
	inbox   *inbox
}

func open(t *testing.T, s Subject) *bench {
	t.Helper()
	b := &bench{t: t, subject: s, inbox: &inbox{}, line: &line{}}
	receiver := httptest.NewServer(b.inbox)
	t.Cleanup(receiver.Close)
	b.server = s.Open(t, receiver.URL)
	base := "http://127.0.0.1:9"
	if b.server.Handler != nil {
		b.line.next = b.server.Handler
		front := httptest.NewServer(b.line)
		t.Cleanup(front.Close)
		base = front.URL
	}
	b.gateway = b.server.Gateway(t, base)
	return b
}

// is checks an error's kind and that it tells no secret.
func (b *bench) is(err, want error) {
	b.t.Helper()
	require.ErrorIs(b.t, err, want)
	b.clean(err.Error())
}

// clean checks that a text tells no secret.
func (b *bench) clean(text string) {
	b.t.Helper()
	for _, secret := range b.subject.Secrets {
		require.NotContains(b.t, text, secret)
	}
}

func (b *bench) payout(key string, amount int64, scale int) gateway.PayoutRequest {
	return gateway.PayoutRequest{
		Key: key, Asset: b.subject.Asset(scale), Amount: amount, Scale: scale, Destination: b.subject.Destination,
	}
}

func (b *bench) deposit(intent string, amount int64, scale int) gateway.DepositRequest {
	return gateway.DepositRequest{Intent: intent, Asset: b.subject.Asset(scale), Amount: amount, Scale: scale, Description: "Top-up"}
}

// sent counts how often money left under a key.
func (b *bench) sent(key string) int {
	n := 0
	for _, e := range b.server.Sent() {
		if e.Key == key {
			n++
		}
	}
	return n
}

// paid waits until a key is paid.
func (b *bench) paid(key string) gateway.PayoutResult {
	b.t.Helper()
	var result gateway.PayoutResult
	require.Eventually(b.t, func() bool {
		var err error
		result, err = b.gateway.PayoutStatus(b.t.Context(), key)
		return err == nil && result.State == gateway.PayoutPaid
	}, patience, 10*time.Millisecond)
	return result
}

// confirmed makes a deposit, pays it and waits for the notice that confirms it.
func (b *bench) confirmed(intent string, amount int64, scale int) gateway.Notice {
	b.t.Helper()
	made, err := b.gateway.CreateDeposit(b.t.Context(), b.deposit(intent, amount, scale))
	require.NoError(b.t, err)
	require.NotEmpty(b.t, made.Ref)
	b.server.Pay(b.t, made.Ref)
	var found gateway.Notice
	require.Eventually(b.t, func() bool {
		for _, d := range b.inbox.all() {
			notices, err := b.gateway.ParseWebhook(d.header, d.body, d.at)
			if err != nil {
				b.t.Errorf("a genuine callback was refused: %v", err)
				return true
			}
			for _, n := range notices {
				if n.Intent == intent && n.State == gateway.DepositConfirmed {
					found = n
				}
			}
		}
		return found.Tx != ""
	}, patience, 10*time.Millisecond)
	return found
}

// delivery is one callback as it arrived.
type delivery struct {
	header http.Header
	body   []byte
	at     time.Time
}

// inbox takes callbacks.
type inbox struct {
	mu  sync.Mutex
	got []delivery
}

// ServeHTTP implements http.Handler.
func (i *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.got = append(i.got, delivery{r.Header.Clone(), body, arrival()})
	w.WriteHeader(http.StatusNoContent)
}

func (i *inbox) all() []delivery {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]delivery(nil), i.got...)
}

// line is the network between the gateway and the server.
type line struct {
	next http.Handler
	mu   sync.Mutex
	bad  func(w http.ResponseWriter, r *http.Request, next http.Handler)
	hops int
}

// ServeHTTP implements http.Handler.
func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	bad := l.bad
	l.hops++
	l.mu.Unlock()
	if bad == nil {
		l.next.ServeHTTP(w, r)
		return
	}
	bad(w, r, l.next)
}

// fail makes every call go through bad; nil mends the line.
func (l *line) fail(bad func(w http.ResponseWriter, r *http.Request, next http.Handler)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bad = bad
}

func (l *line) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hops
}

// lost lets the request through and loses the answer.
func lost(_ http.ResponseWriter, r *http.Request, next http.Handler) {
	next.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// torn lets the request through and breaks the answer off in the middle.
func torn(w http.ResponseWriter, r *http.Request, next http.Handler) {
	recorder := httptest.NewRecorder()
	next.ServeHTTP(recorder, r)
	w.Header().Set("Content-Length", "100000")
	w.WriteHeader(recorder.Code)
	_, _ = w.Write(recorder.Body.Bytes()[:recorder.Body.Len()/2])
	panic(http.ErrAbortHandler)
}

// dead answers nothing and lets nothing through.
func dead(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }

// says answers by itself.
func says(status int, body string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.Header().Set("Location", "http://"+r.Host+"/elsewhere")
		w.WriteHeader(status)
		_, _ = io.Copy(w, strings.NewReader(body))
	}
}
