package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"fairground/internal/clock"
	"fairground/internal/secret"
	"fairground/providers/seamless"
)

const (
	defaultStake = 10
	// needed is how many stakes the player should have: most cases lose one or two.
	needed = 50
	// callTimeout is the partner time-out of the protocol.
	callTimeout = 4 * time.Second
)

// Target is the wallet to attack. Fields without "optional" are required.
type Target struct {
	URL      string // the wallet's address, with or without /wallet/v1
	Provider string
	Secret   string
	Token    string // of a fresh launch
	// ExpiredToken is a token of the same player and game whose time is over; without it three cases are skipped. Optional.
	ExpiredToken string
	Stake        int64        // minor units of a usual bet; 0: 10
	LateWins     bool         // the provider may pay after the end of a round
	HTTP         *http.Client // optional
	Clock        clock.Clock
}

// Status is how a case ended.
type Status string

// The ends of a case.
const (
	Pass Status = "PASS"
	Fail Status = "FAIL"
	Skip Status = "SKIP"
)

// Result is one case.
type Result struct {
	Case     string `json:"case"`
	Title    string `json:"title"`
	Status   Status `json:"status"`
	Expected string `json:"expected,omitempty"`
	Got      string `json:"got,omitempty"`
}

// Report is a whole run.
type Report struct {
	URL     string   `json:"url"`
	Results []Result `json:"results"`
}

// OK says that no case failed.
func (r Report) OK() bool {
	for _, one := range r.Results {
		if one.Status == Fail {
			return false
		}
	}
	return true
}

// Run attacks the target. It returns an error only when there is nothing to attack: the wallet can't be reached, does not know
// the token, or the player has too little money.
func Run(ctx context.Context, t Target) (Report, error) {
	a, err := begin(ctx, t)
	if err != nil {
		return Report{}, err
	}
	report := Report{URL: a.url}
	for _, c := range cases() {
		report.Results = append(report.Results, a.judge(ctx, c))
	}
	return report, ctx.Err()
}

// oneCase checks one promise.
type oneCase struct {
	name, title string
	run         func(ctx context.Context, a *attack) error
}

// mismatch is what a case found.
type mismatch struct{ expected, got string }

// Error implements error.
func (m *mismatch) Error() string { return fmt.Sprintf("expected %s, got %s", m.expected, m.got) }

// skipped says why a case can't be run.
type skipped struct{ why string }

// Error implements error.
func (s *skipped) Error() string { return s.why }

func (a *attack) judge(ctx context.Context, c oneCase) Result {
	r := Result{Case: c.name, Title: c.title, Status: Pass}
	err := c.run(ctx, a)
	found, wrong := errors.AsType[*mismatch](err)
	left, skip := errors.AsType[*skipped](err)
	switch {
	case err == nil:
	case wrong:
		r.Status, r.Expected, r.Got = Fail, found.expected, found.got
	case skip:
		r.Status, r.Got = Skip, left.why
	default:
		r.Status, r.Expected, r.Got = Fail, "an answer within 4 s", err.Error()
	}
	return r
}

// begin signs in and learns whom the token plays for.
func begin(ctx context.Context, t Target) (*attack, error) {
	if t.Stake <= 0 {
		t.Stake = defaultStake
	}
	if t.HTTP == nil {
		t.HTTP = &http.Client{Timeout: callTimeout}
	}
	url := strings.TrimSuffix(strings.TrimSuffix(t.URL, "/"), "/wallet/v1")
	a := &attack{Target: t, url: url, run: secret.ID("")}
	got, err := a.call(ctx, seamless.Authenticate, seamless.Request{Token: t.Token})
	if err != nil {
		return nil, fmt.Errorf("reach the wallet: %w", err)
	}
	if got.answer.Code != seamless.OK || got.answer.Balance == nil {
		return nil, fmt.Errorf("authenticate was answered with %s", got.show())
	}
	a.player, a.game, a.asset = got.answer.Player, got.answer.Game, got.answer.Asset
	if *got.answer.Balance < needed*t.Stake {
		return nil, fmt.Errorf("the player has %d and needs %d: give them more, or use a smaller stake", *got.answer.Balance, needed*t.Stake)
	}
	return a, nil
}
