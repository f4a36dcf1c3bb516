package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics counts what happens, and reads how things stand when it is asked. A label is a word of ours (a route, a status class,
// a grant type), never a client, a person, a path or an address: there are a few hundred series, whatever visitors send. A nil one counts nothing.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
	signIns  *prometheus.CounterVec
	tries    *prometheus.CounterVec
	tokens   *prometheus.CounterVec
	logouts  *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "doorward_" + name, Help: help}, labels)
		m.registry.MustRegister(vec)
		return vec
	}
	m.requests = counter("http_requests_total", "Requests by route, method and status class.", "route", "method", "class")
	m.signIns = counter("sign_ins_total", "Sign-ins that were finished, by the methods that were proved (RFC 8176).", "way")
	m.tries = counter("sign_in_tries_total", "What came of each step of a sign-in, in the words of the events.", "kind", "result")
	m.tokens = counter("tokens_total", "Answers of the token endpoint with tokens, by grant type.", "grant")
	m.logouts = counter("logouts_total", "Tries to tell an application that a session has ended.", "result")
	for _, result := range []string{"delivered", "retried", "failed"} {
		m.logouts.WithLabelValues(result) // so that it stands at 0 before the first
	}
	m.latency = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "doorward_http_request_seconds", Help: "Time to the end of a request, by route and status class.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"route", "class"})
	m.registry.MustRegister(m.latency, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.gauge("build_info", "1; which build this is stands in the labels.",
		prometheus.Labels{"version": version(), "go": runtime.Version()}, func() float64 { return 1 })
	return m
}

// observer is who is told of requests; nil, where nobody asks for metrics.
func (m *metrics) observer() func(web.Observation) {
	if m == nil {
		return nil
	}
	return m.request
}

func (m *metrics) request(o web.Observation) {
	class := "broken" // no answer began
	if o.Status > 0 {
		class = fmt.Sprintf("%dxx", o.Status/100)
	}
	m.requests.WithLabelValues(o.Route, o.Method, class).Inc()
	m.latency.WithLabelValues(o.Route, class).Observe(o.Duration.Seconds())
}

func (m *metrics) tried(o login.Outcome) {
	if m == nil {
		return
	}
	m.tries.WithLabelValues(o.Kind, o.Result).Inc()
	if o.Methods != nil {
		m.signIns.WithLabelValues(strings.Join(o.Methods, "+")).Inc()
	}
}

func (m *metrics) minted(grantType string) {
	if m != nil {
		m.tokens.WithLabelValues(grantType).Inc()
	}
}

func (m *metrics) told(result string) {
	if m != nil {
		m.logouts.WithLabelValues(result).Inc()
	}
}

func (m *metrics) gauge(name, help string, labels prometheus.Labels, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "doorward_" + name, Help: help, ConstLabels: labels}, value))
}

func (m *metrics) count(name, help string, labels prometheus.Labels, value func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "doorward_" + name, Help: help, ConstLabels: labels}, value))
}

// readDatabase reads how busy the database is.
func (m *metrics) readDatabase(db *storage.DB) {
	m.gauge("database_connections", "Connections of the pool.", prometheus.Labels{"state": "open"}, func() float64 { return float64(db.Stats().Open) })
	m.gauge("database_connections", "Connections of the pool.", prometheus.Labels{"state": "in_use"}, func() float64 { return float64(db.Stats().InUse) })
	m.gauge("database_connections", "Connections of the pool.", prometheus.Labels{"state": "most"}, func() float64 { return float64(db.Stats().Most) })
	m.count("database_waits_total", "How often somebody waited for a connection.", nil, func() float64 { return float64(db.Stats().Waits) })
	m.count("database_wait_seconds_total", "How long, in all.", nil, func() float64 { return db.Stats().Waited.Seconds() })
	if db.Kind() == "sqlite" {
		m.registry.MustRegister(batches{db})
	}
	m.registry.MustRegister(untold{db})
}

// readKeys reads the password queue and the ages of the signing keys.
func (m *metrics) readKeys(k *keys.Keys) {
	m.gauge("passwords_in_queue", "Passwords that are being hashed, or wait for it.", nil, func() float64 { return float64(k.Passwords.Load()) })
	m.count("passwords_refused_total", "Sign-ins that were refused since the queue was full or too slow.", nil,
		func() float64 { return float64(k.Passwords.Refused()) })
	for _, alg := range k.Ring.Algorithms() {
		labels := prometheus.Labels{"alg": alg}
		m.gauge("signing_key_age_seconds", "How long the present key has signed.", labels, func() float64 {
			return ageOf(k, alg, func(a keys.SigningAge) time.Duration { return time.Since(a.Since) })
		})
		m.gauge("signing_key_rotation_seconds", "How long until its successor signs; below zero, rotation fails.", labels, func() float64 {
			return ageOf(k, alg, func(a keys.SigningAge) time.Duration { return time.Until(a.Successor) })
		})
	}
}

func ageOf(k *keys.Keys, alg string, of func(keys.SigningAge) time.Duration) float64 {
	for _, age := range k.Ring.Ages() {
		if age.Alg == alg {
			return of(age).Seconds()
		}
	}
	return 0
}

// readMail reads how letters fare. The outbox is another after a change of settings, and counts anew; nil: there is none.
func (m *metrics) readMail(outbox func() *mail.Outbox) {
	stats := func() mail.Stats {
		if o := outbox(); o != nil {
			return o.Stats()
		}
		return mail.Stats{}
	}
	m.gauge("outbox_letters", "Letters that wait, of all nodes.", nil, func() float64 { return float64(stats().Waiting) })
	m.gauge("outbox_oldest_seconds", "The age of the oldest letter that waits.", nil, func() float64 { return stats().Oldest.Seconds() })
	m.gauge("mail_down", "1 while the mail server takes nothing, and neither do we.", nil, func() float64 {
		if stats().Down {
			return 1
		}
		return 0
	})
	const name, help = "letters_total", "What became of letters."
	m.count(name, help, prometheus.Labels{"result": "sent"}, func() float64 { return float64(stats().Sent) })
	m.count(name, help, prometheus.Labels{"result": "failed"}, func() float64 { return float64(stats().Failed) })
	m.count(name, help, prometheus.Labels{"result": "expired"}, func() float64 { return float64(stats().Expired) })
}

func (m *metrics) readCertificate(c *certificates) {
	m.gauge("certificate_days_left", "Days until the certificate ends; below zero, it has ended.", nil,
		func() float64 { return c.left().Hours() / 24 })
}

// batches shows the sizes of group commits as a histogram.
type batches struct{ db *storage.DB }

var batchSizes = prometheus.NewDesc("doorward_commit_works", "Units of work in a group commit.", nil, nil)

// Describe implements prometheus.Collector.
func (batches) Describe(to chan<- *prometheus.Desc) { to <- batchSizes }

// Collect implements prometheus.Collector.
func (b batches) Collect(to chan<- prometheus.Metric) {
	s := b.db.Stats().Batches
	buckets := map[float64]uint64{}
	for size, commits := range s.UpTo {
		buckets[float64(size)] = uint64(commits)
	}
	to <- prometheus.MustNewConstHistogram(batchSizes, uint64(s.Commits), float64(s.Works), buckets)
}
