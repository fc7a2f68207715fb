package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"go.k6.io/k6/v2/cmd/state"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/lib/fsext"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord/compare"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

const compareLong = `Compare the run records of two versions, and say whether the second one is slower or fails more often: a gate for CI.

BASE and HEAD are each a record, a folder of records, or a pattern such as 'base-*.json'. Alternatively, list the
records of both, with -- between them. Each side needs at least four runs. Alternate the runs of the two sides. Each
run is one observation. Records that overlap in time are from the processes of one run. The command compares medians
with the Mann-Whitney U-test of benchstat.

RUNS is a folder or a pattern of records of many versions. The output is a trend: the statistic of each rule over time,
with its change points, found by E-divisive means with a permutation test. A run is named by its tag version (k6 run
--tag version=NAME), or by its commit. A trend is not a gate: the exit code is 0.

RECORD is the record of one run that loaded both versions at once (scenario regression-paired). The command compares
its sides second by second. A confidence sequence decides each rule as soon as the interval of the change is above or
below the limit, with a confidence of 95% for all rules and looks together.

A rule says how much a statistic may change. A change breaks a rule if it is beyond the limit, significant (p < 0.05),
and larger than the noise of the base's runs. A limit of 0 is exact: no run of the head may be worse than the worst run
of the base. A rules file has lines such as

  rules:
    p95 of ` + metricname.RequestDuration + `: +10%
    p99 of ` + metricname.HTTPReqDuration + `{scenario:api}: +20ms
    rate of ` + metricname.HTTPReqs + `: -5%
    rate of ` + metricname.HTTPReqFailed + `: +0.1pp
    error rate: +0

+10% is a share of the base, and +0.1pp is in percentage points. A counter that did not occur, such as retries, is 0.`

const compareExample = `  # ten records in two folders, the default rules
  k6 x clientcreds compare base/ head/

  # one run that loaded both versions at once
  k6 x clientcreds compare --rules regression.yml paired.json

  # the trend of nightly runs
  k6 x clientcreds compare --rules regression.yml nightly/

  # for a pull request
  k6 x clientcreds compare --rules regression.yml --junit compare.xml \
    --markdown "$GITHUB_STEP_SUMMARY" base-*.json -- head-*.json

  # for a program
  k6 x clientcreds compare --json base/ head/ | jq .verdict`

// compareCommand is one call of k6 x clientcreds compare.
type compareCommand struct {
	gs     *state.GlobalState
	rules  string
	result result
	also   []output // further forms of the result
}

func (c *compareCommand) markdown() *output { return &c.also[0] }
func (c *compareCommand) junit() *output    { return &c.also[1] }

func newCompare(gs *state.GlobalState) *cobra.Command {
	c := &compareCommand{gs: gs, also: []output{{flag: "--markdown"}, {flag: "--junit"}}}
	cmd := &cobra.Command{
		Use:     "compare [flags] BASE HEAD | BASE… -- HEAD… | RECORD | RUNS",
		Short:   "Compare run records: the gate of a regression test",
		Long:    compareLong,
		Example: compareExample,
		Args:    cobra.ArbitraryArgs,

		ValidArgsFunction: completeRecords,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && cmd.ArgsLenAtDash() < 0 {
				return c.runOne(args[0])
			}
			base, head, err := sides(args, cmd.ArgsLenAtDash())
			if err != nil {
				return invalid(err)
			}
			return c.run(base, head)
		},
	}
	c.declare(cmd.Flags())
	return cmd
}

func (c *compareCommand) declare(set *pflag.FlagSet) {
	set.SortFlags = false
	set.StringVar(&c.rules, "rules", "",
		"`file` of the rules, YAML; by default, p50, p95, and rates may be 10% worse, and error rates not at all")
	set.StringVar(&c.markdown().path, "markdown", "", "also write GitHub-flavored Markdown to a `file`, or to - (standard output)")
	set.StringVar(&c.junit().path, "junit", "", "also write JUnit XML to a `file`, or to - (standard output)")
	c.result.declare(set)
}

// sides separates the arguments of the base from the arguments of the head.
func sides(args []string, dash int) (base, head []string, err error) {
	switch {
	case dash > 0 && dash < len(args):
		return args[:dash], args[dash:], nil
	case dash < 0 && len(args) == 2:
		return args[:1], args[1:], nil
	}
	return nil, nil, fmt.Errorf("expected two arguments, BASE and HEAD, each a record or a folder of records, "+
		"or the records of both with -- between them, but got %d", len(args))
}

func (c *compareCommand) run(basePaths, headPaths []string) error {
	if err := c.check(); err != nil {
		return err
	}
	base, head, err := readSides(basePaths, headPaths)
	if err != nil {
		return invalid(err)
	}
	rules, err := readRules(c.rules, base, head)
	if err != nil {
		return invalid(err)
	}
	result, err := compare.Compare(base, head, rules)
	return c.finish(result, err)
}

// runOne takes the record of one run that loaded both versions, or runs of many versions.
func (c *compareCommand) runOne(path string) error {
	if err := c.check(); err != nil {
		return err
	}
	var reader runrecord.Reader
	records, err := reader.ReadAll([]string{path})
	if err != nil {
		return invalid(err)
	}
	rules, err := readRules(c.rules, records, nil)
	if err != nil {
		return invalid(err)
	}
	if len(records) > 1 {
		return c.runTrend(records, rules)
	}
	result, err := compare.Paired(records[0], rules)
	return c.finish(result, err)
}

// runTrend writes the trend of runs of many versions. It is not a gate: it fails only if there is nothing to see.
func (c *compareCommand) runTrend(records []*runrecord.Record, rules []compare.Rule) error {
	if c.junit().path != "" {
		return invalidf("--junit is for comparisons, and a trend does not have a verdict; name BASE and HEAD, or " +
			"remove --junit")
	}
	trend, err := compare.TrendOf(records, rules)
	if err != nil {
		return invalid(err)
	}
	if err := c.writeForms(trend.WriteText, trend.WriteJSON, trend.WriteMarkdown, nil); err != nil {
		return err
	}
	if n := trend.Usable(); n < 2 {
		return verdictError(validity.Invalid, []string{fmt.Sprintf("%d of %d runs count; a trend needs two or more", n,
			len(trend.Runs))})
	}
	return nil
}

// finish writes the result, and ends with its verdict.
func (c *compareCommand) finish(result *compare.Result, err error) error {
	if err != nil {
		return invalid(err)
	}
	if err := c.write(result); err != nil {
		return err
	}
	return verdictError(result.Verdict, result.Reasons)
}

// readSides reads the records of both sides. A k6 process can be on one of them only.
func readSides(basePaths, headPaths []string) (base, head []*runrecord.Record, err error) {
	var reader runrecord.Reader
	if base, err = reader.ReadAll(basePaths); err != nil {
		return nil, nil, err
	}
	head, err = reader.ReadAll(headPaths)
	return base, head, err
}

// readRules reads the rules of a file; without one they are the default ones.
func readRules(path string, base, head []*runrecord.Record) ([]compare.Rule, error) {
	if path == "" {
		rules := compare.Measured(compare.DefaultRules(), base, head)
		if len(head) > 0 { // a paired run is one record, in base
			rules = append(rules, compare.ServerRules(base, head)...)
		}
		return rules, nil
	}
	data, err := readSmall(fsext.NewOsFs(), path)
	if err != nil {
		return nil, fmt.Errorf("--rules: %w", err)
	}
	rules, err := compare.ReadRules(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("--rules: %s: %w", path, err)
	}
	return rules, nil
}

// check returns an error if an output cannot be written, or if two of them are for standard output.
func (c *compareCommand) check() error {
	if err := c.result.check(); err != nil {
		return err
	}
	var standard []string
	if c.result.asJSON && c.result.isStandard() {
		standard = append(standard, "--json")
	}
	for i := range c.also {
		if err := c.also[i].check(c.result.force); err != nil {
			return err
		}
		if c.also[i].isStandard() {
			standard = append(standard, c.also[i].flag)
		}
	}
	if len(standard) > 1 {
		return invalidf("%s both write to standard output; name a file for one of them", strings.Join(standard, " and "))
	}
	return nil
}

// form writes a result in one of its forms.
type form = func(io.Writer) error

// write writes the result in all forms that were asked for.
func (c *compareCommand) write(result *compare.Result) error {
	of := func(write func(io.Writer, *compare.Result) error) form {
		return func(w io.Writer) error { return write(w, result) }
	}
	return c.writeForms(of(compare.WriteText), of(compare.WriteJSON), of(compare.WriteMarkdown), of(compare.WriteJUnit))
}

// writeForms writes the forms that were asked for. Another form on standard output replaces the text there.
func (c *compareCommand) writeForms(text, object, markdown, junit form) error {
	var errs []error
	var quiet bool
	for o, write := range map[*output]form{c.markdown(): markdown, c.junit(): junit} {
		quiet = quiet || o.isStandard()
		errs = append(errs, o.write(c.gs, write))
	}
	if quiet && c.result.isStandard() {
		return errors.Join(errs...)
	}
	err := c.result.write(c.gs, quiet, func(w io.Writer, _ bool) error { return text(w) }, object)
	return errors.Join(append(errs, err)...)
}

// maxReasons bounds the reasons in the error of a verdict. All of them are in the output.
const maxReasons = 3

// verdictError ends k6 with the exit code of the verdict, and says why.
func verdictError(v validity.Verdict, reasons []string) error {
	if v == validity.Pass {
		return nil
	}
	text := "verdict " + string(v)
	if len(reasons) > maxReasons {
		reasons = append(slices.Clone(reasons[:maxReasons]), fmt.Sprintf("and %d more", len(reasons)-maxReasons))
	}
	if len(reasons) > 0 {
		text += ": " + strings.Map(printable, strings.Join(reasons, "; "))
	}
	return errext.WithExitCodeIfNone(errors.New(text), exitcodes.ExitCode(compare.ExitCode(v))) // #nosec G115 -- one of four small numbers
}

// printable keeps what a record says from moving the cursor.
func printable(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}
