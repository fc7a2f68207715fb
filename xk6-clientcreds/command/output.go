package command

import (
	"bytes"
	"io"
	"path/filepath"

	"github.com/spf13/pflag"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/outfile"
)

// standardOutput is the name of standard output where a flag names a file.
const standardOutput = "-"

// output is a file that a flag names.
type output struct {
	flag string // as users write it, such as --markdown
	path string // "" for none
}

func (o *output) isStandard() bool { return o.path == standardOutput }

// check returns an error if the file cannot be written, or if it has content and force is not set. Commands call it
// before they do anything.
func (o *output) check(force bool) error {
	if o.path == "" || o.isStandard() {
		return nil
	}
	if !force && outfile.HasContent(o.path) {
		return invalidf("%s: %q exists; choose another name, or overwrite the file with --force", o.flag, o.path)
	}
	if err := outfile.Check(o.path); err != nil {
		return invalidf("%s: %w", o.flag, err)
	}
	return nil
}

// write writes what form writes: to the file, or to standard output.
func (o *output) write(gs *state.GlobalState, form func(io.Writer) error) error {
	if o.path == "" {
		return nil
	}
	var content bytes.Buffer
	if err := form(&content); err != nil {
		return err
	}
	if o.isStandard() {
		// To the terminal itself: k6's writer around it ends each line with a control sequence.
		_, err := gs.Stdout.Writer.Write(content.Bytes())
		return err
	}
	if err := outfile.Write(o.path, content.Bytes(), 0o644); err != nil {
		return invalidf("%s: %w", o.flag, err)
	}
	return nil
}

// located returns the path of a file or a folder that the user names.
func located(gs *state.GlobalState, name string) (string, error) {
	if filepath.IsAbs(name) {
		return name, nil
	}
	dir, err := gs.Getwd()
	return filepath.Join(dir, name), err
}

// declareForce declares the flag that all commands with files have.
func declareForce(set *pflag.FlagSet, force *bool) {
	set.BoolVar(force, "force", false, "overwrite existing files")
}

// result is the main output of a command: text for people, or JSON for programs. If it goes to a file, standard output
// has the text as well.
type result struct {
	output
	asJSON bool
	force  bool
}

func (r *result) declare(set *pflag.FlagSet) {
	r.flag = "--output"
	set.BoolVar(&r.asJSON, "json", false, "write JSON instead of text")
	set.StringVarP(&r.path, "output", "o", standardOutput, "`file` for the result; - is standard output")
	declareForce(set, &r.force)
}

func (r *result) check() error {
	if r.path == "" {
		return invalidf("--output is empty; name a file, or - for standard output")
	}
	return r.output.check(r.force)
}

// write writes the result in the form that the flags choose. The text for standard output may have colors if that is a
// terminal. quiet keeps the text off standard output.
func (r *result) write(gs *state.GlobalState, quiet bool, text func(w io.Writer, colors bool) error,
	json func(io.Writer) error,
) error {
	colored := func(w io.Writer) error { return text(w, gs.Stdout.IsTTY && !gs.Flags.NoColor) }
	switch {
	case r.isStandard() && r.asJSON:
		return r.output.write(gs, json)
	case r.isStandard():
		return r.output.write(gs, colored)
	}
	if !quiet {
		if err := (&output{path: standardOutput}).write(gs, colored); err != nil {
			return err
		}
	}
	if r.asJSON {
		return r.output.write(gs, json)
	}
	return r.output.write(gs, func(w io.Writer) error { return text(w, false) })
}
