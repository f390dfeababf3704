package temporal

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
)

// NewMetrics returns a metrics handler for the Temporal SDK that publishes through registerer.
// Durations are histograms in seconds.
func NewMetrics(registerer prometheus.Registerer) (client.MetricsHandler, error) {
	s := &series{byKey: map[string]prometheus.Metric{}}
	if err := registerer.Register(s); err != nil {
		return nil, fmt.Errorf("register Temporal metrics: %w", err)
	}
	return metricsHandler{series: s}, nil
}

// series holds every metric the SDK has asked for. The SDK uses one name with different sets of
// tags, which a vector cannot hold; a collector that describes nothing may.
type series struct {
	mu    sync.Mutex
	byKey map[string]prometheus.Metric
}

// Describe implements prometheus.Collector. It sends nothing: see series.
func (*series) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (s *series) Collect(ch chan<- prometheus.Metric) {
	s.mu.Lock()
	all := slices.Collect(maps.Values(s.byKey))
	s.mu.Unlock()
	for _, m := range all {
		ch <- m
	}
}

// metric returns the metric of this name and these tags, made by build at its first use.
func metric[M prometheus.Metric](s *series, name string, tags map[string]string, build func(name string, labels prometheus.Labels) M) M {
	labels := prometheus.Labels{}
	key := strings.Builder{}
	key.WriteString(name)
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		labels[sanitize(k)] = tags[k]
		key.WriteString("\x00" + k + "\x00" + tags[k])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.byKey[key.String()].(M); ok {
		return known
	}
	made := build(sanitize(name), labels)
	s.byKey[key.String()] = made
	return made
}

// sanitize makes a name that Prometheus accepts.
func sanitize(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			return r
		default:
			return '_'
		}
	}, name)
}

// metricsHandler implements client.MetricsHandler.
type metricsHandler struct {
	series *series
	tags   map[string]string
}

// WithTags implements client.MetricsHandler.
func (h metricsHandler) WithTags(tags map[string]string) client.MetricsHandler {
	merged := maps.Clone(h.tags)
	if merged == nil {
		merged = map[string]string{}
	}
	maps.Copy(merged, tags)
	return metricsHandler{series: h.series, tags: merged}
}

// Counter implements client.MetricsHandler.
func (h metricsHandler) Counter(name string) client.MetricsCounter {
	return counter{metric(h.series, name, h.tags, func(name string, labels prometheus.Labels) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels})
	})}
}

// Gauge implements client.MetricsHandler.
func (h metricsHandler) Gauge(name string) client.MetricsGauge {
	return gauge{metric(h.series, name, h.tags, func(name string, labels prometheus.Labels) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels})
	})}
}

// Timer implements client.MetricsHandler.
func (h metricsHandler) Timer(name string) client.MetricsTimer {
	return timer{metric(h.series, name+"_seconds", h.tags, func(name string, labels prometheus.Labels) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: name, Help: help, ConstLabels: labels,
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		})
	})}
}

const help = "Recorded by the Temporal SDK."

type counter struct{ prometheus.Counter }

// Inc implements client.MetricsCounter.
func (c counter) Inc(n int64) { c.Add(float64(n)) }

type gauge struct{ prometheus.Gauge }

// Update implements client.MetricsGauge.
func (g gauge) Update(v float64) { g.Set(v) }

type timer struct{ prometheus.Histogram }

// Record implements client.MetricsTimer.
func (t timer) Record(d time.Duration) { t.Observe(d.Seconds()) }
