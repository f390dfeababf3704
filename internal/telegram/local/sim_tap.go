package local

import (
	"context"
	"net/http"
	"time"
)

// TapInput is a person's tap on a button, named by its data or by its text.
type TapInput struct {
	User      int64  `json:"user"`
	Chat      int64  `json:"chat"`
	MessageID int64  `json:"message_id"`
	Data      string `json:"data,omitempty"`
	Text      string `json:"text,omitempty"`
	TimeoutMS int64  `json:"timeout_ms,omitempty"` // 10000 when missing
}

// TapResult is what the person saw. Without an answer in time Answered is false.
type TapResult struct {
	CallbackID string  `json:"callback_id"`
	Answered   bool    `json:"answered"`
	Toast      string  `json:"toast"`
	Alert      bool    `json:"alert"`
	URL        string  `json:"url,omitempty"`
	LatencyMS  float64 `json:"latency_ms"`
}

const tapTimeout = 10 * time.Second

// simTap is POST /sim/tap.
func (s *Server) simTap(req *http.Request) (any, error) {
	var in TapInput
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	who, r, err := s.member(in.User, in.Chat)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	m, b, data, err := s.button(r, in.MessageID, in.Data, in.Text)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	id, q := s.tapOn(b, r, m, who, data)
	s.wake(b)
	s.mu.Unlock()
	return s.await(req.Context(), id, q, timeout(in.TimeoutMS, tapTimeout)), nil
}

// button finds the button a tap names, its message and its bot.
func (s *Server) button(r *room, message int64, data, text string) (*Message, *bot, string, error) {
	m := r.message(message)
	if m == nil {
		return nil, nil, "", missing("message_id", "there is no message %d in the chat", message)
	}
	field := "data"
	if data == "" {
		field = "text"
	}
	button, ok := findButton(m, data, text)
	if !ok {
		return nil, nil, "", missing(field, "the message has no such button")
	}
	if button.CallbackData == "" {
		return nil, nil, "", refused(field, "this button sends no callback")
	}
	b := s.world.Bots[m.From.ID]
	if b == nil || (r.Type != chatPrivate && !present(r.status(b.ID))) {
		return nil, nil, "", refused("chat", "the bot of this message is not in the chat")
	}
	return m, b, button.CallbackData, nil
}

// await waits until the bot answers the tap.
func (s *Server) await(ctx context.Context, id string, q *query, wait time.Duration) TapResult {
	timer := s.clock.NewTimer(wait)
	defer timer.Stop()
	select {
	case a := <-q.answer:
		return TapResult{
			CallbackID: id, Answered: true, Toast: a.text, Alert: a.alert, URL: a.url,
			LatencyMS: float64(a.at.Sub(q.asked).Microseconds()) / 1000,
		}
	case <-timer.C():
	case <-ctx.Done():
	case <-s.done:
	}
	return TapResult{CallbackID: id, LatencyMS: float64(s.clock.Now().Sub(q.asked).Microseconds()) / 1000}
}

// ForgeInput is a callback that no button sent: any data of any length, by anybody, member or
// not, under any message or none.
type ForgeInput struct {
	User      int64  `json:"user"`
	Chat      int64  `json:"chat"`
	MessageID int64  `json:"message_id,omitempty"`
	Bot       int64  `json:"bot,omitempty"` // needed in a group with several bots
	Data      string `json:"data"`
	TimeoutMS int64  `json:"timeout_ms,omitempty"`
}

// simForge is POST /sim/forge.
func (s *Server) simForge(req *http.Request) (any, error) {
	var in ForgeInput
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	who, r, b, err := s.forger(in)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	m := r.message(in.MessageID)
	if in.MessageID != 0 && m == nil {
		s.mu.Unlock()
		return nil, missing("message_id", "there is no message %d in the chat", in.MessageID)
	}
	frozen := *who
	id, q := s.tapOn(b, r, m, &frozen, in.Data)
	s.wake(b)
	s.mu.Unlock()
	return s.await(req.Context(), id, q, timeout(in.TimeoutMS, tapTimeout)), nil
}

// forger finds the parties of a forged callback.
func (s *Server) forger(in ForgeInput) (*User, *room, *bot, error) {
	who, err := s.person(in.User)
	if err != nil {
		return nil, nil, nil, err
	}
	r, err := s.view(who, in.Chat)
	if err != nil {
		return nil, nil, nil, err
	}
	bots := s.roomBots(r)
	if in.Bot != 0 {
		if b := s.world.Bots[in.Bot]; b != nil {
			return who, r, b, nil
		}
		return nil, nil, nil, missing("bot", "there is no bot %d", in.Bot)
	}
	if len(bots) != 1 {
		return nil, nil, nil, invalid("bot", "must name one of the %d bots in the chat", len(bots))
	}
	return who, r, bots[0], nil
}
