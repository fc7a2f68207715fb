package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/outfile"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/registration"
)

type registerResult struct {
	Registered int      `json:"registered"`
	Missing    int      `json:"missing"`
	Unknown    []string `json:"unknown"` // client_name
	File       string   `json:"file"`
	Journal    string   `json:"journal"`
}

func (r *clientsRegister) finish(journal *registration.Journal, failure error, withToken bool) error {
	pool, err := journal.Pool()
	if err == nil && pool != nil {
		err = outfile.Replace(r.output, pool, 0o600)
	}
	if err != nil {
		err = fmt.Errorf("%s cannot be written: %w; the clients are in its journal, write it with --resume", r.output, err)
	}
	result := registerResult{
		Registered: journal.Registered(), Unknown: journal.Unknown(), File: r.output, Journal: r.output + journalSuffix,
	}
	result.Missing, result.Unknown = r.count-result.Registered, append([]string{}, result.Unknown...)
	if writeErr := r.report(result, pool != nil && err == nil); writeErr != nil {
		return errors.Join(writeErr, err, failure)
	}
	switch {
	case result.Missing == 0:
		return err
	case errors.Is(failure, context.Canceled):
		failure = errors.New("interrupted")
	}
	return errors.Join(fmt.Errorf("%w; %s%s of %d are not registered, go on with --resume", failure,
		registrationAdvice(failure, withToken), plural(result.Missing), r.count), err)
}

func (r *clientsRegister) report(result registerResult, written bool) error {
	if r.json {
		encoder := json.NewEncoder(r.gs.Stdout.Writer)
		encoder.SetIndent("", "  ")
		return encoder.Encode(result)
	}
	var b strings.Builder
	if written {
		fmt.Fprintf(&b, "%s: %s\n", result.File, plural(result.Registered))
	}
	fmt.Fprintf(&b, "%s: keep it, `k6 x clientcreds clients delete %s` needs it\n", result.Journal, result.File)
	if n := len(result.Unknown); n > 0 {
		fmt.Fprintf(&b, "not known, because no answer came: %s\n", plural(n))
		for _, name := range result.Unknown {
			fmt.Fprintf(&b, "  client_name %s: delete it at the server if it exists\n", name)
		}
	}
	_, err := r.gs.Stdout.Writer.Write([]byte(b.String()))
	return err
}
