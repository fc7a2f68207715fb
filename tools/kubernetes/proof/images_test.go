package proof

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The images are laid out as deploy/Dockerfile lays them out. Nothing is pulled.
const (
	k6Image      = "registry.example.com/xk6-clientcreds/k6:latest-sh"
	k6BareImage  = "registry.example.com/xk6-clientcreds/k6:v0" // latest would be pulled
	starterImage = "ghcr.io/grafana/k6-operator:latest-starter"
	pauseImage   = "local/pause:1"
)

// root is the content of an image: files, folders and links by their paths.
type root struct {
	files   map[string]string // path in the image: file of this machine
	folders []string
	links   map[string]string
	config  object
}

func base() root {
	return root{files: map[string]string{}, links: map[string]string{}, folders: []string{"tmp"}, config: object{
		"User": "65532:65532", "Env": []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/busybox"},
	}}
}

// withShell adds what the variant of distroless with a shell has.
func (r root) withShell(busybox string) (root, error) {
	applets, err := exec.Command(busybox, "--list").Output()
	if err != nil {
		return r, err
	}
	r.folders = append(r.folders, "busybox")
	r.files["busybox/busybox"] = busybox
	for _, applet := range strings.Fields(string(applets)) {
		if applet != "busybox" {
			r.links["busybox/"+applet] = "busybox"
		}
	}
	return r, nil
}

func k6Root(k6, project string) (root, error) {
	r := base()
	r.files["usr/bin/k6"] = k6
	for _, folder := range []string{"scripts", "examples"} {
		err := filepath.WalkDir(filepath.Join(project, folder), func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				relative, _ := filepath.Rel(project, path)
				r.files["k6/"+relative] = path
			}
			return err
		})
		if err != nil {
			return r, err
		}
	}
	r.config["Env"] = append(r.config["Env"].([]string), "K6_AUTO_EXTENSION_RESOLUTION=false", "K6_NO_USAGE_REPORT=true")
	r.config["WorkingDir"], r.config["Entrypoint"], r.config["Cmd"] = "/k6", []string{"/usr/bin/k6"}, []string{"version"}
	return r, nil
}

// load makes an image and gives it to containerd.
func (r root) load(name, dir string) error {
	layer := filepath.Join(dir, "layer.tar")
	digest, err := r.layer(layer)
	if err != nil {
		return err
	}
	config, err := json.Marshal(object{
		"architecture": "amd64", "os": "linux", "config": r.config, "rootfs": object{"type": "layers", "diff_ids": []string{"sha256:" + digest}},
	})
	if err != nil {
		return err
	}
	manifest, err := json.Marshal([]object{{"Config": "config.json", "RepoTags": []string{name}, "Layers": []string{"layer.tar"}}})
	if err != nil {
		return err
	}
	archive := filepath.Join(dir, "image.tar")
	for file, content := range map[string][]byte{"config.json": config, "manifest.json": manifest} {
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			return err
		}
	}
	for _, command := range [][]string{
		{"tar", "-C", dir, "-cf", archive, "manifest.json", "config.json", "layer.tar"},
		{"ctr", "--namespace", "k8s.io", "images", "import", archive},
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, out)
		}
	}
	return nil
}

// layer writes the one layer, and returns its digest.
func (r root) layer(path string) (string, error) {
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	w := tar.NewWriter(io.MultiWriter(file, sum))
	for _, folder := range r.folders {
		mode := int64(0o755)
		if folder == "tmp" {
			mode = 0o1777
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: folder + "/", Mode: mode}); err != nil {
			return "", err
		}
	}
	for name, target := range r.links {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}); err != nil {
			return "", err
		}
	}
	for name, source := range r.files {
		content, err := os.ReadFile(source)
		if err != nil {
			return "", err
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o755, Size: int64(len(content))}); err != nil {
			return "", err
		}
		if _, err := w.Write(content); err != nil {
			return "", err
		}
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}
