package command

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/scenario"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/shell"
)

// print prints the command for a shell, and the variables that flags have set.
func (r *scenarioRun) print(w io.Writer, command []string) error {
	var b strings.Builder
	for _, name := range r.flags {
		fmt.Fprintf(&b, "%s=%s ", name, shell.Quote(r.env[name]))
	}
	for i, arg := range command {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(shell.Quote(arg))
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

// announce prints what is about to be loaded, and how much.
func (r *scenarioRun) announce(w io.Writer) error {
	var load []string
	for _, v := range r.scenario.Variables {
		value := r.env[v.Name]
		if value == "" {
			value = v.Default
		}
		if value != "" && !strings.HasSuffix(v.Name, "_URL") {
			load = append(load, v.Name+"="+value)
		}
	}
	lines := [][2]string{{"scenario", r.scenario.Name + ": " + r.scenario.About}}
	for _, t := range []struct{ name, variable string }{
		{"issuer", "ISSUER"}, {"token endpoint", "TOKEN_URL"}, {"API", "API_URL"}, {"client", "CLIENT_ID"},
	} {
		if value := r.env[t.variable]; value != "" {
			lines = append(lines, [2]string{t.name, withoutSecrets(value)})
		}
	}
	lines = append(lines, [2]string{"load", strings.Join(load, " ")})
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%-16s%s\n", l[0], l[1])
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

// withoutSecrets returns a URL without the parts that can hold a secret.
func withoutSecrets(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "…"
	}
	u.User, u.Fragment = nil, ""
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	return u.String()
}

// help prints the head of the scenario and its flags.
func (r *scenarioRun) help(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", wrapped(r.scenario.About, 0))
	for _, s := range r.scenario.Sections {
		fmt.Fprintf(&b, "%s\n\n", wrapped(plain(s.Name+": "+s.Text), 0))
	}
	fmt.Fprintf(&b, "Usage:\n  %s\n", wrapped("k6 x clientcreds run "+r.scenario.Name+" [flags] [-- flags of k6 run]", 6))
	write := func(title string, list []scenario.Variable) {
		fmt.Fprintf(&b, "\n%s:\n", title)
		for _, v := range list {
			meaning := plain(v.Meaning)
			if v.Default != "" {
				meaning += " (default " + v.Default + ")"
			}
			name := "--" + flagName(v.Name)
			if v.Name == secretVariable {
				name = v.Name
			}
			fmt.Fprintf(&b, "  %-27s %s\n", name, wrapped(meaning, 30))
		}
	}
	n := len(r.scenario.Variables)
	write("Flags of this scenario", r.variables[:n])
	write("Flags of all scenarios", append(slices.Clone(r.variables[n:]),
		scenario.Variable{Name: "DRY_RUN", Meaning: "print the k6 command and write the scripts, but do not run them"}))
	writeExitCodes(&b, "run")
	_, err := io.WriteString(w, b.String())
	return err
}
