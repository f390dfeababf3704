package providersim

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"fairground/providers/seamless"
)

const (
	heads, tails = "heads", "tails"
	// returnPercent is what a right guess pays: the house keeps 2 % on average.
	returnPercent = 196
	maxBody       = 4 << 10
	maxStake      = 1_000_000_000
)

// Outcome is what the page is told of a game.
type Outcome struct {
	State   string `json:"state"` // won, lost, refused, taken_back, paying
	Fell    string `json:"fell,omitempty"`
	Won     int64  `json:"won"`
	Balance *int64 `json:"balance,omitempty"`
	Code    string `json:"code,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// session shows whom the token plays for.
func (s *Sim) session(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Token string `json:"token"`
	}
	if !read(w, r, &in) {
		return
	}
	a, err := s.call(r.Context(), seamless.Authenticate, seamless.Request{Token: in.Token})
	if err != nil {
		answer(w, http.StatusBadGateway, map[string]string{"code": string(seamless.TemporaryError)})
		return
	}
	answer(w, http.StatusOK, a)
}

// play tosses a coin once.
func (s *Sim) play(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Token string `json:"token"`
		Side  string `json:"side"`
		Stake int64  `json:"stake"`
	}
	if !read(w, r, &in) {
		return
	}
	if in.Stake < 1 || in.Stake > maxStake || (in.Side != heads && in.Side != tails) {
		answer(w, http.StatusBadRequest, map[string]string{"code": string(seamless.InvalidRequest)})
		return
	}
	// The game goes on when the browser has left: what was begun is brought to its end.
	ctx := context.WithoutCancel(r.Context())
	who, err := s.call(ctx, seamless.Authenticate, seamless.Request{Token: in.Token})
	if err != nil {
		answer(w, http.StatusBadGateway, map[string]string{"code": string(seamless.TemporaryError)})
		return
	}
	if who.Code != seamless.OK {
		answer(w, http.StatusOK, Outcome{State: "refused", Code: string(who.Code)})
		return
	}
	out, err := s.toss(ctx, toss{ID: newID(), State: betting, Token: in.Token, Player: who.Player, Asset: who.Asset, Stake: in.Stake, Side: in.Side, busy: true})
	if err != nil {
		s.cfg.Logger.ErrorContext(ctx, "a game was not begun", slog.Any("error", err))
		answer(w, http.StatusInternalServerError, map[string]string{"code": "INTERNAL"})
		return
	}
	answer(w, http.StatusOK, out)
}

// toss plays a game: written down, staked, drawn, written down, paid. An error means that nothing was begun.
func (s *Sim) toss(ctx context.Context, t toss) (Outcome, error) {
	if err := s.note(t); err != nil {
		return Outcome{}, err
	}
	taken, err := s.place(ctx, t)
	if errors.Is(err, errUnknown) {
		t.State, t.busy = undoing, false
		return Outcome{State: "taken_back"}, s.note(t)
	}
	if err != nil {
		return Outcome{}, err
	}
	if taken.Code != seamless.OK {
		t.State = over
		return Outcome{State: "refused", Code: string(taken.Code), Reason: taken.Reason, Balance: taken.Balance}, s.note(t)
	}
	t.State, t.Fell = drawn, flip()
	if t.Fell == t.Side {
		t.Won = t.Stake * returnPercent / 100
	}
	if err := s.note(t); err != nil {
		return Outcome{}, err
	}
	return s.pay(ctx, t)
}

// pay tells the wallet how the coin fell; what gets no answer is left to Deliver.
func (s *Sim) pay(ctx context.Context, t toss) (Outcome, error) {
	out := Outcome{State: "lost", Fell: t.Fell, Won: t.Won}
	if t.Won > 0 {
		out.State = "won"
	}
	paid, err := s.settle(ctx, t)
	if err != nil {
		t.busy = false
		out.State = "paying"
		return out, s.note(t)
	}
	out.Balance = paid.Balance
	if paid.Code != seamless.OK {
		s.cfg.Logger.ErrorContext(ctx, "the wallet refused a win for good", slog.String("round", t.ID), slog.String("code", string(paid.Code)))
		out.State, out.Code = "refused", string(paid.Code)
	}
	t.State = over
	return out, s.note(t)
}

// note writes a game's state down and wakes the delivery when it is left to it.
func (s *Sim) note(t toss) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.journal.write(t); err != nil {
		return err
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return nil
}

func flip() string {
	var bit [1]byte
	_, _ = rand.Read(bit[:]) // crypto/rand.Read never fails: it aborts the program instead
	if bit[0]&1 == 0 {
		return heads
	}
	return tails
}

func newID() string {
	var raw [12]byte
	_, _ = rand.Read(raw[:])
	return hex.EncodeToString(raw[:])
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	if err := decoder.Decode(into); err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"code": string(seamless.InvalidRequest)})
		return false
	}
	return true
}

func answer(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("providersim: write an answer: %v", err)) // only maps and structs of plain values come here
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the reader has gone when this fails
}
