package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.k6.io/k6/v2/cmd/state"
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/command"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/exporter"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsmodule"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// metricsList lists the metrics of the module.
func metricsList() string {
	kinds := map[metrics.MetricType]string{
		metrics.Counter: "Counter", metrics.Rate: "Rate", metrics.Trend: "Trend", metrics.Gauge: "Gauge",
	}
	var b strings.Builder
	for _, m := range jsmodule.Metrics() {
		fmt.Fprintf(&b, "- **`%s`** · %s", m.Name, kinds[m.Type])
		if m.Time {
			b.WriteString(" in milliseconds")
		}
		if len(m.Tags) > 0 {
			fmt.Fprintf(&b, " · tags `%s`", strings.Join(m.Tags, "`, `"))
		}
		fmt.Fprintf(&b, "<br>\n  %s\n", m.Help)
	}
	return b.String()
}

// tagsList lists the tags of these metrics.
func tagsList() string {
	var b strings.Builder
	for _, t := range jsmodule.Tags() {
		fmt.Fprintf(&b, "- **`%s`**: %s\n", t.Name, t.Help)
	}
	return b.String()
}

// errorsTable lists the error codes: those that an RFC registers, or the classes of other failures.
func errorsTable(args []string) (string, error) {
	if len(args) != 1 || args[0] != "registered" && args[0] != "classes" {
		return "", fmt.Errorf("errors has %q; use one of registered, classes", args)
	}
	var b strings.Builder
	if args[0] == "registered" {
		b.WriteString("| Code | Registered in | Meaning | Retried |\n|---|---|---|---|\n")
	} else {
		b.WriteString("| Class | Meaning | Retried |\n|---|---|---|\n")
	}
	for _, c := range oauth.Codes() {
		if (c.Source == "") != (args[0] == "classes") {
			continue
		}
		source := ""
		if c.Source != "" {
			source = " " + c.Source + " |"
		}
		fmt.Fprintf(&b, "| `%s` |%s %s | %s |\n", c.Code, source, c.Meaning, c.Retry)
	}
	return b.String(), nil
}

// rootCommand is k6 x clientcreds, for its help.
func rootCommand() *cobra.Command {
	return command.New(&state.GlobalState{Env: map[string]string{}, Stdout: nil, Stderr: nil}, nil)
}

// documented returns the commands below root that do something: a command without flags that has subcommands only
// groups them.
func documented(root *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && (!c.HasSubCommands() || c.HasAvailableLocalFlags()) {
			list = append(list, c)
		}
		list = append(list, documented(c)...)
	}
	return list
}

// commandsList describes the commands and their flags, as --help does.
func commandsList() string {
	var b strings.Builder
	for _, c := range documented(rootCommand()) {
		group := strings.TrimSuffix(strings.TrimPrefix(c.CommandPath(), command.Name+" "), c.Name())
		fmt.Fprintf(&b, "## `k6 x clientcreds %s%s`\n\n%s.\n\n```text\nk6 x clientcreds %s%s\n```\n\n",
			group, c.Name(), c.Short, group, c.Use)
		if !c.HasAvailableLocalFlags() {
			continue
		}
		for _, g := range command.FlagGroups(c) {
			if g.Title != "" {
				fmt.Fprintf(&b, "**%s**\n\n", g.Title)
			}
			writeFlags(&b, g.Flags)
		}
	}
	return b.String()
}

// writeFlags writes a table of flags.
func writeFlags(b *strings.Builder, flags *pflag.FlagSet) {
	b.WriteString("| Flag | Default | Meaning |\n|---|---|---|\n")
	flags.VisitAll(func(f *pflag.Flag) {
		kind, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if kind != "" {
			name += " " + strings.ReplaceAll(kind, "|", `\|`)
		}
		initial := f.DefValue
		switch initial {
		case "", "false", "[]", "0", "0s":
			initial = ""
		default:
			initial = "`" + initial + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", name, initial, strings.ReplaceAll(usage, "|", `\|`))
	})
	b.WriteString("\n")
}

// exitCodesTable lists the exit codes, which are the same in all commands.
func exitCodesTable() string {
	var b strings.Builder
	b.WriteString("| Exit code | Meaning | Commands |\n|---|---|---|\n")
	for _, c := range command.ExitCodes() {
		commands := "all"
		if c.Commands != nil {
			commands = "`" + strings.Join(c.Commands, "`, `") + "`"
		}
		meaning := c.Meaning
		for _, name := range slices.Sorted(maps.Keys(c.By)) {
			if meaning != "" {
				meaning += "<br>"
			}
			meaning += "`" + name + "`: " + c.By[name]
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", c.Code, meaning, commands)
	}
	return b.String()
}

// prometheusList lists the options of -o prometheus, or the metrics that it adds to the metrics of the test.
func prometheusList(args []string) (string, error) {
	var b strings.Builder
	switch strings.Join(args, " ") {
	case "options":
		for _, o := range exporter.Options() {
			fmt.Fprintf(&b, "- **`%s`** · `%s`", o.Name, o.Variable)
			if o.Default != "" {
				fmt.Fprintf(&b, " · default `%s`", o.Default)
			}
			fmt.Fprintf(&b, "<br>\n  %s\n", o.Help)
		}
	case "metrics":
		b.WriteString("| Metric | Labels | Meaning |\n|---|---|---|\n")
		for _, m := range exporter.OwnMetrics() {
			labels := ""
			if len(m.Labels) > 0 {
				labels = "`" + strings.Join(m.Labels, "` `") + "`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", m.Name, labels, m.Help)
		}
	default:
		return "", fmt.Errorf("prometheus has %q; use one of options, metrics", args)
	}
	return b.String(), nil
}

// setting is a variable of the environment that the extension reads in every run.
type setting struct{ name, help string }

// settings are these variables, except for the variables of -o prometheus. A test compares them with the code.
var settings = []setting{
	{
		"CLIENTCREDS_ALLOW_HOSTS",
		"The only authorization servers and APIs to which clients send requests: hosts, hosts with a port, and domains " +
			"such as `*.example.com`, separated by commas or spaces. `-e` also works. By default, every host. See " +
			"[security.md](../guides/security.md#guard-rails).",
	},
	{"K6_CLIENTCREDS_ALLOW", "Rules that a run may break without being `INVALID`: names, or `name=limit`, separated by " +
		"spaces or commas. " +
		"It adds to `options.ext.clientcreds.allow`. See [validity.md](../guides/validity.md)."},
	{"K6_CLIENTCREDS_EXIT_CODE", "`verdict`: k6 exits with the verdict on the run. `k6`: k6 keeps its own exit code. " +
		"It takes precedence over `options.ext.clientcreds.exitCode`."},
	{"K6_CLIENTCREDS_RECORD_FILE", "File of `-o clientcreds-record`. The default is `clientcreds-record.json`."},
	{
		"K6_CLIENTCREDS_RECORD_COMMIT",
		"Commit in the run record. By default, the record contains the commit of the working directory's Git repository. " +
			"With `BASE_` or `HEAD_` before it: the commit of that side of a [paired run](../guides/regression.md).",
	},
	{
		"K6_CLIENTCREDS_RECORD_RULES",
		"File with [rules](../guides/compare.md#rules). A [paired run](../guides/regression.md) ends as soon as they are " +
			"decided.",
	},
	{
		"K6_CLIENTCREDS_RECORD_SCRAPE",
		"[Servers under test](record.md#metrics-of-the-server-under-test) whose metrics are recorded: `NAME=URL`, separated " +
			"by spaces.",
	},
	{"K6_CLIENTCREDS_RECORD_SCRAPE_METRICS", "Further metrics of these servers to record: patterns, separated by spaces."},
	{"K6_CLIENTCREDS_RECORD_SCRAPE_CPUS", "CPUs that these servers may use: `NAME=NUMBER`, separated by spaces."},
	{
		"K6_CLIENTCREDS_RECORD_SCRAPE_TOKEN_",
		"Bearer token for the metrics of a server, whose name follows in capitals: `K6_CLIENTCREDS_RECORD_SCRAPE_TOKEN_IDP`.",
	},
}

// settingsList lists the variables.
func settingsList() string {
	var b strings.Builder
	for _, s := range settings {
		fmt.Fprintf(&b, "- **`%s`**: %s\n", s.name, s.help)
	}
	return b.String()
}
