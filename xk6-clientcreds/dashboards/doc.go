// Package dashboards builds the Grafana dashboards in dashboards/grafana from Go code, with
// Grafana's own schema, so that a panel cannot have a field that Grafana does not know. The tests
// of this package compare the files with the code and every metric that a query names with the
// metrics that the exporter serves.
//
// Nothing of it is in the k6 binary.
package dashboards

//go:generate go run ./generate ../../dashboards/grafana
