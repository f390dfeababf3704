package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"fairground/internal/clock"
	"fairground/internal/secret"
	"fairground/providers"
	"fairground/providers/seamless"
)

// wallets is a provider with players in its game, as it calls the wallet over HTTP.
type wallets struct {
	url      string
	client   *http.Client
	provider string
	secret   []byte
	seats    []walletSeat
}

// walletSeat is one launched session.
type walletSeat struct{ token, player string }

// newProviders is the room of the measured API.
func newProviders(e *environment) *providers.Providers {
	return providers.New(providers.Config{DB: e.db, Box: e.world.Box, Clock: clock.System(), Logger: slog.New(slog.DiscardHandler)})
}

// openWallets seeds the provider and launches its game for the players who are signed in.
func openWallets(ctx context.Context, e *environment) (*wallets, error) {
	room := newProviders(e)
	w := &wallets{url: e.web.url, client: e.web.client, provider: secret.ID("pv"), secret: []byte("a secret of the benchmark alone")}
	if err := room.SeedProvider(ctx, providers.Seed{
		Tenant: e.world.Tenant, ID: w.provider, Title: "Benchmark", Secret: string(w.secret),
		Games: []providers.Game{{Game: "coin", Title: "Coin", LaunchURL: "https://games.example/coin", Asset: "points", MinStake: 1, Enabled: true}},
	}); err != nil {
		return nil, fmt.Errorf("seed a provider: %w", err)
	}
	for _, player := range e.world.Players[:webPlayers] {
		made, err := room.Launch(ctx, providers.LaunchRequest{Tenant: e.world.Tenant, Group: e.world.Group, Player: player, Provider: w.provider, Game: "coin"})
		if err != nil {
			return nil, fmt.Errorf("launch a game: %w", err)
		}
		who, err := w.call(ctx, seamless.Authenticate, seamless.Request{Token: made.Token})
		if err != nil {
			return nil, err
		}
		w.seats = append(w.seats, walletSeat{token: made.Token, player: who.Player})
	}
	return w, nil
}

// call makes a signed call that must succeed.
func (w *wallets) call(ctx context.Context, call seamless.Call, r seamless.Request) (seamless.Answer, error) {
	var a seamless.Answer
	body, err := json.Marshal(r)
	if err != nil {
		return a, fmt.Errorf("write a call: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+call.Path(), bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	req.Header = seamless.Sign(w.provider, w.secret, call, time.Now(), seamless.NewNonce(), body)
	res, err := w.client.Do(req)
	if err != nil {
		return a, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(text, &a); err != nil || a.Code != seamless.OK {
		return a, fmt.Errorf("%s was answered with %d: %s", call, res.StatusCode, text)
	}
	return a, nil
}

// betAndWin is answered calls a second over HTTP, each signed: a bet and its win in turn. Each client plays for players of its own.
func (e *environment) betAndWin(ctx context.Context, d time.Duration) (float64, error) {
	w := e.wallets
	const own = webPlayers / clients
	pairs, err := load(ctx, clients, d, func(ctx context.Context, client, i int) (bool, error) {
		seat := w.seats[client*own+i%own]
		stake := int64(10)
		bet := seamless.Request{
			Token: seat.token, Player: seat.player, Transaction: "tx-" + e.keys.next(), Round: e.keys.next(), Game: "coin", Asset: "points", Amount: &stake,
		}
		if _, err := w.call(ctx, seamless.Bet, bet); err != nil {
			return false, err
		}
		win := bet
		win.Transaction, win.Reference = "tx-"+e.keys.next(), bet.Transaction
		_, err := w.call(ctx, seamless.Win, win)
		return err == nil, err
	})
	return 2 * pairs, err
}
