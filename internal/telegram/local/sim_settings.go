package local

import (
	"net/http"
	"slices"
	"strconv"
)

// LimitsInput turns the rate limits on or off. Turning them on starts them afresh.
type LimitsInput struct {
	On bool `json:"on"`
}

// simLimits is POST /sim/limits.
func (s *Server) simLimits(req *http.Request) (any, error) {
	var in LimitsInput
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.Limits = in.On
	s.limits = newLimiter()
	s.hub.publish(event{Type: "chats"})
	s.touch()
	return in, nil
}

// DiceInput seeds sendDice: the same seed gives the same rolls. An empty seed is random.
type DiceInput struct {
	Seed string `json:"seed"`
}

// simDice is POST /sim/dice.
func (s *Server) simDice(req *http.Request) (any, error) {
	var in DiceInput
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.DiceSeed, s.world.DiceRolls = in.Seed, 0
	s.touch()
	return in, nil
}

// simLog is GET /sim/log?after=&limit=&method=&warnings=1: the API log, oldest first.
func (s *Server) simLog(req *http.Request) (any, error) {
	q := req.URL.Query()
	after, _ := strconv.ParseInt(q.Get("after"), 10, 64)
	limit, _ := strconv.Atoi(q.Get("limit"))
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []CallEntry{}
	for _, e := range s.calls.entries {
		loud := e.Warning != "" || e.Error != ""
		if e.Seq > after && (q.Get("method") == "" || q.Get("method") == e.Method) && (q.Get("warnings") == "" || loud) {
			out = append(out, e)
		}
	}
	if limit > 0 && len(out) > limit {
		out = slices.Clone(out[len(out)-limit:])
	}
	return out, nil
}

// simClearLog is DELETE /sim/log.
func (s *Server) simClearLog(*http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls.entries = nil
	return map[string]bool{"cleared": true}, nil
}
