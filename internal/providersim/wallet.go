package providersim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"fairground/providers/seamless"
)

const (
	tries     = 3 // of a call: the protocol's two retries
	maxAnswer = 64 << 10
)

// errUnknown means that no try was answered: the call may have arrived or not.
var errUnknown = errors.New("providersim: the wallet gave no answer")

// call makes a call, up to three times with the same body. It returns errUnknown.
func (s *Sim) call(ctx context.Context, call seamless.Call, r seamless.Request) (seamless.Answer, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return seamless.Answer{}, fmt.Errorf("providersim: write a call: %w", err)
	}
	for range tries {
		var a seamless.Answer
		if a, err = s.once(ctx, call, body); err == nil {
			return a, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return seamless.Answer{}, fmt.Errorf("%w: %w", errUnknown, err)
}

func (s *Sim) once(ctx context.Context, call seamless.Call, body []byte) (seamless.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.WalletURL+call.Path(), bytes.NewReader(body))
	if err != nil {
		return seamless.Answer{}, fmt.Errorf("prepare a call: %w", err)
	}
	request.Header = seamless.Sign(s.cfg.Provider, []byte(s.cfg.Secret), call, s.cfg.Clock.Now(), seamless.NewNonce(), body)
	response, err := s.cfg.HTTP.Do(request)
	if err != nil {
		return seamless.Answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return seamless.Answer{}, fmt.Errorf("read an answer: %w", err)
	}
	var a seamless.Answer
	if err := json.Unmarshal(text, &a); err != nil {
		return seamless.Answer{}, fmt.Errorf("HTTP %d without an answer: %w", response.StatusCode, err)
	}
	// Other codes come from the wallet itself: a proxy's or an overload's answer is none.
	if a.Code == "" || a.Code == seamless.TemporaryError || response.StatusCode >= http.StatusInternalServerError {
		return seamless.Answer{}, fmt.Errorf("HTTP %d: nothing is known", response.StatusCode)
	}
	return a, nil
}

func (s *Sim) request(t toss, transaction string, amount int64) seamless.Request {
	return seamless.Request{
		Token: t.Token, Player: t.Player, Transaction: transaction, Round: t.ID, Game: Game, Asset: t.Asset, Amount: &amount,
	}
}

func (s *Sim) place(ctx context.Context, t toss) (seamless.Answer, error) {
	return s.call(ctx, seamless.Bet, s.request(t, t.bet(), t.Stake))
}

// settle pays what is owed for a coin that has fallen, then ends the round. An end that gets lost is told again with the win.
func (s *Sim) settle(ctx context.Context, t toss) (seamless.Answer, error) {
	r := s.request(t, t.win(), t.Won)
	r.Reference = t.bet()
	a, err := s.call(ctx, seamless.Win, r)
	if err != nil || a.Code != seamless.OK {
		return a, err
	}
	if _, err := s.call(ctx, seamless.Close, seamless.Request{Token: t.Token, Player: t.Player, Round: t.ID, Game: Game}); err != nil {
		return a, err
	}
	return a, nil
}

func (s *Sim) takeBack(ctx context.Context, t toss) (seamless.Answer, error) {
	return s.call(ctx, seamless.Rollback, seamless.Request{
		Token: t.Token, Player: t.Player, Transaction: t.undo(), Reference: t.bet(), Round: t.ID, Game: Game,
	})
}
