package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"fairground/internal/clock"
)

// ErrNotLoopback is returned for an address that other machines could reach.
var ErrNotLoopback = errors.New("local telegram: address is not a loopback address")

// Config says how a local Telegram runs. Only Logger is needed for one in a test.
type Config struct {
	Addr      string        // loopback host:port; empty for 127.0.0.1:0. Used by Run
	StateFile string        // empty: nothing is saved
	Logger    *slog.Logger  // nil: silent
	Clock     clock.Clock   // nil: the machine's
	History   int           // messages kept a chat; 0 for 500
	QueryTTL  time.Duration // how long a tap may be answered; 0 for 30 s
	LimitsOff bool          // start with the rate limits off; /sim/limits changes it
}

// Server is a local Telegram. Everything it does happens under one lock: it stands in for a
// few chats, not for Telegram's load.
type Server struct {
	cfg   Config
	log   *slog.Logger
	clock clock.Clock
	boot  string

	mu       sync.Mutex
	world    *world
	limits   *limiter
	queries  map[string]*query
	checkout map[string]*query
	calls    *callLog
	changed  chan struct{} // closed and replaced at every change

	hub     *hub
	saver   *saver
	methods map[string]method
	handler http.Handler
	addr    chan string
	done    chan struct{}
	once    sync.Once
}

// New loads the state file and makes a server. Close it, or let Run do that.
func New(cfg Config) (*Server, error) {
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if err := checkLoopback(cfg.Addr); err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System()
	}
	if cfg.History <= 0 {
		cfg.History = 500
	}
	if cfg.QueryTTL <= 0 {
		cfg.QueryTTL = 30 * time.Second
	}
	w, err := loadWorld(cfg.StateFile)
	if err != nil {
		return nil, err
	}
	if cfg.LimitsOff {
		w.Limits = false
	}
	s := &Server{
		cfg: cfg, log: cfg.Logger, clock: cfg.Clock, boot: newInstance(), world: w,
		limits: newLimiter(), queries: map[string]*query{}, checkout: map[string]*query{},
		calls: &callLog{}, changed: make(chan struct{}), hub: newHub(),
		addr: make(chan string, 1), done: make(chan struct{}),
	}
	s.methods = s.botMethods()
	s.handler = s.routes()
	s.saver = s.startSaver()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range w.Bots {
		s.startCourier(b)
	}
	return s, nil
}

// Handler serves the Bot API, the /sim API and the page, for tests in one process.
func (s *Server) Handler() http.Handler { return s.handler }

// Run listens on the configured address until ctx ends, saves the state and returns nil.
// It returns ErrNotLoopback or the error of listening.
func (s *Server) Run(ctx context.Context) error {
	defer func() { _ = s.Close() }()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return fmt.Errorf("local telegram: listen on %s: %w", s.cfg.Addr, err)
	}
	s.addr <- listener.Addr().String()
	server := &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	s.log.InfoContext(ctx, "local Telegram listens", slog.String("addr", listener.Addr().String()))
	select {
	case err := <-failed:
		return fmt.Errorf("local telegram: serve: %w", err)
	case <-ctx.Done():
	}
	s.stop()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		_ = server.Close()
	}
	return s.Close()
}

// Addr waits until Run listens and returns the address, or ctx's error.
func (s *Server) Addr(ctx context.Context) (string, error) {
	select {
	case a := <-s.addr:
		s.addr <- a
		return a, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Close ends long polls and deliveries and saves the state.
func (s *Server) Close() error {
	s.stop()
	return s.saver.finish()
}

// stop ends everything that waits.
func (s *Server) stop() {
	s.once.Do(func() {
		close(s.done)
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, b := range s.world.Bots {
			b.stopCourier()
		}
	})
}

// checkLoopback refuses an address that is not on the loopback interface.
func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("local telegram: address %q: %w", addr, err)
	}
	if !isLoopbackHost(host) {
		return fmt.Errorf("%w: %q", ErrNotLoopback, addr)
	}
	return nil
}

// isLoopbackHost says whether a host name can only mean this machine.
func isLoopbackHost(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// touch marks the state as changed: it is saved soon and waiters look again.
func (s *Server) touch() {
	close(s.changed)
	s.changed = make(chan struct{})
	s.saver.wake()
}

// unix is the present second.
func (s *Server) unix() int64 { return s.clock.Now().Unix() }
