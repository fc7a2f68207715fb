// Package prometheus tests metrics, rules, and dashboards with a real Prometheus.
package prometheus
