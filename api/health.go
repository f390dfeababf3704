package api

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const readyTimeout = 2 * time.Second

// addHealth adds what orchestrators and Prometheus ask for.
func (s *server) addHealth(e *echo.Echo) {
	e.GET("/healthz", func(c echo.Context) error {
		return c.JSON(http.StatusOK, map[string]string{"status": "ok"})
	})
	e.GET("/readyz", s.ready)
	e.GET("/metrics", echo.WrapHandler(promhttp.HandlerFor(s.deps.Registry, promhttp.HandlerOpts{})))
}

// ready needs Postgres. Redis is told but not needed: without it only latency is lost.
func (s *server) ready(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), readyTimeout)
	defer cancel()
	parts := map[string]string{"postgres": "ok"}
	status := http.StatusOK
	if err := s.deps.DB.Pool().Ping(ctx); err != nil {
		parts["postgres"], status = "unreachable", http.StatusServiceUnavailable
		c.Response().Header().Set("Retry-After", "1")
	}
	if s.deps.PingRedis != nil {
		parts["redis"] = "ok"
		if err := s.deps.PingRedis(ctx); err != nil {
			parts["redis"] = "unreachable"
		}
	}
	return c.JSON(status, parts)
}
