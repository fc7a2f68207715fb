// Package proof runs deploy/kubernetes on a real Kubernetes node, with the commands of docs/guides/kubernetes.md. The k6-operator comes
// from a registry of images, so its steps are done here instead: operator_test.go.
package proof
