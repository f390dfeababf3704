package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics is what operators watch: events must not wait, and none may be parked.
type metrics struct {
	lag      prometheus.Histogram
	failures *prometheus.CounterVec
	parked   *prometheus.CounterVec
	waiting  prometheus.Gauge
	aside    prometheus.Gauge
	oldest   prometheus.Gauge
}

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "fairground_outbox_lag_seconds",
			Help:    "Time from the commit of an event to the end of its handling.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60, 300},
		}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairground_outbox_failures_total", Help: "Failed attempts of a consumer to handle an event.",
		}, []string{"consumer", "type"}),
		parked: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairground_outbox_parked_total", Help: "Events set aside because they kept failing.",
		}, []string{"type"}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{Name: "fairground_outbox_waiting", Help: "Events not handled yet."}),
		aside:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "fairground_outbox_parked", Help: "Events that are set aside now."}),
		oldest:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "fairground_outbox_oldest_seconds", Help: "Age of the oldest event not handled yet."}),
	}
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.lag, m.failures, m.parked, m.waiting, m.aside, m.oldest} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("register outbox metrics: %w", err)
		}
	}
	return m, nil
}

// measure looks at the backlog of all tenants.
func (r *Relay) measure(ctx context.Context) error {
	tenants, err := Tenants(ctx, r.cfg.DB)
	if err != nil {
		return err
	}
	var waiting, aside int64
	var oldest time.Duration
	for _, t := range tenants {
		w, p, age, err := outbox{db: r.cfg.DB, tenant: t}.backlog(ctx)
		if err != nil {
			return err
		}
		waiting, aside, oldest = waiting+w, aside+p, max(oldest, age)
	}
	r.metrics.waiting.Set(float64(waiting))
	r.metrics.aside.Set(float64(aside))
	r.metrics.oldest.Set(oldest.Seconds())
	return nil
}

// prune forgets old events of all tenants.
func (r *Relay) prune(ctx context.Context) error {
	tenants, err := Tenants(ctx, r.cfg.DB)
	for _, t := range tenants {
		err = errors.Join(err, outbox{db: r.cfg.DB, tenant: t}.prune(ctx, r.cfg.Retain))
	}
	return err
}
