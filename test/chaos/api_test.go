package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairground/games"
	"fairground/internal/clock"
)

// api is the product's HTTP API as a player's program uses it.
type api struct {
	base string
	http *http.Client
}

func newAPI(base string) *api {
	return &api{base: base, http: &http.Client{Timeout: 10 * time.Second}}
}

// answer is a response; status 0 means that none came.
type answer struct {
	status int
	body   []byte
}

// refused says that the API decided against it; anything else may be asked again.
func (a answer) refused() bool {
	return a.status >= 400 && a.status < 500 && a.status != http.StatusTooManyRequests
}

// code is the problem's stable code.
func (a answer) code() string {
	var problem struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(a.body, &problem)
	return problem.Code
}

// call sends a request once.
func (a *api) call(ctx context.Context, method, path, token, key string, in any) answer {
	raw, err := json.Marshal(in)
	if err != nil {
		return answer{}
	}
	body := io.Reader(bytes.NewReader(raw))
	if in == nil {
		body = http.NoBody
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, body)
	if err != nil {
		return answer{}
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return answer{}
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}
	}
	return answer{status: resp.StatusCode, body: text}
}

// surely repeats a request, with the same key, until the API decides or ctx ends.
func (a *api) surely(ctx context.Context, method, path, token, key string, in any) answer {
	for {
		got := a.call(ctx, method, path, token, key, in)
		if got.refused() || (got.status >= 200 && got.status < 300) {
			return got
		}
		if err := clock.Sleep(ctx, clock.System(), 150*time.Millisecond); err != nil {
			return got
		}
	}
}

func (a *api) login(t *testing.T, code string) string {
	t.Helper()
	got := a.surely(t.Context(), http.MethodPost, "/v1/auth/login-code", "", "", map[string]string{"code": code})
	require.Equal(t, http.StatusOK, got.status, string(got.body))
	var session struct {
		Token string `json:"token"`
	}
	require.NoError(t, json.Unmarshal(got.body, &session))
	require.NotEmpty(t, session.Token)
	return session.Token
}

// round is what the test reads of a round.
type round struct {
	ID       string    `json:"round"`
	Status   string    `json:"status"`
	ClosesAt time.Time `json:"closes_at"`
}

func (r round) final() bool { return r.Status == "settled" || r.Status == "voided" }

// round reads a round; ok is false while the API is away.
func (a *api) round(ctx context.Context, id string) (r round, ok bool) {
	got := a.call(ctx, http.MethodGet, "/v1/rounds/"+id, "", "", nil)
	return r, got.status == http.StatusOK && json.Unmarshal(got.body, &r) == nil
}

func (a *api) proof(t *testing.T, id string) games.Proof {
	t.Helper()
	got := a.surely(t.Context(), http.MethodGet, "/v1/rounds/"+id+"/proof", "", "", nil)
	require.Equal(t, http.StatusOK, got.status, string(got.body))
	proof, err := games.ReadProof(got.body)
	require.NoError(t, err)
	return proof
}
