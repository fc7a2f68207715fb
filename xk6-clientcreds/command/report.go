package command

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/outfile"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord/report"
)

const reportLong = `Show run records as one HTML page that needs nothing but itself: latency over time with the token refreshes in it, its
distribution, grants by outcome, cache, errors, load generator, thresholds and verdict; with --base what changed.

RECORD is a record, or a folder of records. Records of processes that ran at the same time are those of one run, and add
up; others are runs one after the other, and are laid over each other.

The page is for people: it is written whatever the verdict is. For a gate use verdict or compare.

Exit codes: 0 the page was written; 104 a record, a rule or the command line cannot be used.`

const reportExample = `  k6 x clientcreds report run.json

  # what changed: one run of each, or several
  k6 x clientcreds report --base base.json head.json -o comparison.html
  k6 x clientcreds report --base base/ head/
  k6 x clientcreds report --base base-*.json -- head-*.json`

// reportCommand is one call of k6 x clientcreds report.
type reportCommand struct {
	gs     *state.GlobalState
	output string
	rules  string
	base   []string
}

func newReport(gs *state.GlobalState) *cobra.Command {
	r := &reportCommand{gs: gs}
	cmd := &cobra.Command{
		Use:     "report [flags] RECORD… | --base RECORD… -- RECORD…",
		Short:   "Show run records, or what changed between them, as a page",
		Long:    reportLong,
		Example: reportExample,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			// With -- between them, what a shell made of --base base-*.json is all of the base.
			if dash := cmd.ArgsLenAtDash(); dash > 0 {
				if len(r.base) == 0 {
					return invalid(errors.New("records before -- belong to --base, which is not set"))
				}
				r.base, args = append(r.base, args[:dash]...), args[dash:]
			}
			return r.run(args)
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVarP(&r.output, "output", "o", "report.html", "`file` of the page")
	set.StringArrayVar(&r.base, "base", nil,
		"a `record`, or a folder of them, to compare with; may be given several times")
	set.StringVar(&r.rules, "rules", "", "with --base: `file` of the rules, as compare has them")
	return cmd
}

func (r *reportCommand) run(paths []string) error {
	if len(paths) == 0 {
		return invalid(errors.New("report requires at least one record, or a folder of records"))
	}
	if r.rules != "" && len(r.base) == 0 {
		return invalid(errors.New("--rules apply to a comparison; add --base"))
	}
	var page bytes.Buffer
	if err := r.write(&page, paths); err != nil {
		return invalid(err)
	}
	if err := outfile.Write(r.output, page.Bytes(), 0o644); err != nil {
		return invalid(fmt.Errorf("--output: %w", err))
	}
	_, err := fmt.Fprintln(r.gs.Stdout.Writer, r.output)
	return err
}

func (r *reportCommand) write(page *bytes.Buffer, paths []string) error {
	base, head, err := readSides(r.base, paths)
	if err != nil {
		return err
	}
	if len(r.base) == 0 {
		return report.Write(page, head)
	}
	rules, err := readRules(r.rules, base, head)
	if err != nil {
		return err
	}
	return report.WriteComparison(page, base, head, rules)
}
