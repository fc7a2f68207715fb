package proof

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// evidence collects the content of docs/evidence/kubernetes.md.
var evidence shown

var spaces = regexp.MustCompile(`(?m) +$`)

type shown struct{ counts, parts []string }

// add keeps the commands of a test with their output.
func (e *shown) add(title string, s *terminal) {
	text := spaces.ReplaceAllString(strings.ReplaceAll(s.shown.String(), s.dir, "~"), "")
	e.parts = append(e.parts, fmt.Sprintf("## %s\n\n```text\n%s\n```\n", title, strings.TrimSpace(text)))
}

const introduction = `# Kubernetes

<!-- ` + "`make kubernetes`" + ` writes this page. -->

The commands of [Kubernetes](../guides/kubernetes.md) and their output on a real node: Kubernetes %s with containerd, in namespaces of its
own. The server under test is ` + "`k6 x clientcreds serve`" + ` in a pod. The k6-operator comes from a registry, so a test performs the steps of
version 1.6.0 instead: the same Jobs, Services, labels, segments, and arguments, in the same order. Two pods share four virtual users.

| | Server | Pods | Prometheus | Merged record |
|---|---|---|---|---|
%s

`

func (e *shown) write() error {
	text := fmt.Sprintf(introduction, os.Getenv("KUBERNETES_VERSION"), strings.Join(e.counts, "\n")) + strings.Join(e.parts, "\n")
	return os.WriteFile(filepath.Join(project, "docs/evidence/kubernetes.md"), []byte(text), 0o644) // #nosec G306 -- a page of the project
}
