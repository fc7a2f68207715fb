package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

const verdictLong = `Say whether a run counts, by its record: PASS, FAIL, or INVALID, with the reasons.

Several records are those of the k6 processes that ran segments of one test: they are added up first, and the verdict is
of the whole. Of a folder every file is read whose name ends in .json.

Exit codes: 0 PASS; 99 FAIL, a threshold was crossed; 90 INVALID, the numbers cannot be trusted; 104 a record or the
command line cannot be used.`

const verdictExample = `  k6 x clientcreds verdict run.json

  # of a test in two segments, and keep the whole
  k6 x clientcreds verdict --merged run.json segment-1.json segment-2.json`

// verdictCommand is one call of k6 x clientcreds verdict.
type verdictCommand struct {
	gs     *state.GlobalState
	merged string
}

func newVerdict(gs *state.GlobalState) *cobra.Command {
	v := &verdictCommand{gs: gs}
	cmd := &cobra.Command{
		Use:     "verdict [flags] RECORD…",
		Short:   "Say whether a run counts, by its record",
		Long:    verdictLong,
		Example: verdictExample,
		Args:    cobra.ArbitraryArgs,
		RunE:    func(_ *cobra.Command, args []string) error { return v.run(args) },
	}
	cmd.Flags().StringVar(&v.merged, "merged", "", "write the records, added up, to a `file`")
	return cmd
}

func (v *verdictCommand) run(paths []string) error {
	if len(paths) == 0 {
		return invalid(errors.New("verdict requires at least one record, or a folder of records"))
	}
	records, err := runrecord.ReadAll(paths)
	if err != nil {
		return invalid(err)
	}
	record := records[0]
	if len(records) > 1 || v.merged != "" {
		if record, err = runrecord.Merge(records...); err != nil {
			return invalid(err)
		}
	}
	if v.merged != "" {
		if err := record.Write(v.merged); err != nil {
			return invalidf("--merged: %w", err)
		}
	}
	return v.say(record.Validity)
}

// say writes the verdict, and returns it as the error that ends k6.
func (v *verdictCommand) say(validity validity.Validity) error {
	// To the terminal itself: k6's writer around it ends each line by a control sequence.
	if _, err := fmt.Fprintln(v.gs.Stdout.Writer, validity.Verdict); err != nil {
		return err
	}
	var reasons []string
	for _, r := range validity.Reasons {
		text := strings.Map(printable, r.Text)
		if _, err := fmt.Fprintf(v.gs.Stdout.Writer, "  %s: %s\n", r.Rule, text); err != nil {
			return err
		}
		reasons = append(reasons, text)
	}
	return verdictError(validity.Verdict, reasons)
}
