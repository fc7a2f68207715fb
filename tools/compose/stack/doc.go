// Package stack runs docker-compose.yml on a Docker engine, as far as it goes without a registry: our
// image and a Prometheus, both built from nothing but their binaries. `make test-compose` provides what
// it needs. Grafana and Keycloak are not part of it.
package stack
