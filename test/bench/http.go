package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"fairground/api"
	"fairground/internal/clock"
	"fairground/players"
)

// webPlayers are signed in: a client sends as any of them.
const webPlayers = 200

// web is the API over a loopback socket, with players who are signed in.
type web struct {
	server *http.Server
	client *http.Client
	url    string
	tokens []string
}

func newWeb(ctx context.Context, e *environment) (*web, error) {
	people := players.New(e.db, e.world.Box, clock.System())
	handler, err := api.Handler(api.Deps{
		DB: e.db, Players: people, Engine: e.world.Engine, Ledger: e.world.Ledger, Logger: slog.New(slog.DiscardHandler), Clock: clock.System(),
		Providers: newProviders(e),
	})
	if err != nil {
		return nil, fmt.Errorf("build the API: %w", err)
	}
	w := &web{
		server: &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second},
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients, MaxConnsPerHost: clients}},
	}
	for _, p := range e.world.Players[:webPlayers] {
		code, err := people.CreateLoginCode(ctx, e.world.Tenant, p)
		if err != nil {
			return nil, fmt.Errorf("make a login code: %w", err)
		}
		session, err := people.RedeemLoginCode(ctx, code)
		if err != nil {
			return nil, fmt.Errorf("sign in: %w", err)
		}
		w.tokens = append(w.tokens, session.Token)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	w.url = "http://" + listener.Addr().String()
	go func() { _ = w.server.Serve(listener) }()
	return w, nil
}

func (w *web) close() { _ = w.server.Close() }

// overHTTP is accepted bets a second through the API.
func (e *environment) overHTTP(ctx context.Context, d time.Duration) (float64, error) {
	url := e.web.url + "/v1/rounds/" + e.hot[0] + "/bets"
	body := []byte(`{"choice":"big","stake":10}`)
	return load(ctx, clients, d, func(ctx context.Context, _, _ int) (bool, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return false, err
		}
		req.Header.Set("Authorization", "Bearer "+e.web.tokens[rand.IntN(webPlayers)]) //nolint:gosec // spreads load
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", e.keys.next())
		res, err := e.web.client.Do(req)
		if err != nil {
			return false, err
		}
		defer func() { _ = res.Body.Close() }()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			return false, err
		}
		switch res.StatusCode {
		case http.StatusCreated:
			return true, nil
		case http.StatusServiceUnavailable: // busy: two taps of one player at once
			return false, nil
		default:
			return false, fmt.Errorf("status %d: %s", res.StatusCode, answer)
		}
	})
}
