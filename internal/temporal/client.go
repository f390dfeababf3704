package temporal

import (
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
)

// Config says how to reach the Temporal service.
type Config struct {
	Address   string                // host:port; empty takes TEMPORAL_ADDRESS or the SDK's default
	Namespace string                // empty takes TEMPORAL_NAMESPACE or "default"
	Logger    *slog.Logger          // required
	Metrics   prometheus.Registerer // nil records nothing
	Env       envconfig.EnvLookup   // nil reads the process environment
}

// Options builds the client options. Address and Namespace of the config win over
// TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE; TEMPORAL_API_KEY and TEMPORAL_TLS_* come from the
// environment only. Configuration files of the Temporal CLI are not read, so that a profile made
// for another purpose never redirects the product.
func Options(cfg Config) (client.Options, error) {
	opts, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{
		DisableFile: true,
		EnvLookup:   cfg.Env,
	})
	if err != nil {
		return client.Options{}, fmt.Errorf("read Temporal settings: %w", err)
	}
	if cfg.Address != "" {
		opts.HostPort = cfg.Address
	}
	if cfg.Namespace != "" {
		opts.Namespace = cfg.Namespace
	}
	if opts.Namespace == "" {
		opts.Namespace = client.DefaultNamespace
	}
	opts.Logger = log.NewStructuredLogger(cfg.Logger)
	if cfg.Metrics != nil {
		handler, err := NewMetrics(cfg.Metrics)
		if err != nil {
			return client.Options{}, err
		}
		opts.MetricsHandler = handler
	}
	// The interceptor follows the global tracer provider, which is a no-op unless one was set.
	tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{})
	if err != nil {
		return client.Options{}, fmt.Errorf("build Temporal tracing: %w", err)
	}
	opts.Interceptors = append(opts.Interceptors, interceptor.ClientInterceptor(tracing))
	return opts, nil
}

// NewClient returns a client that connects at its first call, so that a process starts, answers
// health checks and takes bets while the Temporal service is away.
func NewClient(cfg Config) (client.Client, error) {
	opts, err := Options(cfg)
	if err != nil {
		return nil, err
	}
	c, err := client.NewLazyClient(opts)
	if err != nil {
		return nil, fmt.Errorf("make Temporal client: %w", err)
	}
	return c, nil
}
