package command

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord/report"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

const reportLong = `Render run records as a self-contained HTML page: latency over time with the token refreshes, latency distributions,
token requests by outcome, cache, errors, load generator, thresholds, and verdict. With --base, the page compares two
sets of records. The page of a run that loaded two versions at once has the verdict of their comparison.

RECORD is a record, a folder of records, or a pattern such as 'runs/*.json'. Records of processes that ran at the same
time belong to one run, and the page adds them up. Other records are separate runs: the page shows the trend of each
rule with its change points, named by the tag version or the commit of the runs, and aligns the starts of the runs.

The page is written whatever the verdict is. For a gate, use verdict or compare.`

const reportExample = `  k6 x clientcreds report run.json

  # compare two versions: one run of each, or several
  k6 x clientcreds report --base base.json head.json -o comparison.html
  k6 x clientcreds report --base base/ head/
  k6 x clientcreds report --base base-*.json -- head-*.json

  # the trend of nightly runs of many versions
  k6 x clientcreds report --rules regression.yml nightly/

  # write to standard output
  k6 x clientcreds report -o - run.json | gzip >report.html.gz`

// reportCommand is one call of k6 x clientcreds report.
type reportCommand struct {
	gs    *state.GlobalState
	page  output
	rules string
	force bool
	base  []string
}

func newReport(gs *state.GlobalState) *cobra.Command {
	r := &reportCommand{gs: gs, page: output{flag: "--output"}}
	cmd := &cobra.Command{
		Use:     "report [flags] RECORD… | --base RECORD… -- RECORD…",
		Short:   "Render run records, or a comparison of them, as an HTML page",
		Long:    reportLong,
		Example: reportExample,
		Args:    cobra.ArbitraryArgs,

		ValidArgsFunction: completeRecords,
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
	set.StringVarP(&r.page.path, "output", "o", "report.html", "`file` of the page; - is standard output")
	set.StringArrayVar(&r.base, "base", nil,
		"a `record`, or a folder of them, to compare with (can be repeated)")
	set.StringVar(&r.rules, "rules", "", "for a comparison or a trend: `file` of the rules, as compare has them")
	declareForce(set, &r.force)
	return cmd
}

func (r *reportCommand) run(paths []string) error {
	if len(paths) == 0 {
		return invalid(errors.New("report requires at least one record, or a folder of records"))
	}
	if r.page.path == "" {
		return invalidf("--output is empty; name a file, or - for standard output")
	}
	if err := r.page.check(r.force); err != nil {
		return err
	}
	if err := r.page.write(r.gs, func(w io.Writer) error { return r.write(w, paths) }); err != nil || r.page.isStandard() {
		return err
	}
	_, err := fmt.Fprintln(r.gs.Stdout.Writer, r.page.path)
	return err
}

func (r *reportCommand) write(page io.Writer, paths []string) error {
	base, head, err := readSides(r.base, paths)
	if err != nil {
		return invalid(err)
	}
	paired, err := r.paired(base, head)
	if err != nil {
		return invalid(err)
	}
	rules, err := readRules(r.rules, base, head)
	if err != nil {
		return invalid(err)
	}
	if !paired && len(base) == 0 {
		return invalid(report.Write(page, head, rules...))
	}
	if paired {
		return invalid(report.WritePaired(page, head[0], rules))
	}
	return invalid(report.WriteComparison(page, base, head, rules))
}

// paired reports whether the page is of a run that loaded two versions at once.
func (r *reportCommand) paired(base, head []*runrecord.Record) (bool, error) {
	switch {
	case slices.ContainsFunc(slices.Concat(base, head), (*runrecord.Record).Paired):
		if len(base) > 0 || len(head) > 1 {
			return false, errors.New("a run that loaded two versions at once has a page of its own; name the record of one run")
		}
		return true, nil
	case r.rules == "" || len(base) > 0 || len(head) > 1:
		return false, nil
	case len(head) == 1 && head[0].Validity.Verdict == validity.Invalid:
		return true, nil // it came to no load, so it has no sides
	default:
		return false, errors.New("--rules apply to several runs; add --base, further records, or name the record of a run " +
			"that loaded two versions at once")
	}
}
