package gatewaysim

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"fairground/internal/clock"
)

const (
	senders     = 8
	sendTimeout = 10 * time.Second
	firstRetry  = 200 * time.Millisecond
	lastRetry   = 30 * time.Second
	idle        = time.Second // the longest sleep between looks
)

func (s *Sim) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Deliver settles what is due and sends callbacks until ctx is done. A callback is repeated until it is answered with 2xx.
func (s *Sim) Deliver(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, senders)
	for ctx.Err() == nil {
		due, wait := s.due()
		for _, e := range due {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			running.Go(func() {
				defer func() { <-slots }()
				s.send(ctx, e)
			})
		}
		timer := s.cfg.Clock.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-timer.C():
		}
		timer.Stop()
	}
}

// due takes the callbacks to send now and says how long to sleep after them.
func (s *Sim) due() ([]event, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	next, err := s.settle(now)
	if err != nil {
		s.cfg.Logger.Error("the sandbox cannot write its state", slog.Any("error", err))
		return nil, idle
	}
	var due []event
	for _, e := range s.store.events {
		if e.busy {
			continue
		}
		if _, waits := s.store.events[e.After]; waits && e.After != "" {
			continue
		}
		if e.NotBefore.After(now) {
			next = earlier(next, e.NotBefore)
			continue
		}
		e.busy = true
		due = append(due, *e)
	}
	if next.IsZero() {
		return due, idle
	}
	return due, min(max(next.Sub(now), time.Millisecond), idle)
}

// send delivers one copy of a callback and notes the outcome.
func (s *Sim) send(ctx context.Context, e event) {
	taken := s.post(ctx, e)
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, ok := s.store.events[e.ID]
	if !ok {
		return
	}
	kept.busy = false
	if !taken {
		kept.attempts++
		kept.NotBefore = s.now().Add(min(firstRetry<<min(kept.attempts-1, 10), lastRetry))
		s.poke()
		return
	}
	after := *kept
	after.Copies--
	after.attempts = 0
	// A mark that is lost in a kill sends the callback once more, which every receiver must bear.
	if err := s.store.mark(batch{Events: []event{after}}); err != nil {
		s.cfg.Logger.ErrorContext(ctx, "the sandbox cannot write its state", slog.Any("error", err))
	}
	s.poke()
}

// post sends one signed request. Only the fact that it was taken or not is told.
func (s *Sim) post(ctx context.Context, e event) bool {
	body, header := s.message(e)
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return false
	}
	request.Header = header
	response, err := s.client.Do(request)
	if err != nil {
		s.cfg.Logger.DebugContext(ctx, "a callback was not taken", slog.String("event", e.ID))
		return false
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxBody))
	return response.StatusCode >= 200 && response.StatusCode < 300
}

// message writes and signs a callback anew for each attempt, so that a repeat is not stale.
func (s *Sim) message(e event) ([]byte, http.Header) {
	if e.Style == styleCrypto {
		body := encode(map[string]any{
			"update_id": e.Number, "update_type": "invoice_paid", "request_date": s.now(), "payload": e.Data,
		})
		header := http.Header{"Content-Type": {"application/json"}}
		header.Set(cryptoSignature, signCrypto(s.token, body))
		return body, header
	}
	body := encode(map[string]any{"events": []json.RawMessage{e.Data}})
	header := signV1([]byte(s.cfg.Secret), s.now(), nonce(), body)
	header.Set("Content-Type", "application/json")
	return body, header
}

func nonce() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // crypto/rand.Read never fails: it aborts the program instead
	return hex.EncodeToString(raw[:])
}

// pause waits for the delay that the faults ask for before an answer.
func (s *Sim) pause(ctx context.Context) {
	s.mu.Lock()
	delay := millis(s.store.faults.DelayMS)
	s.mu.Unlock()
	_ = clock.Sleep(ctx, s.cfg.Clock, delay) // the caller has gone when this fails; what it asked for stands
}
