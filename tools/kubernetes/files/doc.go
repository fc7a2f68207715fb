// Package files tests deploy/kubernetes without a cluster: what Kustomize makes of it, against the types of Kubernetes, the schema of
// the k6-operator, and the Pod Security Standards.
package files
