package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"fairground/api/gen"
)

func TestGames(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	var list gen.GameList
	b.do(t, request{method: "GET", path: "/v1/games"}).ok(http.StatusOK, &list)
	require.NotEmpty(t, list.Games)
	for _, g := range list.Games {
		for _, path := range []string{"/v1/games/" + g.Game, "/v1/games/" + g.Game + "?group=" + b.group.PublicID} {
			var game gen.Game
			b.do(t, request{method: "GET", path: path}).ok(http.StatusOK, &game)
			require.Equal(t, int64(1), game.ConfigVersion)
			require.Contains(t, string(game.Schema), "{")
		}
	}
	b.do(t, request{method: "GET", path: "/v1/games/chess"}).refused(http.StatusNotFound, "games.unknown_game")
	b.do(t, request{method: "GET", path: "/v1/games/dice?group=g_none"}).refused(http.StatusNotFound, "players.group_not_found")
}

func TestEverythingElseIsAProblem(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.do(t, request{method: "GET", path: "/v1/nothing"}).refused(http.StatusNotFound, "api.not_found")
	b.do(t, request{method: "GET", path: "/docs/nothing.js"}).refused(http.StatusNotFound, "api.not_found")
	b.do(t, request{method: "DELETE", path: "/v1/me", as: &b.ada}).refused(http.StatusMethodNotAllowed, "api.method_not_allowed")
	big := `{"seed":"` + string(make([]byte, 40<<10)) + `"}`
	b.do(t, request{method: "PUT", path: "/v1/me/seed", as: &b.ada, body: big}).refused(http.StatusRequestEntityTooLarge, "api.body_too_large")
	a := b.do(t, request{method: "PUT", path: "/v1/me/seed", as: &b.ada, body: `{"seed":"x"}`, header: map[string]string{"Content-Type": "text/plain"}})
	a.refused(http.StatusUnsupportedMediaType, "api.unsupported_media_type")
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for sent, kept := range map[string]bool{"abc-12345": true, "short": false, "bad id with blanks": false} {
		a := b.do(t, request{method: "GET", path: "/v1/nothing", header: map[string]string{"X-Request-Id": sent}})
		require.Equal(t, kept, a.refused(http.StatusNotFound, "api.not_found").RequestID == sent, sent)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for path, part := range map[string]string{
		"/": "Fairground", "/openapi.yaml": "openapi: 3.1.0", "/docs/": "swagger-ui", "/verify/": "<title>Verify", "/verify/app.js": "import", "/verify/offline.html": "<script", "/docs/swagger-initializer.js": "/openapi.yaml",
		"/docs/swagger-ui-bundle.js": "function", "/healthz": "ok", "/readyz": `"postgres":"ok"`,
	} {
		a := b.do(t, request{method: "GET", path: path})
		a.ok(http.StatusOK, nil)
		require.Contains(t, a.text, part, path)
		require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
		require.Empty(t, a.header.Get("Access-Control-Allow-Origin"), "no other site may read answers")
	}
	require.Contains(t, b.do(t, request{method: "GET", path: "/metrics"}).text, "fairground_api_request_seconds")
	moved := b.do(t, request{method: "GET", path: "/verify?round=r_x"})
	require.Equal(t, "/verify/?round=r_x", moved.header.Get("Location"))
	require.Equal(t, http.StatusMovedPermanently, b.do(t, request{method: "GET", path: "/docs"}).status)
	// The pages we write call nobody else.
	for _, path := range []string{"/", "/docs/", "/docs/swagger-initializer.js"} {
		text := b.do(t, request{method: "GET", path: path}).text
		require.NotRegexp(t, `(src|href|url)\s*[=:]\s*["'](https?:)?//`, text, path)
	}
}
