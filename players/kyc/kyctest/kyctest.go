package kyctest

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/internal/clock"
	"fairground/players/kyc"
)

// Subject is a provider to test, with a way to play its other side.
type Subject struct {
	Name   string
	Kind   kyc.Kind
	Values map[string]string // complete settings that reach the other side
	// Sign makes the callback that the provider's other side sends for a result at a moment.
	Sign func(t *testing.T, r kyc.Result, at time.Time) (http.Header, []byte)
	// SignRaw signs any body as the other side would.
	SignRaw func(t *testing.T, body []byte, at time.Time) http.Header
	// Unreachable are settings whose other side does not answer; nil for a provider that calls nobody.
	Unreachable map[string]string
	// Person is known at the other side; Sign's results are about them.
	Person kyc.Applicant
	// Secrets must show up in no error.
	Secrets []string
}

// Run tests the subject.
func Run(t *testing.T, s Subject) {
	t.Helper()
	t.Run("settings", s.settings)
	t.Run("start", s.start)
	t.Run("results", s.results)
	t.Run("forged", s.forged)
	t.Run("malformed", s.malformed)
}

func (s Subject) provider(t *testing.T, values map[string]string) kyc.Provider {
	t.Helper()
	p, err := s.Kind.New(kyc.Settings{Values: values, Clock: clock.System()})
	require.NoError(t, err)
	return p
}

func (s Subject) settings(t *testing.T) {
	require.Equal(t, s.Name, s.provider(t, s.Values).Name())
	for _, f := range s.Kind.Fields() {
		if !f.Required {
			continue
		}
		lacking := maps.Clone(s.Values)
		delete(lacking, f.Name)
		_, err := s.Kind.New(kyc.Settings{Values: lacking, Clock: clock.System()})
		require.ErrorIs(t, err, kyc.ErrSettings, "without %s", f.Name)
		require.ErrorContains(t, err, f.Name)
		s.silent(t, err)
	}
	_, err := s.Kind.New(kyc.Settings{Values: s.Values})
	require.ErrorIs(t, err, kyc.ErrSettings, "without a clock")
}

func (s Subject) start(t *testing.T) {
	p := s.provider(t, s.Values)
	first, err := p.Start(t.Context(), s.Person)
	require.NoError(t, err)
	require.NotEmpty(t, first.URL)
	require.NotEmpty(t, first.Ref)
	again, err := p.Start(t.Context(), s.Person)
	require.NoError(t, err)
	require.Equal(t, first.Ref, again.Ref, "a person is one applicant, however often the check is opened")
	if s.Unreachable == nil {
		return
	}
	_, err = s.provider(t, s.Unreachable).Start(t.Context(), s.Person)
	require.ErrorIs(t, err, kyc.ErrUnavailable)
	s.silent(t, err)
}

func (s Subject) results(t *testing.T) {
	p := s.provider(t, s.Values)
	session, err := p.Start(t.Context(), s.Person)
	require.NoError(t, err)
	now := clock.System().Now().Truncate(time.Second)
	for _, status := range []kyc.Status{kyc.Pending, kyc.Rejected, kyc.Approved} {
		want := kyc.Result{
			Player: s.Person.Player, Ref: session.Ref, Status: status, Level: 1, CreatedAt: now.Add(-time.Minute),
			BirthDate: time.Date(1990, 5, 17, 0, 0, 0, 0, time.UTC), Country: "DE",
		}
		header, body := s.Sign(t, want, now)
		got, err := p.ParseWebhook(header, body, now)
		require.NoError(t, err)
		require.Equal(t, want.Player, got.Player)
		require.Equal(t, want.Ref, got.Ref)
		require.Equal(t, status, got.Status)
		require.WithinDuration(t, want.CreatedAt, got.CreatedAt, time.Second)
		require.Equal(t, time.UTC, got.CreatedAt.Location())
		if status != kyc.Approved {
			continue
		}
		full, err := p.Complete(t.Context(), got)
		require.NoError(t, err)
		require.Equal(t, 1, full.Level)
		require.Equal(t, want.BirthDate, full.BirthDate)
		require.Equal(t, "DE", full.Country)
	}
}

func (s Subject) forged(t *testing.T) {
	p := s.provider(t, s.Values)
	now := clock.System().Now()
	header, body := s.Sign(t, kyc.Result{Player: s.Person.Player, Ref: "ref", Status: kyc.Rejected, CreatedAt: now}, now)
	altered := append([]byte(nil), body...)
	altered[len(altered)-2] ^= 1
	_, err := p.ParseWebhook(header, altered, now)
	require.ErrorIs(t, err, kyc.ErrForged, "an altered body")
	s.silent(t, err)
	_, err = p.ParseWebhook(http.Header{}, body, now)
	require.ErrorIs(t, err, kyc.ErrForged, "no signature")
	for name := range header {
		lacking := header.Clone()
		lacking.Set(name, "x")
		if _, err := p.ParseWebhook(lacking, body, now); name != "Content-Type" {
			require.ErrorIs(t, err, kyc.ErrForged, "another %s", name)
		}
	}
}

func (s Subject) malformed(t *testing.T) {
	p := s.provider(t, s.Values)
	now := clock.System().Now()
	for _, body := range []string{``, `[]`, `"text"`, `{"a":`} {
		_, err := p.ParseWebhook(s.SignRaw(t, []byte(body), now), []byte(body), now)
		require.ErrorIs(t, err, kyc.ErrMalformed, "%q", body)
	}
}

func (s Subject) silent(t *testing.T, err error) {
	t.Helper()
	for _, secret := range s.Secrets {
		require.NotContains(t, err.Error(), secret)
	}
}
