package api

import (
	"crypto/sha256"
	_ "embed" // the pages are part of the binary
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/labstack/echo/v4"
	swaggerfiles "github.com/swaggo/files/v2"
)

//go:embed pages/index.html
var indexPage []byte

//go:embed pages/swagger-initializer.js
var swaggerSetup []byte

// Policies of the pages: everything comes from this server. Swagger UI sets inline styles and
// shows its icons as data.
const (
	docsPolicy  = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; frame-ancestors 'none'"
	indexPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
	// The page that works as a saved file holds its script inline, and needs nothing else.
	offlinePolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
	verifyPolicy  = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)

// addSite adds the landing page, the document, its reference and the verify page.
func (s *server) addSite(e *echo.Echo) {
	e.GET("/", page(indexPage, "text/html; charset=utf-8", indexPolicy))
	e.GET("/openapi.yaml", page(specYAML, "application/yaml", ""))
	e.GET("/openapi.operator.yaml", page(operatorYAML, "application/yaml", ""))
	e.GET("/docs", func(c echo.Context) error { return c.Redirect(http.StatusMovedPermanently, "/docs/") })
	e.GET("/docs/swagger-initializer.js", page(swaggerSetup, "text/javascript; charset=utf-8", docsPolicy))
	e.GET("/docs/*", folder("/docs/", swaggerfiles.FS, docsPolicy))
	e.GET("/verify", func(c echo.Context) error {
		to := "/verify/"
		if q := c.Request().URL.RawQuery; q != "" {
			to += "?" + q
		}
		return c.Redirect(http.StatusTemporaryRedirect, to)
	})
	e.GET("/verify/offline.html", folder("/verify/", s.deps.Verify, offlinePolicy))
	e.GET("/verify/*", folder("/verify/", s.deps.Verify, verifyPolicy))
}

// page serves one embedded file with an ETag.
func page(body []byte, contentType, policy string) echo.HandlerFunc {
	tag := etag(body)
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("ETag", tag)
		h.Set("Cache-Control", "no-cache")
		if policy != "" {
			h.Set("Content-Security-Policy", policy)
		}
		if c.Request().Header.Get("If-None-Match") == tag {
			return c.NoContent(http.StatusNotModified)
		}
		return c.Blob(http.StatusOK, contentType, body)
	}
}

// folder serves embedded files below a prefix.
func folder(prefix string, files fs.FS, policy string) echo.HandlerFunc {
	serve := http.StripPrefix(prefix, http.FileServerFS(files))
	return func(c echo.Context) error {
		name := c.Param("*")
		if name != "" {
			if info, err := fs.Stat(files, name); err != nil || info.IsDir() {
				return echo.ErrNotFound
			}
		}
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-cache")
		serve.ServeHTTP(c.Response(), c.Request())
		return nil
	}
}

func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return fmt.Sprintf("%q", hex.EncodeToString(sum[:12]))
}
