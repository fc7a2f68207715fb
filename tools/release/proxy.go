package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// writeProxy writes the committed state of the repository in the working directory as one version of
// its module. The files have the layout of a module proxy, so the go command builds from them what
// it would build from a published version.
func writeProxy(path, version, dir string) error {
	if err := module.Check(path, version); err != nil {
		return err
	}
	escaped, err := module.EscapePath(path)
	if err != nil {
		return err
	}
	versions := filepath.Join(dir, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(versions, 0o750); err != nil {
		return err
	}
	committed, err := commitTime()
	if err != nil {
		return err
	}
	info, err := json.Marshal(struct {
		Version string
		Time    time.Time
	}{version, committed})
	if err != nil {
		return err
	}
	gomod, err := git("show", "HEAD:go.mod")
	if err != nil {
		return err
	}
	files := map[string][]byte{"list": []byte(version + "\n"), version + ".info": info, version + ".mod": gomod}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(versions, name), content, 0o600); err != nil {
			return err
		}
	}
	return writeZip(filepath.Join(versions, version+".zip"), module.Version{Path: path, Version: version})
}

// writeZip writes the module's files. Folders with a go.mod of their own, such as the tools, are not part of it.
func writeZip(name string, m module.Version) (err error) {
	exported, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(exported)) }()
	tree := filepath.Join(exported, "HEAD.tar")
	if _, err := git("archive", "--format=tar", "--output="+tree, "HEAD"); err != nil {
		return err
	}
	if out, err := exec.Command("tar", "-xf", tree, "-C", exported).CombinedOutput(); err != nil { // #nosec G204 -- as above
		return fmt.Errorf("tar: %w: %s", err, out)
	}
	if err := os.Remove(tree); err != nil {
		return err
	}
	f, err := os.Create(name) // #nosec G304 -- the caller names it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return zip.CreateFromDir(f, m, exported)
}

func commitTime() (time.Time, error) {
	text, err := git("show", "--no-patch", "--format=%cI", "HEAD")
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339, strings.TrimSpace(string(text)))
	return t.UTC(), err
}

func git(args ...string) ([]byte, error) {
	out, err := exec.Command("git", args...).Output() // #nosec G204 -- arguments are this program's own
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(string(exit.Stderr)))
	}
	return out, err
}
