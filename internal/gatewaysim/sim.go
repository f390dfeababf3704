package gatewaysim

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"fairground/internal/clock"
)

// MinSecret is the shortest secret New accepts, in bytes.
const MinSecret = 16

// Config says how the sandbox runs.
type Config struct {
	Addr      string // host:port, loopback only; Run listens there
	StateFile string // append-only state; empty keeps it in memory
	Secret    string // of the generic protocol, at least MinSecret bytes
	Token     string // of the Crypto Pay style; empty: Token(Secret)
	PageSize  int    // entries of a statement page; 0: 100
	Clock     clock.Clock
	Logger    *slog.Logger
	Routes    map[string]http.Handler // further patterns for the same server, for example an identity sandbox
}

// Token is the Crypto Pay style token that belongs to a secret, so that whoever starts the sandbox knows both.
func Token(secret string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte("fairground sandbox token"))
	return "1:" + hex.EncodeToString(h.Sum(nil))
}

// Sim is a sandbox processor.
type Sim struct {
	cfg    Config
	token  string
	wake   chan struct{}
	client *http.Client
	page   *template.Template

	mu     sync.Mutex
	store  *store
	nonces map[string]time.Time
}

// New opens the state. Close releases it.
func New(cfg Config) (*Sim, error) {
	if len(cfg.Secret) < MinSecret {
		return nil, fmt.Errorf("gatewaysim: the secret needs at least %d bytes", MinSecret)
	}
	if cfg.PageSize <= 0 {
		cfg.PageSize = 100
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System()
	}
	token := cfg.Token
	if token == "" {
		token = Token(cfg.Secret)
	}
	page, err := template.ParseFS(pages, "pay.html")
	if err != nil {
		return nil, fmt.Errorf("gatewaysim: read the page: %w", err)
	}
	kept, err := openStore(cfg.StateFile)
	if err != nil {
		return nil, err
	}
	return &Sim{
		cfg: cfg, token: token, wake: make(chan struct{}, 1), store: kept, nonces: map[string]time.Time{}, page: page,
		client: &http.Client{
			Timeout:       sendTimeout,
			Transport:     &http.Transport{MaxIdleConnsPerHost: senders},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Close releases the state file. Stop Run or Deliver first.
func (s *Sim) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client.CloseIdleConnections()
	return s.store.close()
}

// Handler serves the protocols, the page, /sim, /healthz and the further routes. Callbacks need Deliver beside it.
func (s *Sim) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "The sandbox payment gateway. A top-up's link opens its pay page here: /topup in a private chat with the bot.\n")
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	s.routesV1(mux)
	s.routesCrypto(mux)
	s.routesPage(mux)
	s.routesSim(mux)
	for pattern, handler := range s.cfg.Routes {
		mux.Handle(pattern, handler)
	}
	return mux
}

// Run listens and delivers until ctx is done, then closes the state.
func (s *Sim) Run(ctx context.Context) error {
	listener, err := s.listen(ctx)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	delivered := make(chan struct{})
	go func() {
		defer close(delivered)
		s.Deliver(ctx)
	}()
	s.cfg.Logger.InfoContext(ctx, "the sandbox gateway listens", slog.String("addr", listener.Addr().String()))
	select {
	case err = <-served:
		err = fmt.Errorf("serve the sandbox gateway: %w", err)
	case <-ctx.Done():
		grace, stop := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer stop()
		_ = server.Shutdown(grace)
	}
	cancel()
	<-delivered
	return errors.Join(err, s.Close())
}

// listen refuses an address that others than this machine could reach.
func (s *Sim) listen(ctx context.Context) (net.Listener, error) {
	host, _, err := net.SplitHostPort(s.cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("gatewaysim: the address must be host:port: %w", err)
	}
	if ip := net.ParseIP(strings.TrimSpace(host)); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, errors.New("gatewaysim: the sandbox moves no real money and listens on loopback addresses only")
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("gatewaysim: listen: %w", err)
	}
	return listener, nil
}

// now is the moment in UTC, without what JSON would lose.
func (s *Sim) now() time.Time { return s.cfg.Clock.Now().UTC().Truncate(time.Microsecond) }
