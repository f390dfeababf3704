package providersim

import (
	"context"
	"embed"
	"errors"
	"fmt"
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

// Game is the name of the one game, and its page's path.
const Game = "coin"

//go:embed page
var pages embed.FS

// Config says how the provider runs. Fields without "optional" are required.
type Config struct {
	Addr      string // host:port, loopback only; Run listens there
	WalletURL string // the wallet's address
	Provider  string // the id at the wallet
	Secret    string // of the signatures, at least MinSecret bytes
	StateFile string // append-only journal; empty keeps it in memory
	Clock     clock.Clock
	Logger    *slog.Logger
	Timeout   time.Duration // of one try of a call; 0: 4 seconds
	// HTTP makes the calls; optional.
	HTTP *http.Client
}

// Sim is the provider.
type Sim struct {
	cfg  Config
	wake chan struct{}

	mu      sync.Mutex
	journal *journal
}

// New opens the journal. Close releases it.
func New(cfg Config) (*Sim, error) {
	if len(cfg.Secret) < MinSecret {
		return nil, fmt.Errorf("providersim: the secret needs at least %d bytes", MinSecret)
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 4 * time.Second
	}
	if cfg.HTTP == nil {
		cfg.HTTP = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	}
	cfg.WalletURL = strings.TrimSuffix(cfg.WalletURL, "/")
	kept, err := openJournal(cfg.StateFile)
	if err != nil {
		return nil, err
	}
	return &Sim{cfg: cfg, wake: make(chan struct{}, 1), journal: kept}, nil
}

// Close releases the journal. Stop Run or Deliver first.
func (s *Sim) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg.HTTP.CloseIdleConnections()
	return s.journal.close()
}

// Handler serves the page, its two calls and /healthz. What could not be told to the wallet needs Deliver beside it.
func (s *Sim) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "The demo provider. A launch link opens its game here: /arcade in a group.\n")
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	for path, file := range map[string]string{"/" + Game: "page/coin.html", "/coin.js": "page/coin.js", "/coin.css": "page/coin.css"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'")
			h.Set("Referrer-Policy", "no-referrer") // the address holds the token
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Cache-Control", "no-store")
			http.ServeFileFS(w, r, pages, file)
		})
	}
	mux.HandleFunc("POST /api/session", s.session)
	mux.HandleFunc("POST /api/play", s.play)
	return mux
}

// Run listens and delivers until ctx is done, then closes the journal.
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
	s.cfg.Logger.InfoContext(ctx, "the demo provider listens", slog.String("addr", listener.Addr().String()))
	select {
	case err = <-served:
		err = fmt.Errorf("serve the demo provider: %w", err)
	case <-ctx.Done():
		grace, stop := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer stop()
		_ = server.Shutdown(grace) // what is cut off is in the journal
	}
	cancel()
	<-delivered
	return errors.Join(err, s.Close())
}

// listen refuses an address that others than this machine could reach.
func (s *Sim) listen(ctx context.Context) (net.Listener, error) {
	host, _, err := net.SplitHostPort(s.cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("providersim: the address must be host:port: %w", err)
	}
	if ip := net.ParseIP(strings.TrimSpace(host)); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, errors.New("providersim: the demo provider listens on loopback addresses only")
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("providersim: listen: %w", err)
	}
	return listener, nil
}
