package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

const verdictLong = `Say from its record whether a run counts: PASS, FAIL, or INVALID, with the reasons.

RECORD is a record, a folder of records, or a pattern such as 'runs/*.json'. Records of processes that ran at the same
time, such as the segments of a test, belong to one run, which has one verdict. If there are several runs, each run has
a verdict, and the worst verdict is the result. --merged treats all records as one run, whenever they were recorded.`

const verdictExample = `  k6 x clientcreds verdict run.json

  # of a test in two segments, and keep the merged record
  k6 x clientcreds verdict --merged run.json segment-1.json segment-2.json

  # for a program
  k6 x clientcreds verdict --json run.json | jq .reasons`

// verdictCommand is one call of k6 x clientcreds verdict.
type verdictCommand struct {
	gs     *state.GlobalState
	merged output
	result result
}

func newVerdict(gs *state.GlobalState) *cobra.Command {
	v := &verdictCommand{gs: gs, merged: output{flag: "--merged"}}
	cmd := &cobra.Command{
		Use:     "verdict [flags] RECORD…",
		Short:   "Say from its record whether a run counts",
		Long:    verdictLong,
		Example: verdictExample,
		Args:    cobra.ArbitraryArgs,

		ValidArgsFunction: completeRecords,
		RunE:              func(_ *cobra.Command, args []string) error { return v.run(args) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&v.merged.path, "merged", "", "write the records, added up, to a `file`")
	v.result.declare(cmd.Flags())
	return cmd
}

func (v *verdictCommand) run(paths []string) error {
	if len(paths) == 0 {
		return invalid(errors.New("verdict requires at least one record, or a folder of records"))
	}
	if v.merged.isStandard() {
		return invalidf("--merged writes a record, which cannot be standard output; name a file")
	}
	if err := errors.Join(v.result.check(), v.merged.check(v.result.force)); err != nil {
		return err
	}
	records, err := runrecord.ReadAll(paths)
	if err != nil {
		return invalid(err)
	}
	runs, err := v.runs(records)
	if err != nil {
		return invalid(err)
	}
	verdict := verdictOfAll(runs)
	if err := v.result.write(v.gs, false, verdict.writeText, verdict.writeJSON); err != nil {
		return err
	}
	return verdictError(verdict.Verdict, verdict.texts())
}

// runs returns a record for each run: one of all records if they are to be merged.
func (v *verdictCommand) runs(records []*runrecord.Record) ([]*runrecord.Record, error) {
	if v.merged.path == "" {
		return runrecord.Runs(records)
	}
	whole, err := runrecord.Merge(records...)
	if err != nil {
		return nil, err
	}
	if err := whole.Write(v.merged.path); err != nil {
		return nil, fmt.Errorf("--merged: %w", err)
	}
	return []*runrecord.Record{whole}, nil
}

// judgment is the verdict of one run, or of several.
type judgment struct {
	Verdict validity.Verdict `json:"verdict"`
	// Reasons has the reasons of all runs.
	Reasons []validity.Reason `json:"reasons"`
	Runs    []runJudgment     `json:"runs"`
}

type runJudgment struct {
	Script  string            `json:"script,omitempty"`
	Start   time.Time         `json:"start"`
	End     time.Time         `json:"end"`
	Verdict validity.Verdict  `json:"verdict"`
	Reasons []validity.Reason `json:"reasons"`
}

// verdictOfAll returns the verdicts of the runs. The worst one is the verdict of all.
func verdictOfAll(runs []*runrecord.Record) judgment {
	all := judgment{Verdict: validity.Pass, Reasons: []validity.Reason{}}
	for _, r := range runs {
		one := runJudgment{
			r.Run.Script, r.Run.Start, r.Run.End, r.Validity.Verdict,
			append([]validity.Reason{}, r.Validity.Reasons...),
		}
		all.Runs = append(all.Runs, one)
		all.Reasons = append(all.Reasons, one.Reasons...)
		if all.Verdict == validity.Pass || one.Verdict == validity.Invalid {
			all.Verdict = one.Verdict
		}
	}
	return all
}

func (j *judgment) texts() []string {
	var texts []string
	for _, r := range j.Reasons {
		texts = append(texts, r.Text)
	}
	return texts
}

// writeText writes the verdict and the reasons; of several runs, below the verdict of each one.
func (j *judgment) writeText(w io.Writer, _ bool) error {
	var b strings.Builder
	fmt.Fprintln(&b, j.Verdict)
	indent := "  "
	for _, run := range j.Runs {
		if len(j.Runs) > 1 {
			indent = "    "
			fmt.Fprintf(&b, "  %s %s %s\n", run.Start.UTC().Format(time.RFC3339), run.Verdict,
				strings.Map(printable, run.Script))
		}
		for _, r := range run.Reasons {
			fmt.Fprintf(&b, "%s%s: %s\n", indent, r.Rule, strings.Map(printable, r.Text))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (j *judgment) writeJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(j)
}
