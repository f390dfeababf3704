package providers

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"fairground/providers/seamless"
)

// callTimeout ends a call before the provider gives up, which is after 4 seconds.
const callTimeout = 3 * time.Second

// codeStale is how the database says that the keys changed after they were read.
const codeStale seamless.Code = "stale"

// Reply is the answer to a call, byte for byte.
type Reply struct {
	Status int
	Body   []byte
}

// Call answers one call of a provider: it checks the signature and the form, and has the database do the rest in one
// transaction. It always has an answer; what failed here is TEMPORARY_ERROR, after which the same request may come again.
func (p *Providers) Call(ctx context.Context, call seamless.Call, header http.Header, body []byte) Reply {
	if !slices.Contains(seamless.Calls(), call) {
		return told(http.StatusNotFound, seamless.Answer{Code: seamless.InvalidRequest, Field: "call"})
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	provider := header.Get(seamless.ProviderHeader)
	text, err := p.answer(ctx, provider, call, header, body)
	if err != nil {
		p.logger.WarnContext(ctx, "a provider's call failed", slog.String("provider", provider), slog.String("call", string(call)), slog.Any("error", err))
		return Unavailable()
	}
	return text
}

// Unavailable is the answer when nothing is known: the same request may come again.
func Unavailable() Reply { return said(seamless.Answer{Code: seamless.TemporaryError}) }

// answer tries with the keys in memory, and once more with those of the database when they do not fit.
func (p *Providers) answer(ctx context.Context, provider string, call seamless.Call, header http.Header, body []byte) (Reply, error) {
	for try := range 3 {
		keys, err := p.open(ctx, provider, try > 0)
		if errors.Is(err, ErrNotFound) {
			return said(seamless.Answer{Code: seamless.InvalidSignature}), nil
		}
		if err != nil {
			return Reply{}, err
		}
		now := p.clock.Now()
		if !seamless.Genuine(keys.secrets(now), header, call, body) {
			if try == 0 {
				continue
			}
			return said(seamless.Answer{Code: seamless.InvalidSignature}), nil
		}
		if !seamless.Fresh(header, now) {
			return said(seamless.Answer{Code: seamless.StaleRequest}), nil
		}
		request, wrong := parse(call, body)
		if wrong != "" {
			return said(seamless.Answer{Code: seamless.InvalidRequest, Field: wrong}), nil
		}
		text, err := p.perform(ctx, keys, work{provider: provider, call: call, nonce: header.Get(seamless.NonceHeader), body: body, request: request})
		if err != nil {
			return Reply{}, err
		}
		code, err := codeOf(text)
		if err != nil || code != codeStale {
			return Reply{Status: statusOf(code), Body: []byte(text)}, err
		}
		p.keys.CompareAndDelete(provider, keys)
	}
	return Reply{}, errors.New("providers: the keys changed with every try")
}

// work is a call that was checked.
type work struct {
	provider string
	call     seamless.Call
	nonce    string
	body     []byte
	request  seamless.Request
}

// perform hands a call to the database and returns the text to send.
func (p *Providers) perform(ctx context.Context, keys *opened, w work) (string, error) {
	token := sha256.Sum256([]byte(w.request.Token))
	w.request.Token = "" // what a transaction means does not depend on the session it came through
	meaning, err := json.Marshal(w.request)
	if err != nil {
		return "", fmt.Errorf("providers: write a request: %w", err)
	}
	hash := sha256.Sum256(append([]byte(w.call+"."), meaning...))
	bytes := sha256.Sum256(append([]byte(w.call+"."), w.body...))
	var text string
	err = p.db.Call(ctx, keys.tenant, `SELECT api_provider_call($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		[]any{keys.tenant, w.provider, string(w.call), keys.version, p.attest(keys.tenant), w.nonce, bytes[:], hash[:], token[:], json.RawMessage(meaning)}, &text)
	if err != nil {
		return "", fmt.Errorf("providers: %s: %w", w.call, err)
	}
	return text, nil
}

func codeOf(text string) (seamless.Code, error) {
	var a struct {
		Code seamless.Code `json:"code"`
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil || a.Code == "" {
		return "", fmt.Errorf("providers: the database's answer has no code: %w", err)
	}
	return a.Code, nil
}

func said(a seamless.Answer) Reply { return told(statusOf(a.Code), a) }

func told(status int, a seamless.Answer) Reply {
	text, err := json.Marshal(a)
	if err != nil {
		panic(fmt.Sprintf("providers: write an answer: %v", err)) // a struct of plain values
	}
	return Reply{Status: status, Body: text}
}

func statusOf(code seamless.Code) int {
	switch code {
	case seamless.InvalidRequest:
		return http.StatusBadRequest
	case seamless.InvalidSignature, seamless.StaleRequest, seamless.NonceReused:
		return http.StatusUnauthorized
	case seamless.TemporaryError:
		return http.StatusServiceUnavailable
	default:
		return http.StatusOK
	}
}
