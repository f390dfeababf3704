package api

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"fairground/models"
)

// betRequest is a request to the hot route, as both checks see it.
type betRequest struct{ round, key, contentType, body string }

func plainBet(body string) betRequest {
	return betRequest{round: "r_aaaaaaaaaaaaaaaa", key: "k", contentType: "application/json", body: body}
}

func betRequests() []betRequest {
	long := strings.Repeat("a", 65)
	out := []betRequest{
		{"r_aaaaaaaaaaaaaaaa", "", "application/json", `{"choice":"big","stake":1}`},
		{"r_aaaaaaaaaaaaaaaa", "a b", "application/json", `{"choice":"big","stake":1}`},
		{"r_aaaaaaaaaaaaaaaa", strings.Repeat("k", 128), "application/json", `{"choice":"big","stake":1}`},
		{"r_aaaaaaaaaaaaaaaa", strings.Repeat("k", 129), "application/json", `{"choice":"big","stake":1}`},
		{"r_aaaaaaaaaaaaaaaa", "A.b:c_d-9", "application/json; charset=utf-8", `{"choice":"big","stake":1}`},
		{"r_aaaaaaaaaaaaaaaa", "k", "text/plain", `{"choice":"big","stake":1}`},
		{"r_aaaaaaaaaaaaaaaa", "k", "", `{"choice":"big","stake":1}`},
		{long, "k", "application/json", `{"choice":"big","stake":1}`},
		{"r\x00", "k", "application/json", `{"choice":"big","stake":1}`},
		{"r é", "k", "application/json", `{"choice":"big","stake":1}`},
	}
	for _, body := range []string{
		``, `{`, `null`, `[]`, `1`, `"x"`, `true`, `{}`, `{"choice":"big"}`, `{"stake":1}`,
		`{"choice":"big","stake":1}`, `{"choice":"big","stake":1,"seed":"s"}`, ` {"stake" : 1 , "choice" : "big" } `,
		`{"choice":"big","stake":0}`, `{"choice":"big","stake":-1}`, `{"choice":"big","stake":1.0}`, `{"choice":"big","stake":1e2}`,
		`{"choice":"big","stake":1.5}`, `{"choice":"big","stake":"1"}`, `{"choice":"big","stake":null}`, `{"choice":"big","stake":true}`,
		`{"choice":"big","stake":9007199254740993}`, `{"choice":"big","stake":1e-5}`, `{"choice":"big","stake":-0}`,
		`{"choice":"","stake":1}`, `{"choice":null,"stake":1}`, `{"choice":1,"stake":1}`, `{"choice":["big"],"stake":1}`,
		`{"choice":"` + long[:64] + `","stake":1}`, `{"choice":"` + long + `","stake":1}`, `{"choice":"\u00e9\ud83d\ude00","stake":1}`,
		`{"choice":"big","stake":1,"seed":""}`, `{"choice":"big","stake":1,"seed":null}`, `{"choice":"big","stake":1,"seed":"a b"}`,
		`{"choice":"big","stake":1,"seed":"` + long + `"}`, `{"choice":"big","stake":1,"seed":"a\n"}`, `{"choice":"big","stake":1,"seed":"\u0000"}`,
		`{"choice":"big","stake":1,"more":1}`, `{"choice":"big","stake":1,"Stake":1}`, `{"Choice":"big","stake":1}`, `{"choice":"big","stake":1,"a b":1}`,
		`{"choice":"big","stake":1,"":1}`, `{"choice":"big","choice":"odd","stake":1}`, `{"choice":"big","stake":01}`, `{"choice":"big","stake":+1}`,
		`{"choice":"big","stake":1} x`, `{"choice":"big","stake":1}{}`, `{"choice":"big","stake":1,}`, `{"choice":'big',"stake":1}`,
	} {
		out = append(out, plainBet(body))
	}
	return out
}

// TestBetCheckEqualsTheDocument gives the same requests to the hand-written check and to the
// validator of the document: both accept, or both refuse with the same code and field.
func TestBetCheckEqualsTheDocument(t *testing.T) {
	t.Parallel()
	ops, err := loadSpec()
	require.NoError(t, err)
	op, ok := ops.find(http.MethodPost, hotPath)
	require.True(t, ok)
	require.Equal(t, hotOperation, op.id)
	for _, in := range betRequests() {
		require.Equal(t, byDocument(t, op, in), byHand(in), "%+v", in)
	}
}

func FuzzBetCheckEqualsTheDocument(f *testing.F) {
	ops, err := loadSpec()
	require.NoError(f, err)
	op, _ := ops.find(http.MethodPost, hotPath)
	for _, in := range betRequests() {
		f.Add(in.body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		in := plainBet(body)
		require.Equal(t, byDocument(t, op, in), byHand(in), "%q", body)
	})
}

func byHand(in betRequest) string {
	header := http.Header{}
	header.Set("Idempotency-Key", in.key)
	header.Set("Content-Type", in.contentType)
	_, err := checkBetHeader(in.round, header)
	if err == nil {
		_, err = decodeBet([]byte(in.body))
	}
	return verdict(err)
}

func byDocument(t *testing.T, op operation, in betRequest) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader([]byte(in.body)))
	if in.key != "" {
		r.Header.Set("Idempotency-Key", in.key)
	}
	r.Header.Set("Content-Type", in.contentType)
	c := echo.New().NewContext(r, httptest.NewRecorder())
	c.SetParamNames("round")
	c.SetParamValues(in.round)
	return verdict(checkRequest(c, op, &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, KeepValidatedValue: true,
	}))
}

func verdict(err error) string {
	if err == nil {
		return "accepted"
	}
	var known *models.Error
	if !errors.As(err, &known) {
		return "unexpected: " + err.Error()
	}
	return known.Code + " " + known.Field
}
