package cryptopay

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"fairground/cashier/gateway"
	"fairground/internal/clock"
)

// Fields documents the settings of an account of this kind.
func Fields() []gateway.Field {
	return []gateway.Field{
		{Name: "base_url", Title: "Address of the API, for example https://pay.crypt.bot", Required: true},
		{Name: "token", Title: "API token of the app", Secret: true, Required: true},
		{Name: "assets", Title: "Assets with their decimal places, for example usdt:6,btc:8"},
		{Name: "refusals", Title: "Error names that mean a definite no to a transfer, separated by commas"},
		{Name: "title", Title: "Name shown to players"},
	}
}

const (
	defaultAssets   = "usdt:6,usdc:6,btc:8"
	defaultRefusals = "USER_NOT_FOUND,AMOUNT_TOO_SMALL,AMOUNT_TOO_BIG"
	minToken        = 16
)

// Gateway speaks the Crypto Pay style.
type Gateway struct {
	base, token string
	info        gateway.Info
	scales      map[string]int // by asset, lower case
	refusals    []string
	key         [sha256.Size]byte // of callbacks
	caller      *gateway.Caller
	clock       clock.Clock
}

// New makes a gateway of an account's settings. It returns gateway.ErrSettings.
func New(s gateway.Settings) (gateway.Gateway, error) {
	if err := s.Check(Fields()); err != nil {
		return nil, err
	}
	if err := gateway.CheckURL("base_url", s.Values["base_url"]); err != nil {
		return nil, err
	}
	token := s.Values["token"]
	if len(token) < minToken || strings.ContainsAny(token, "\r\n\x00 ") {
		return nil, fmt.Errorf("%w: token is not an API token", gateway.ErrSettings)
	}
	scales, names, err := readAssets(orElse(s.Values["assets"], defaultAssets))
	if err != nil {
		return nil, err
	}
	return &Gateway{
		base: strings.TrimRight(s.Values["base_url"], "/"), token: token, scales: scales,
		refusals: strings.Split(strings.ReplaceAll(orElse(s.Values["refusals"], defaultRefusals), " ", ""), ","),
		key:      sha256.Sum256([]byte(token)),
		info: gateway.Info{
			Kind: "cryptopay", Title: orElse(s.Values["title"], "Crypto Pay"), Assets: names,
			Deposits: true, Payouts: true, Statements: true, Webhooks: true,
		},
		caller: gateway.NewCaller(s.HTTP), clock: s.Clock,
	}, nil
}

// readAssets reads "usdt:6,btc:8".
func readAssets(list string) (map[string]int, []string, error) {
	scales, names := map[string]int{}, []string{}
	for _, item := range gateway.SplitAssets(list) {
		name, places, _ := strings.Cut(item, ":")
		scale, err := strconv.Atoi(places)
		if err != nil || name == "" || scale < 0 || scale > gateway.MaxScale {
			return nil, nil, fmt.Errorf("%w: assets must look like usdt:6,btc:8", gateway.ErrSettings)
		}
		scales[name] = scale
		names = append(names, name)
	}
	return scales, names, nil
}

// Info implements gateway.Gateway.
func (g *Gateway) Info() gateway.Info {
	info := g.info
	info.Assets = slices.Clone(info.Assets)
	return info
}

// Refund is not supported: the style has no such call, and a transfer to somebody else's wallet is not a refund.
func (g *Gateway) Refund(context.Context, gateway.RefundRequest) error { return gateway.ErrUnsupported }

// envelope wraps every answer.
type envelope struct {
	OK     bool            `json:"ok"`
	Result json.RawMessage `json:"result"`
	Error  struct {
		Name string `json:"name"`
	} `json:"error"`
}

// call sends one method and reads its result. An explicit refusal is a *gateway.RefusalError with the error's name; all else that
// is no success is gateway.ErrUnknown.
func (g *Gateway) call(ctx context.Context, method string, params, result any) error {
	raw, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("write the request: %w", err)
	}
	header := http.Header{}
	header.Set("Crypto-Pay-API-Token", g.token)
	header.Set("Content-Type", "application/json")
	answer, err := g.caller.Do(ctx, gateway.Call{Method: http.MethodPost, URL: g.base + "/api/" + method, Header: header, Body: raw})
	if err != nil {
		return err
	}
	var said envelope
	if json.Unmarshal(answer.Body, &said) != nil || answer.Doubtful() {
		return fmt.Errorf("%w: the gateway answered %d", gateway.ErrUnknown, answer.Status)
	}
	if !said.OK {
		if said.Error.Name == "" || answer.Status < 400 {
			return fmt.Errorf("%w: a refusal without a name", gateway.ErrUnknown)
		}
		return gateway.Refused(errorName(said.Error.Name))
	}
	if answer.Status >= 300 || json.Unmarshal(said.Result, result) != nil {
		return fmt.Errorf("%w: the answer cannot be read", gateway.ErrUnknown)
	}
	return nil
}

// list is the result of a call that lists.
type list[T any] struct{ Items []T }

// UnmarshalJSON refuses a result without items, so that a strange answer never reads as an empty list.
func (l *list[T]) UnmarshalJSON(raw []byte) error {
	var said struct {
		Items *[]T `json:"items"`
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		return fmt.Errorf("read a list: %w", err)
	}
	if said.Items == nil {
		return errors.New("a list without items")
	}
	l.Items = *said.Items
	return nil
}

// errorName keeps only what an error name is made of, so that no text of the other side reaches a log.
func errorName(name string) string {
	const most = 64
	clean := strings.Map(func(r rune) rune {
		if r == '_' || (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9') {
			return r
		}
		return -1
	}, name)
	return clean[:min(len(clean), most)]
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
