package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// source is a package with its types.
type source struct {
	ImportPath, Dir, Name, Export string // as go list has them
	GoFiles                       []string

	variables bool // constants become variables where they can

	set   *token.FileSet
	files []*ast.File
	text  map[*ast.File][]byte
	types map[ast.Expr]types.TypeAndValue
}

func parse(folder string) (*source, error) {
	list := exec.Command(realGo(), "list", "-export", "-deps", "-json=ImportPath,Dir,Name,Export,GoFiles", folder)
	list.Stderr = os.Stderr
	listed, err := list.Output()
	if err != nil {
		return nil, err
	}
	var pkg *source // the last one that is listed
	exports := map[string]string{}
	for all := json.NewDecoder(bytes.NewReader(listed)); ; {
		next := &source{}
		if err := all.Decode(next); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		exports[next.ImportPath] = next.Export
		pkg = next
	}
	pkg.set, pkg.text, pkg.types = token.NewFileSet(), map[*ast.File][]byte{}, map[ast.Expr]types.TypeAndValue{}
	for _, name := range pkg.GoFiles {
		text, err := os.ReadFile(filepath.Join(pkg.Dir, name))
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(pkg.set, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		pkg.files, pkg.text[file] = append(pkg.files, file), text
	}
	config := types.Config{Importer: importer.ForCompiler(pkg.set, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})}
	_, err = config.Check(pkg.ImportPath, pkg.set, pkg.files, &types.Info{Types: pkg.types})
	return pkg, err
}
