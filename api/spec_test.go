package api_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"
)

// specChecker holds answers against a document, or against another one below a prefix.
type specChecker struct {
	doc       *openapi3.T
	router    routers.Router
	operators *specChecker
}

const operatorPrefix = "/v1/operator/"

func loadSpecChecker(t *testing.T) *specChecker {
	t.Helper()
	c := loadSpec(t, "gen/openapi.yaml")
	c.operators = loadSpec(t, "operator/gen/openapi.yaml")
	return c
}

func loadSpec(t *testing.T, file string) *specChecker {
	t.Helper()
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromFile(file)
	require.NoError(t, err)
	require.NoError(t, doc.Validate(loader.Context))
	router, err := gorillamux.NewRouter(doc)
	require.NoError(t, err)
	return &specChecker{doc: doc, router: router}
}

// checkResponse fails when an answer below /v1 is not what the document promises.
func (c *specChecker) checkResponse(t *testing.T, req *http.Request, res *http.Response, body []byte) {
	t.Helper()
	if !strings.HasPrefix(req.URL.Path, "/v1/") {
		return
	}
	if c.operators != nil && strings.HasPrefix(req.URL.Path, operatorPrefix) {
		c.operators.checkResponse(t, req, res, body)
		return
	}
	route, params, err := c.router.FindRoute(req)
	if err != nil {
		return // an address the document does not have
	}
	if listed := route.Operation.Responses.Status(res.StatusCode); listed == nil && route.Operation.Responses.Default() == nil {
		// Any request may meet these, so the document does not repeat them everywhere.
		common := []int{400, 401, 404, 413, 415, 429, 500, 503}
		require.Contains(t, common, res.StatusCode, "%s %s answers %d, which is not documented", req.Method, route.Path, res.StatusCode)
		return
	}
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route},
		Status:                 res.StatusCode, Header: res.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	require.NoError(t, err, "%s %s: %s", req.Method, route.Path, body)
}

// TestGeneratedCodeIsCurrent fails when the documents and what is made of them drifted apart.
func TestGeneratedCodeIsCurrent(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Log("the generator is built on first use; -short only compiles against its last output")
		return
	}
	for config, names := range map[string]struct{ parts, document, output string }{
		"oapi-codegen.yaml":          {"openapi/player", "gen/openapi.yaml", "gen/api.gen.go"},
		"oapi-codegen.operator.yaml": {"openapi/operator", "operator/gen/openapi.yaml", "operator/gen/api.gen.go"},
	} {
		joined := filepath.Join(t.TempDir(), "openapi.yaml")
		run(t, "go", "run", "fairground/internal/specjoin", names.parts, joined)
		requireSame(t, joined, names.document)
		out := filepath.Join(t.TempDir(), "api.gen.go")
		text, err := os.ReadFile(config)
		require.NoError(t, err)
		elsewhere := filepath.Join(t.TempDir(), "config.yaml")
		text = bytes.Replace(text, []byte(names.output), []byte(out), 1)
		require.NoError(t, os.WriteFile(elsewhere, text, 0o600))
		run(t, "go", "tool", "-modfile=../tools/oapi/go.mod", "oapi-codegen", "-config", elsewhere, names.document)
		requireSame(t, out, names.output)
	}
}

// run runs a generator as go generate does.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, string(said))
}

func requireSame(t *testing.T, made, committed string) {
	t.Helper()
	want, err := os.ReadFile(made)
	require.NoError(t, err)
	got, err := os.ReadFile(committed)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run go generate ./api")
}

// TestEveryCodeIsDocumented compares the codes of the rooms with the document's enum.
func TestEveryCodeIsDocumented(t *testing.T) {
	t.Parallel()
	doc := loadSpecChecker(t).doc
	var documented []string
	for _, v := range doc.Components.Schemas["ErrorCode"].Value.Enum {
		documented = append(documented, fmt.Sprint(v))
	}
	// Refusals that no endpoint here can meet.
	elsewhere := []string{
		"players.bot_taken", "players.invalid_tenant", "players.invalid_stake", "players.too_many_codes",
		"games.invalid_config", "games.already_drawn", "games.not_closed", "games.not_drawn", "games.run_running", "games.waiting_for_source",
		"operators.owner_exists", "operators.not_linked", "operators.telegram_taken", "operators.invalid_link_code", "cashier.decision_unknown",
		"players.invalid_cursor", "cashier.invalid_cursor", "cashier.configure", "cashier.read", "cashier.refund_not_found",
	}
	for _, room := range []string{"players", "games", "cashier", "providers", "operators/errors.go"} {
		for _, code := range codesIn(t, room) {
			if !slices.Contains(elsewhere, code) {
				require.Contains(t, documented, code, "a code of %s is neither in the document nor listed as unreachable", room)
			}
		}
	}
	for _, code := range codesIn(t, ".") {
		require.Contains(t, documented, code)
	}
	// And nothing is documented that does not exist.
	known := slices.Concat(codesIn(t, "."), codesIn(t, "players"), codesIn(t, "games"), codesIn(t, "ledger"),
		codesIn(t, "cashier"), codesIn(t, "providers"), codesIn(t, "operators/errors.go"), codesIn(t, "api/ingest"))
	for _, code := range documented {
		require.Contains(t, known, code)
	}
}

var codePattern = regexp.MustCompile(`"((?:api|players|games|ledger|cashier|operators|hooks|providers)\.[a-z_]+)"`)

// codesIn collects the codes in the sources of a room, or in one file.
func codesIn(t *testing.T, room string) []string {
	t.Helper()
	pattern := filepath.Join("..", room, "*.go")
	switch {
	case room == ".":
		pattern = "*.go"
	case strings.HasSuffix(room, ".go"):
		pattern = filepath.Join("..", room)
	}
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	var out []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "gen/") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range codePattern.FindAllStringSubmatch(string(text), -1) {
			out = append(out, m[1])
		}
	}
	require.NotEmpty(t, out, room)
	return out
}
