// Package files tests the files of a deployment without an engine: docker-compose.yml, the
// configurations it mounts, and the Keycloak realm.
package files
