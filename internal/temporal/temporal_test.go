package temporal_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"fairground/internal/temporal"
	"fairground/internal/temporal/temporaltest"
)

// environment is a process environment of a test's own.
type environment map[string]string

// Environ implements envconfig.EnvLookup.
func (e environment) Environ() []string {
	var all []string
	for k, v := range e {
		all = append(all, k+"="+v)
	}
	return all
}

// LookupEnv implements envconfig.EnvLookup.
func (e environment) LookupEnv(key string) (string, bool) {
	v, ok := e[key]
	return v, ok
}

func TestOptionsComeFromTheEnvironmentAndTheConfigWins(t *testing.T) {
	t.Parallel()
	env := environment{"TEMPORAL_ADDRESS": "cloud.example:7233", "TEMPORAL_NAMESPACE": "fair", "TEMPORAL_API_KEY": "key"}
	opts, err := temporal.Options(temporal.Config{Logger: temporaltest.Logger(), Env: env})
	require.NoError(t, err)
	require.Equal(t, "cloud.example:7233", opts.HostPort)
	require.Equal(t, "fair", opts.Namespace)
	require.NotNil(t, opts.Credentials)
	require.NotNil(t, opts.ConnectionOptions.TLS)
	require.Len(t, opts.Interceptors, 1)

	opts, err = temporal.Options(temporal.Config{Address: "127.0.0.1:1", Namespace: "other", Logger: temporaltest.Logger(), Env: env})
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:1", opts.HostPort)
	require.Equal(t, "other", opts.Namespace)

	opts, err = temporal.Options(temporal.Config{Logger: temporaltest.Logger(), Env: environment{}})
	require.NoError(t, err)
	require.Equal(t, client.DefaultNamespace, opts.Namespace)

	_, err = temporal.Options(temporal.Config{Logger: temporaltest.Logger(), Env: environment{"TEMPORAL_TLS_CLIENT_CERT_PATH": "/nowhere"}})
	require.ErrorContains(t, err, "read Temporal settings")
}

func TestAClientIsMadeWhileTheServiceIsAway(t *testing.T) {
	t.Parallel()
	c, err := temporal.NewClient(temporal.Config{Address: "127.0.0.1:1", Logger: temporaltest.Logger(), Env: environment{}})
	require.NoError(t, err)
	c.Close()
}

func TestMetricsArePublishedUnderAnySetOfTags(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	m, err := temporal.NewMetrics(registry)
	require.NoError(t, err)
	m.Counter("temporal_request").Inc(2)
	m.WithTags(map[string]string{"operation": "Start", "worker-type": "Activity"}).Counter("temporal_request").Inc(3)
	m.WithTags(map[string]string{"operation": "Start"}).WithTags(map[string]string{"worker-type": "Activity"}).Counter("temporal_request").Inc(4)
	m.Gauge("temporal_slots").Update(5)
	m.Timer("temporal_latency").Record(250 * time.Millisecond)

	families, err := registry.Gather()
	require.NoError(t, err)
	values := map[string]float64{}
	for _, f := range families {
		for _, metric := range f.GetMetric() {
			name := f.GetName()
			for _, label := range metric.GetLabel() {
				name += "," + label.GetName() + "=" + label.GetValue()
			}
			values[name] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + metric.GetHistogram().GetSampleSum()
		}
	}
	require.Equal(t, map[string]float64{
		"temporal_request": 2,
		"temporal_request,operation=Start,worker_type=Activity": 7,
		"temporal_slots":           5,
		"temporal_latency_seconds": 0.25,
	}, values)
	_, err = temporal.NewMetrics(prometheus.WrapRegistererWith(nil, failing{registry}))
	require.ErrorContains(t, err, "register Temporal metrics")
}

// failing refuses every collector.
type failing struct{ prometheus.Registerer }

// Register implements prometheus.Registerer.
func (failing) Register(prometheus.Collector) error { return prometheus.AlreadyRegisteredError{} }

func TestSearchAttributesAreAddedOnce(t *testing.T) {
	t.Parallel()
	c, namespace := temporaltest.Client(t)
	require.NoError(t, temporal.EnsureSearchAttributes(t.Context(), c, namespace))
	require.NoError(t, temporal.EnsureSearchAttributes(t.Context(), c, namespace))
	require.Equal(t, []string{"AmountMinor", "DueAt", "Flags", "GameType", "GroupId", "PlayerId", "Stage"}, slices.Sorted(maps.Keys(temporal.SearchAttributes())))
	require.Equal(t, []string{
		"AmountMinor=Int", "DueAt=Datetime", "Flags=KeywordList", "GameType=Keyword", "GroupId=Keyword", "PlayerId=Keyword", "Stage=Keyword",
	}, temporal.AttributeFlags())
}
