package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/google/licensecheck"
	"golang.org/x/mod/module"
)

// licenseFile matches the names under which modules keep their license and what has to go with it.
var licenseFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|unlicense)([-._].*)?$`)

// unlicensed are modules without a file of their license, and what they are licensed under.
var unlicensed = map[string]string{
	// Generated from the protocol buffers of github.com/prometheus/prometheus, whose license they have.
	"buf.build/gen/go/prometheus/prometheus/protocolbuffers/go": "Apache-2.0",
}

// enough is the share of a text, in per cent, that must be a known license for it to be named.
const enough = 75

// copyLicenses copies the license texts of each module in binary to a folder of its own below dir, and writes
// an overview, LICENSES.csv. A module without a license that is known is an error: nobody may hand it on.
func copyLicenses(binary, dir string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	var overview strings.Builder
	overview.WriteString("module,version,license\n")
	var problems []error
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			dep = dep.Replace
		}
		names, err := copyModuleLicenses(dep, dir)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s@%s: %w", dep.Path, dep.Version, err))
			continue
		}
		fmt.Fprintf(&overview, "%s,%s,%s\n", dep.Path, dep.Version, strings.Join(names, " AND "))
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "LICENSES.csv"), []byte(overview.String()), 0o600)
}

// copyModuleLicenses copies the license files of one module and returns the SPDX identifiers of the licenses.
func copyModuleLicenses(dep *debug.Module, dir string) ([]string, error) {
	source, err := moduleFolder(dep)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(source)
	if err != nil {
		return nil, err
	}
	escaped, err := module.EscapePath(dep.Path)
	if err != nil {
		return nil, err
	}
	target := filepath.Join(dir, filepath.FromSlash(escaped))
	if err := os.MkdirAll(target, 0o750); err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() || !licenseFile.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(source, entry.Name())) // #nosec G304 -- a file of the module cache
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(target, entry.Name()), text, 0o600); err != nil {
			return nil, err
		}
		names = append(names, identifiers(text, names)...)
	}
	if name := unlicensed[dep.Path]; name != "" && len(names) == 0 {
		return []string{name}, nil
	}
	if len(names) == 0 {
		return nil, errors.New("no file with a license that is known")
	}
	return names, nil
}

// identifiers are the licenses in text that known does not have yet.
func identifiers(text []byte, known []string) []string {
	cover := licensecheck.Scan(text)
	if cover.Percent < enough {
		return nil
	}
	seen := make(map[string]bool)
	for _, name := range known {
		seen[name] = true
	}
	var names []string
	for _, match := range cover.Match {
		if match.IsURL || seen[match.ID] {
			continue
		}
		seen[match.ID] = true
		names = append(names, match.ID)
	}
	return names
}

// moduleFolder is where the module cache keeps a module, which the build of the binary has put there.
func moduleFolder(dep *debug.Module) (string, error) {
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		return "", fmt.Errorf("go env: %w", err)
	}
	path, err := module.EscapePath(dep.Path)
	if err != nil {
		return "", err
	}
	version, err := module.EscapeVersion(dep.Version)
	if err != nil {
		return "", err
	}
	return filepath.Join(strings.TrimSpace(string(out)), filepath.FromSlash(path)+"@"+version), nil
}
