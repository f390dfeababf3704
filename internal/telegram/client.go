package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// DefaultBaseURL is Telegram's own Bot API server.
const DefaultBaseURL = "https://api.telegram.org"

// callTimeout ends a call that Telegram leaves unanswered; long polls bring their own.
const callTimeout = 15 * time.Second

// maxAnswer bounds how much of an answer is read: a batch of 100 updates fits well.
const maxAnswer = 16 << 20

// Config says which bot to speak for and where.
type Config struct {
	Token   string
	BaseURL string       // empty for DefaultBaseURL
	HTTP    *http.Client // nil for a client made for many short calls to one host
}

// Client calls Bot API methods for one bot. It is safe for concurrent use.
type Client struct {
	token    string
	endpoint string
	http     *http.Client
}

// New makes a client. It does not call Telegram.
func New(cfg Config) *Client {
	base := strings.TrimRight(cfg.BaseURL, "/")
	if base == "" {
		base = DefaultBaseURL
	}
	client := cfg.HTTP
	if client == nil {
		client = &http.Client{Transport: transport()}
	}
	// The library formats the endpoint with the token and the method.
	endpoint := strings.ReplaceAll(base, "%", "%%") + "/bot%s/%s"
	return &Client{token: cfg.Token, endpoint: endpoint, http: client}
}

// transport keeps enough idle connections that a crowd of answers needs no new handshakes.
func transport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          128,
		MaxIdleConnsPerHost:   128,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   5 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// BotID is the number before the colon of a token, 0 when there is none.
func BotID(token string) int64 {
	number, _, _ := strings.Cut(token, ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// Call does one method. Params is a struct with json tags or a map, nil for none; its answer
// is decoded into out unless that is nil. It returns *Error when Telegram refuses; no error
// contains the token.
func (c *Client) Call(ctx context.Context, method string, params, out any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return c.call(ctx, method, params, out)
}

// call is Call without its own time limit.
func (c *Client) call(ctx context.Context, method string, params, out any) error {
	form, err := encode(params)
	if err != nil {
		return fmt.Errorf("telegram: encode %s: %w", method, err)
	}
	api := tgbotapi.BotAPI{Token: c.token, Client: doer(func(req *http.Request) (*http.Response, error) {
		resp, err := c.http.Do(req.WithContext(ctx)) //nolint:gosec // the address is the operator's configuration
		if err != nil {
			return nil, err
		}
		resp.Body = limitedBody{io.LimitReader(resp.Body, maxAnswer), resp.Body}
		return resp, nil
	})}
	api.SetAPIEndpoint(c.endpoint)
	answer, err := api.MakeRequest(method, form)
	if err != nil {
		return fromLibrary(method, c.token, err)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Result, out); err != nil {
		return fmt.Errorf("telegram: decode %s: %w", method, err)
	}
	return nil
}

// Me asks who the bot is.
func (c *Client) Me(ctx context.Context) (User, error) {
	var me User
	return me, c.Call(ctx, "getMe", nil, &me)
}

// doer lets each call bring its own context: the library has none.
type doer func(*http.Request) (*http.Response, error)

// Do implements the library's HTTPClient.
func (d doer) Do(req *http.Request) (*http.Response, error) { return d(req) }

// limitedBody reads at most maxAnswer bytes and closes the real body.
type limitedBody struct {
	io.Reader
	io.Closer
}

// encode flattens params into form fields: texts as they are, everything else as JSON,
// nulls left out.
func encode(params any) (tgbotapi.Params, error) {
	form := tgbotapi.Params{}
	if params == nil {
		return form, nil
	}
	raw, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	for name, value := range fields {
		switch {
		case string(value) == "null":
		case value[0] == '"':
			var text string
			if err := json.Unmarshal(value, &text); err != nil {
				return nil, err
			}
			form[name] = text
		default:
			form[name] = string(value)
		}
	}
	return form, nil
}
