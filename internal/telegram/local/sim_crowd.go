package local

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync"
)

// CrowdInput lets people tap one button at the same instant: those named in Users, or N
// people of the crowd, who are made when needed and are in the chat from then on.
type CrowdInput struct {
	Chat      int64   `json:"chat"`
	MessageID int64   `json:"message_id"`
	Data      string  `json:"data,omitempty"`
	Text      string  `json:"text,omitempty"`
	N         int     `json:"n,omitempty"` // 50 when missing
	Users     []int64 `json:"users,omitempty"`
	TimeoutMS int64   `json:"timeout_ms,omitempty"`
}

// CrowdTap is what one person of a crowd saw.
type CrowdTap struct {
	User int64  `json:"user"`
	Name string `json:"name"`
	TapResult
}

// CrowdResult is what a crowd saw. Latencies are of the answered taps.
type CrowdResult struct {
	N        int        `json:"n"`
	Answered int        `json:"answered"`
	P50MS    float64    `json:"p50_ms"`
	P95MS    float64    `json:"p95_ms"`
	MaxMS    float64    `json:"max_ms"`
	Taps     []CrowdTap `json:"taps"`
}

const (
	crowdSize  = 50
	crowdLimit = 1000
)

// simCrowd is POST /sim/crowd.
func (s *Server) simCrowd(req *http.Request) (any, error) {
	var in CrowdInput
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	taps, queries, err := s.startCrowd(in)
	if err != nil {
		return nil, err
	}
	wait := timeout(in.TimeoutMS, tapTimeout)
	var all sync.WaitGroup
	for i := range taps {
		all.Go(func() { taps[i].TapResult = s.await(req.Context(), taps[i].CallbackID, queries[i], wait) })
	}
	all.Wait()
	return summary(taps), nil
}

// startCrowd taps for everybody under one lock: the bot gets all taps at once.
func (s *Server) startCrowd(in CrowdInput) ([]CrowdTap, []*query, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.group(in.Chat)
	if err != nil {
		return nil, nil, err
	}
	m, b, data, err := s.button(r, in.MessageID, in.Data, in.Text)
	if err != nil {
		return nil, nil, err
	}
	var people []*User
	for _, id := range in.Users {
		who, _, err := s.member(id, in.Chat)
		if err != nil {
			return nil, nil, err
		}
		people = append(people, who)
	}
	if len(people) == 0 {
		if people, err = s.crowd(r, in.N); err != nil {
			return nil, nil, err
		}
	}
	taps, queries := make([]CrowdTap, len(people)), make([]*query, len(people))
	for i, who := range people {
		taps[i] = CrowdTap{User: who.ID, Name: who.FirstName}
		taps[i].CallbackID, queries[i] = s.tapOn(b, r, m, who, data)
	}
	s.wake(b)
	return taps, queries, nil
}

// crowd is the first n people of the crowd, in the room.
func (s *Server) crowd(r *room, n int) ([]*User, error) {
	n = cmp.Or(n, crowdSize)
	if n < 1 || n > crowdLimit {
		return nil, invalid("n", "must be 1 to %d", crowdLimit)
	}
	people := make([]*User, n)
	for i := range people {
		in := NewUser{FirstName: fmt.Sprintf("Crowd %d", i+1), Username: fmt.Sprintf("crowd_%d", i+1)}
		frozen := *s.putUser(in)
		people[i] = &frozen
		if !present(r.status(frozen.ID)) {
			r.Members[frozen.ID] = statusMember // they were always there: nobody is told
		}
	}
	s.hub.publish(event{Type: "chats"})
	s.touch()
	return people, nil
}

// CrowdUsersInput asks for people of the crowd without a tap.
type CrowdUsersInput struct {
	Chat int64 `json:"chat"`
	N    int   `json:"n,omitempty"`
}

// simCrowdUsers is POST /sim/crowd/users.
func (s *Server) simCrowdUsers(req *http.Request) (any, error) {
	var in CrowdUsersInput
	if err := readBody(req, &in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.group(in.Chat)
	if err != nil {
		return nil, err
	}
	return s.crowd(r, in.N)
}

// summary counts and ranks the taps.
func summary(taps []CrowdTap) CrowdResult {
	out := CrowdResult{N: len(taps), Taps: taps}
	var latencies []float64
	for _, t := range taps {
		if t.Answered {
			latencies = append(latencies, t.LatencyMS)
		}
	}
	out.Answered = len(latencies)
	slices.Sort(latencies)
	out.P50MS, out.P95MS, out.MaxMS = rank(latencies, 0.50), rank(latencies, 0.95), rank(latencies, 1)
	return out
}

// rank is the nearest-rank percentile of sorted values.
func rank(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(p*float64(len(sorted))))-1)]
}
