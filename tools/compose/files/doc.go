// Package files tests the files of a deployment without an engine: docker-compose.yml, the
// configurations it mounts, the Keycloak realm and the TestRun of the k6-operator.
package files
