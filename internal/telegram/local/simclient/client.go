package simclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"fairground/internal/telegram/local"
)

// Client talks to one local Telegram. It is safe for concurrent use.
type Client struct {
	base string
	http *http.Client
}

// New makes a client for the server at an address like http://127.0.0.1:7701. A nil HTTP
// client means one with a timeout longer than any wait.
func New(base string, client *http.Client) *Client {
	if client == nil {
		client = &http.Client{Timeout: 90 * time.Second}
	}
	return &Client{base: strings.TrimRight(base, "/"), http: client}
}

// BotAPI is the address to give to a bot as its Bot API server.
func (c *Client) BotAPI() string { return c.base }

// Endpoint is the same in the form that go-telegram-bot-api wants.
func (c *Client) Endpoint() string { return c.base + "/bot%s/%s" }

// post calls a route. It returns *local.SimError when the server refuses.
func post[T any](ctx context.Context, c *Client, path string, in any) (T, error) {
	raw, err := json.Marshal(in)
	if err != nil {
		var none T
		return none, fmt.Errorf("simclient: encode %s: %w", path, err)
	}
	return send[T](ctx, c, http.MethodPost, path, bytes.NewReader(raw))
}

// get reads a route.
func get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	return send[T](ctx, c, http.MethodGet, path+"?"+query.Encode(), http.NoBody)
}

func send[T any](ctx context.Context, c *Client, verb, path string, body io.Reader) (T, error) {
	var out T
	req, err := http.NewRequestWithContext(ctx, verb, c.base+path, body)
	if err != nil {
		return out, fmt.Errorf("simclient: %s: %w", path, err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return out, fmt.Errorf("simclient: %s: %w", path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return out, fmt.Errorf("simclient: read %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return out, refusal(path, resp.StatusCode, raw)
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return out, fmt.Errorf("simclient: decode %s: %w", path, err)
	}
	return out, nil
}

// refusal reads the server's error.
func refusal(path string, status int, raw []byte) error {
	var body struct {
		Error *local.SimError `json:"error"`
	}
	if err := json.Unmarshal(raw, &body); err != nil || body.Error == nil {
		return fmt.Errorf("simclient: %s: %w", path, errors.New(http.StatusText(status)))
	}
	body.Error.Status = status
	return fmt.Errorf("simclient: %s: %w", path, body.Error)
}
