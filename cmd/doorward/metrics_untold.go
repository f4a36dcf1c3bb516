package main

import (
	"context"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/prometheus/client_golang/prometheus"
)

// untold shows what applications are still to be told of sign-outs, by one read each time somebody asks. While the database is away
// there are no such figures.
type untold struct{ db *storage.DB }

const untoldPatience = 2 * time.Second

var (
	logoutsWaiting = prometheus.NewDesc("doorward_logouts_waiting", "Sign-outs that applications are still to be told, of all nodes.", nil, nil)
	logoutsOldest  = prometheus.NewDesc("doorward_logouts_oldest_seconds", "How long ago the oldest of them was.", nil, nil)
)

// Describe implements prometheus.Collector.
func (untold) Describe(to chan<- *prometheus.Desc) { to <- logoutsWaiting; to <- logoutsOldest }

// Collect implements prometheus.Collector.
func (u untold) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), untoldPatience)
	defer cancel()
	queue, err := u.db.LogoutQueue(ctx)
	if err != nil {
		return
	}
	age := time.Duration(0)
	if !queue.Oldest.IsZero() {
		age = max(0, u.db.Now().Sub(queue.Oldest))
	}
	to <- prometheus.MustNewConstMetric(logoutsWaiting, prometheus.GaugeValue, float64(queue.Waiting))
	to <- prometheus.MustNewConstMetric(logoutsOldest, prometheus.GaugeValue, age.Seconds())
}
