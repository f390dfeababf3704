package local

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// courier pushes one bot's updates to its webhook: those of one order one after another,
// different orders side by side, each again until it is taken.
type courier struct {
	server *Server
	bot    *bot
	name   string // the bot's username, to be read without the lock
	hook   webhook
	client *http.Client
	bell   chan struct{}
	cancel context.CancelFunc
	busy   map[string]bool      // orders being pushed
	later  map[string]time.Time // orders that failed and wait
	tries  map[string]int
}

const (
	pushTimeout = 30 * time.Second
	firstRetry  = 200 * time.Millisecond
	lastRetry   = 10 * time.Second
)

// startCourier replaces the bot's courier. A bot without webhook gets none.
func (s *Server) startCourier(b *bot) {
	b.stopCourier()
	if b.Webhook.URL == "" {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &courier{
		server: s, bot: b, name: b.Username, hook: b.Webhook, bell: make(chan struct{}, 1), cancel: cancel,
		client: &http.Client{
			Timeout: pushTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 100},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		busy: map[string]bool{}, later: map[string]time.Time{}, tries: map[string]int{},
	}
	b.courier = c
	c.ring()
	go c.run(ctx)
}

func (b *bot) stopCourier() {
	if b.courier != nil {
		b.courier.cancel()
		b.courier = nil
	}
}

func (c *courier) ring() {
	select {
	case c.bell <- struct{}{}:
	default:
	}
}

// run starts pushes whenever there is something new or a retry is due.
func (c *courier) run(ctx context.Context) {
	timer := c.server.clock.NewTimer(lastRetry)
	defer timer.Stop()
	for {
		next := c.start(ctx)
		timer.Reset(next)
		select {
		case <-ctx.Done():
			return
		case <-c.bell:
		case <-timer.C():
		}
	}
}

// start pushes the first update of every free order and says when to look again.
func (c *courier) start(ctx context.Context) time.Duration {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	now, next := c.server.clock.Now(), lastRetry
	seen := map[string]bool{}
	for _, u := range c.bot.Queue {
		if len(c.busy) >= c.hook.Connections {
			break
		}
		if seen[u.Order] || c.busy[u.Order] {
			continue
		}
		seen[u.Order] = true
		if wait := c.later[u.Order].Sub(now); wait > 0 {
			next = min(next, wait)
			continue
		}
		c.busy[u.Order] = true
		go c.push(ctx, u)
	}
	return next
}

// push sends one update and books the result.
func (c *courier) push(ctx context.Context, u queued) {
	reply, err := c.post(ctx, u.Body)
	if ctx.Err() != nil {
		return
	}
	c.server.mu.Lock()
	delete(c.busy, u.Order)
	if err != nil {
		c.tries[u.Order]++
		wait := min(firstRetry<<min(c.tries[u.Order]-1, 6), lastRetry)
		c.later[u.Order] = c.server.clock.Now().Add(wait)
		c.bot.Webhook.ErrorAt, c.bot.Webhook.Error = c.server.unix(), err.Error()
	} else {
		delete(c.tries, u.Order)
		delete(c.later, u.Order)
		c.bot.Queue = slices.DeleteFunc(c.bot.Queue, func(x queued) bool { return x.ID == u.ID })
	}
	c.server.touch()
	c.server.mu.Unlock()
	if err != nil {
		entry := CallEntry{Bot: c.name, Method: "webhook", Code: http.StatusBadGateway, Warning: err.Error()}
		c.server.logCall(entry, c.server.clock.Now())
	} else {
		c.answer(reply)
	}
	c.ring()
}

// post sends one update. Anything but 2xx is an error.
func (c *courier) post(ctx context.Context, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.hook.URL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("wrong webhook address: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if c.hook.Secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", c.hook.Secret)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("connection failed: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	reply, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("read timeout expired: %w", err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, fmt.Errorf("wrong response from the webhook: %s", resp.Status)
	}
	return reply, nil
}

// answer runs the method that a webhook's response may carry.
func (c *courier) answer(reply []byte) {
	p := params{}
	if !json.Valid(reply) || p.addJSON(reply) != nil || p["method"] == "" {
		return
	}
	start, name := c.server.clock.Now(), p["method"]
	delete(p, "method")
	made := &call{bot: c.bot, params: p}
	_, err := c.server.runMethod(made, name)
	entry := CallEntry{Bot: c.name, Method: name, Params: loggedParams(p), Code: http.StatusOK}
	if err != nil {
		entry.Code, entry.Error = asFault(err).Code, asFault(err).Description
	}
	entry.Warning = strings.Join(made.warnings, "; ")
	c.server.logCall(entry, start)
}
