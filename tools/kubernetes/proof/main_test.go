package proof

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var (
	update  = flag.Bool("update", false, "write docs/evidence/kubernetes.md")
	project = os.Getenv("PROJECT_ROOT")
	guide   page
)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := onNode(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// onNode prepares the node: images, the definition of TestRuns, and an operator.
func onNode(m *testing.M) (int, error) {
	for _, name := range []string{"PROJECT_ROOT", "K6_BIN", "STANDIN_BIN", "PROMETHEUS_KUBERNETES_BIN", "KUBECONFIG"} {
		if os.Getenv(name) == "" {
			return 1, fmt.Errorf("%s must be set; `make test-kubernetes` does", name)
		}
	}
	var err error
	if guide, err = readPage(filepath.Join(project, "docs/guides/kubernetes.md")); err != nil {
		return 1, err
	}
	if err := loadImages(); err != nil {
		return 1, err
	}
	definition := filepath.Join(project, "tools/kubernetes/files/testdata/k6.io_testruns.yaml")
	if out, err := exec.Command("kubectl", "apply", "--server-side", "--filename", definition).CombinedOutput(); err != nil {
		return 1, fmt.Errorf("kubectl apply: %w: %s", err, out)
	}
	api, err := connect()
	if err != nil {
		return 1, err
	}
	if err := api.serves("/apis/k6.io/v1alpha1/testruns"); err != nil {
		return 1, err
	}
	operator := startOperator(api)
	code := m.Run()
	if err := operator.close(); err != nil && code != 0 {
		fmt.Fprintln(os.Stderr, "the operator:", err)
	}
	if code != 0 || flag.Lookup("test.run").Value.String() != "" {
		return code, nil
	}
	if untried := guide.untried(); len(untried) > 0 {
		return 1, fmt.Errorf("no test runs these commands of docs/guides/kubernetes.md:\n%s", strings.Join(untried, "\n"))
	}
	if *update {
		return code, evidence.write()
	}
	return code, nil
}

func loadImages() error {
	dir, err := os.MkdirTemp("", "images-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return err
	}
	standIn := os.Getenv("STANDIN_BIN")
	pause := base()
	pause.files["pause"] = standIn
	pause.config["Entrypoint"] = []string{"/pause"}
	starter, err := base().withShell(busybox)
	if err != nil {
		return err
	}
	starter.files["usr/bin/curl"] = standIn
	bare, err := k6Root(os.Getenv("K6_BIN"), project)
	if err != nil {
		return err
	}
	if err := bare.load(k6BareImage, dir); err != nil {
		return err
	}
	withShell, err := bare.withShell(busybox)
	if err != nil {
		return err
	}
	for name, image := range map[string]root{pauseImage: pause, starterImage: starter, k6Image: withShell} {
		if err := image.load(name, dir); err != nil {
			return err
		}
	}
	return nil
}
