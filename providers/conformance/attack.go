package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"fairground/internal/clock"
	"fairground/providers/seamless"
)

const (
	maxAnswer = 64 << 10
	tries     = 3 // of a call that is answered with TEMPORARY_ERROR
	retryWait = 200 * time.Millisecond
)

// attack is one run against a wallet.
type attack struct {
	Target
	url                 string
	run                 string // makes names of this run
	player, game, asset string

	mu   sync.Mutex
	last int
}

// reply is an answer with its bytes.
type reply struct {
	status int
	text   string
	answer seamless.Answer
}

func (r reply) show() string {
	if r.answer.Code == "" {
		return fmt.Sprintf("HTTP %d without a code", r.status)
	}
	text := string(r.answer.Code)
	if r.answer.Field != "" {
		text += " (" + r.answer.Field + ")"
	}
	if r.answer.Balance != nil {
		text += " with balance " + strconv.FormatInt(*r.answer.Balance, 10)
	}
	return text
}

// name makes a name that no other run and case has.
func (a *attack) name(prefix string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	return fmt.Sprintf("%s-%s-%d", prefix, a.run, a.last)
}

// sealed is a signed request, ready to be sent again byte for byte.
type sealed struct {
	call   seamless.Call
	header http.Header
	body   []byte
}

func (a *attack) seal(call seamless.Call, body []byte) sealed {
	return a.sealAt(call, body, a.Clock.Now(), seamless.NewNonce())
}

func (a *attack) sealAt(call seamless.Call, body []byte, at time.Time, nonce string) sealed {
	return sealed{call: call, body: body, header: seamless.Sign(a.Provider, []byte(a.Secret), call, at, nonce, body)}
}

// post sends a request. A TEMPORARY_ERROR says that nothing is known, so it is sent again.
func (a *attack) post(ctx context.Context, s sealed) (reply, error) {
	for try := 1; ; try++ {
		got, err := a.once(ctx, s)
		if err != nil || got.status != http.StatusServiceUnavailable || try == tries {
			return got, err
		}
		if err := clock.Sleep(ctx, a.Clock, retryWait); err != nil {
			return got, err
		}
	}
}

func (a *attack) once(ctx context.Context, s sealed) (reply, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url+s.call.Path(), bytes.NewReader(s.body))
	if err != nil {
		return reply{}, fmt.Errorf("prepare a call: %w", err)
	}
	request.Header = s.header.Clone()
	response, err := a.HTTP.Do(request)
	if err != nil {
		return reply{}, fmt.Errorf("call %s: %w", s.call, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return reply{}, fmt.Errorf("read the answer to %s: %w", s.call, err)
	}
	got := reply{status: response.StatusCode, text: string(text)}
	if json.Unmarshal(text, &got.answer) != nil {
		got.answer = seamless.Answer{} // an answer that is no JSON has no code, which the case will tell
	}
	return got, nil
}

func (a *attack) call(ctx context.Context, call seamless.Call, r seamless.Request) (reply, error) {
	return a.post(ctx, a.seal(call, encode(r)))
}

// expect makes a call that must be answered with one of the codes.
func (a *attack) expect(ctx context.Context, call seamless.Call, r seamless.Request, want ...seamless.Code) (reply, error) {
	return a.must(ctx, string(call), a.seal(call, encode(r)), want...)
}

// must sends a request that must be answered with one of the codes.
func (a *attack) must(ctx context.Context, what string, s sealed, want ...seamless.Code) (reply, error) {
	got, err := a.post(ctx, s)
	if err != nil {
		return got, err
	}
	if !slices.Contains(want, got.answer.Code) {
		return got, &mismatch{expected: what + ": " + list(want), got: got.show()}
	}
	return got, nil
}

// refused sends a request whose field must be refused.
func (a *attack) refused(ctx context.Context, what string, call seamless.Call, body []byte, field string) error {
	got, err := a.must(ctx, what, a.seal(call, body), seamless.InvalidRequest)
	if err == nil && field != "" && got.answer.Field != field {
		return &mismatch{expected: what + ": INVALID_REQUEST (" + field + ")", got: got.show()}
	}
	return err
}

func list(codes []seamless.Code) string {
	names := make([]string, 0, len(codes))
	for _, c := range codes {
		names = append(names, string(c))
	}
	return strings.Join(names, " or ")
}

// balance asks for the player's balance.
func (a *attack) balance(ctx context.Context) (int64, error) {
	got, err := a.expect(ctx, seamless.Balance, seamless.Request{Token: a.Token, Player: a.player}, seamless.OK)
	if err != nil {
		return 0, err
	}
	if got.answer.Balance == nil {
		return 0, &mismatch{expected: "balance: a number", got: "none"}
	}
	return *got.answer.Balance, nil
}

// holds requires a balance.
func (a *attack) holds(ctx context.Context, after string, want int64) error {
	got, err := a.balance(ctx)
	if err == nil && got != want {
		return &mismatch{expected: fmt.Sprintf("balance %d after %s", want, after), got: strconv.FormatInt(got, 10)}
	}
	return err
}

// unmoved runs something that must leave the balance as it is.
func (a *attack) unmoved(ctx context.Context, after string, act func() error) error {
	before, err := a.balance(ctx)
	if err != nil {
		return err
	}
	if err := act(); err != nil {
		return err
	}
	return a.holds(ctx, after, before)
}

func (a *attack) betting(round string, amount int64) seamless.Request {
	return seamless.Request{
		Token: a.Token, Player: a.player, Transaction: a.name("bet"), Round: round, Game: a.game, Asset: a.asset, Amount: &amount,
	}
}

func (a *attack) winning(bet seamless.Request, amount int64) seamless.Request {
	r := a.betting(bet.Round, amount)
	r.Transaction, r.Reference = a.name("win"), bet.Transaction
	return r
}

func (a *attack) rollingBack(reference seamless.Request) seamless.Request {
	return seamless.Request{
		Token: a.Token, Player: a.player, Transaction: a.name("rollback"), Reference: reference.Transaction, Round: reference.Round, Game: a.game,
	}
}

func (a *attack) closing(round string) seamless.Request {
	return seamless.Request{Token: a.Token, Player: a.player, Round: round, Game: a.game}
}

// placed places a bet in a round of its own.
func (a *attack) placed(ctx context.Context) (seamless.Request, error) {
	bet := a.betting(a.name("round"), a.Stake)
	_, err := a.expect(ctx, seamless.Bet, bet, seamless.OK)
	return bet, err
}

// together sends copies at once and returns the answers.
func (a *attack) together(ctx context.Context, requests []sealed) ([]reply, error) {
	got, errs := make([]reply, len(requests)), make([]error, len(requests))
	var wait sync.WaitGroup
	for i, r := range requests {
		wait.Go(func() { got[i], errs[i] = a.post(ctx, r) })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return got, nil
}

func encode(r seamless.Request) []byte {
	text, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("conformance: write a request: %v", err)) // a struct of plain values
	}
	return text
}
