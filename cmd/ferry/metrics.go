package main

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"ferry/bridge"
)

// Buckets, in seconds. A turn is as long as a model takes, what is ours of it a few milliseconds.
var (
	turnBuckets  = []float64{.1, .25, .5, 1, 2, 3, 4, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120}
	tokenBuckets = []float64{.025, .05, .1, .2, .3, .5, .75, 1, 1.5, 2, 3, 5, 10, 30}
	quickBuckets = []float64{.0005, .001, .002, .003, .005, .0075, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
)

// metrics counts what happens. No label grows with the number of people.
type metrics struct {
	registry *prometheus.Registry

	inbound    *prometheus.CounterVec   // by channel and result
	turns      *prometheus.CounterVec   // by outcome
	turn       prometheus.Histogram     // seconds
	firstToken prometheus.Histogram     // seconds
	overhead   prometheus.Histogram     // seconds
	deliveries *prometheus.CounterVec   // by channel and outcome
	units      *prometheus.CounterVec   // by channel
	funnel     *prometheus.CounterVec   // by step and channel
	fenced     prometheus.Counter       //
	tokens     *prometheus.CounterVec   // by kind
	webhooks   *prometheus.HistogramVec // seconds, by channel
}

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "ferry", Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "ferry", Name: name, Help: help, Buckets: buckets})
	}
	m := &metrics{
		registry:   prometheus.NewRegistry(),
		inbound:    counter("inbound_total", "Messages that channels brought, by what became of them.", "channel", "result"),
		turns:      counter("turns_total", "Turns that asked the model, by how they ended.", "outcome"),
		turn:       histogram("turn_seconds", "How long turns took.", turnBuckets),
		firstToken: histogram("first_token_seconds", "From the request to the model to the first piece of its answer.", tokenBuckets),
		overhead:   histogram("bridge_overhead_seconds", "From the receipt of a message to the request to the model.", quickBuckets),
		deliveries: counter("deliveries_total", "Attempts to send a part of an answer, by how they ended.", "channel", "outcome"),
		units:      counter("delivery_units_total", "What was sent where sending costs money, in the units that it is paid by: segments of SMS.", "channel"),
		funnel:     counter("funnel_total", "People who came a step further over to another channel, each once.", "step", "channel"),
		fenced: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "ferry", Name: "fenced_total", Help: "Leases that turned out to be somebody else's.",
		}),
		tokens: counter("model_tokens_total", "Tokens that answers cost.", "kind"),
		webhooks: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "ferry", Name: "webhook_seconds", Help: "How long webhooks took to be answered.", Buckets: quickBuckets,
		}, []string{"channel"}),
	}
	m.registry.MustRegister(
		m.inbound, m.turns, m.turn, m.firstToken, m.overhead, m.deliveries, m.units, m.funnel, m.fenced, m.tokens, m.webhooks,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// connections adds how many people a channel is connected to.
func (m *metrics) connections(channel string, count func() int64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "ferry", Name: channel + "_connections", Help: "Streams of events that are open.",
	}, func() float64 { return float64(count()) }))
}

// trace returns what the engine tells the metrics.
func (m *metrics) trace() bridge.Trace {
	return bridge.Trace{
		Received:   func(channel, result string) { m.inbound.WithLabelValues(channel, result).Inc() },
		Asked:      func(d time.Duration) { m.overhead.Observe(d.Seconds()) },
		FirstToken: func(d time.Duration) { m.firstToken.Observe(d.Seconds()) },
		Turn: func(outcome string, d time.Duration) {
			m.turns.WithLabelValues(outcome).Inc()
			m.turn.Observe(d.Seconds())
		},
		Tokens:   func(kind string, n int) { m.tokens.WithLabelValues(kind).Add(float64(n)) },
		Delivery: func(channel, outcome string) { m.deliveries.WithLabelValues(channel, outcome).Inc() },
		Cost:     func(channel string, units int) { m.units.WithLabelValues(channel).Add(float64(units)) },
		Funnel:   func(step, channel string) { m.funnel.WithLabelValues(step, channel).Inc() },
		Fenced:   m.fenced.Inc,
	}
}

// observe adds what the engine is asked for at each scrape.
func (m *metrics) observe(e *bridge.Engine) {
	m.registry.MustRegister(&engineCollector{engine: e})
}

var (
	lanesDesc = prometheus.NewDesc("ferry_lanes", "Lanes of people and addresses with something to do, by whether it is being done.", []string{"state"}, nil)
	deadDesc  = prometheus.NewDesc("ferry_dead_letters", "Messages that were given up on.", nil, nil)
	upDesc    = prometheus.NewDesc("ferry_channel_up", "Whether a channel works, here or, if only one process may work on it, in another.", []string{"channel"}, nil)
)

// What a census of the store may cost.
const (
	censusEvery   = 2 * time.Second
	censusTimeout = 2 * time.Second
)

// An engineCollector asks an engine how things stand. While the store is away there are no lanes to
// tell of.
type engineCollector struct {
	engine *bridge.Engine

	mu     sync.Mutex
	taken  time.Time
	census bridge.Census
	err    error
}

// Describe implements prometheus.Collector.
func (c *engineCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- lanesDesc
	ch <- deadDesc
	ch <- upDesc
}

// Collect implements prometheus.Collector.
func (c *engineCollector) Collect(ch chan<- prometheus.Metric) {
	for _, s := range c.engine.States() {
		up := 0.0
		if s.State == bridge.Up || s.State == bridge.Standby {
			up = 1
		}
		ch <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, up, s.Channel)
	}
	census, err := c.count()
	if err != nil {
		return
	}
	ch <- prometheus.MustNewConstMetric(lanesDesc, prometheus.GaugeValue, float64(census.Ready), "ready")
	ch <- prometheus.MustNewConstMetric(lanesDesc, prometheus.GaugeValue, float64(census.Leased), "leased")
	ch <- prometheus.MustNewConstMetric(deadDesc, prometheus.GaugeValue, float64(census.Dead))
}

func (c *engineCollector) count() (bridge.Census, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.taken) < censusEvery {
		return c.census, c.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), censusTimeout)
	defer cancel()
	c.census, c.err = c.engine.Store.Census(ctx)
	c.taken = time.Now()
	return c.census, c.err
}
