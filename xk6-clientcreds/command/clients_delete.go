package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/outfile"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/registration"
)

const clientsDeleteLong = `Delete the clients that clients register created, and no others (RFC 7592). The journal next to the file lists them,
with the token that manages each client. You can repeat an interrupted call.

When all clients are deleted, the command removes the file and its journal. It keeps the journal if a client may still
be at the server, because no answer came when it was registered.`

// clientsDelete is one call of k6 x clientcreds clients delete.
type clientsDelete struct {
	gs       *state.GlobalState
	requests registrationRequests
	json     bool
}

func newClientsDelete(gs *state.GlobalState) *cobra.Command {
	d := &clientsDelete{gs: gs}
	cmd := &cobra.Command{
		Use:     "delete FILE [flags]",
		Short:   "Delete registered clients",
		Long:    clientsDeleteLong,
		Example: "  k6 x clientcreds clients delete clients.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return invalidf("clients delete takes one file, the one that `clients register` wrote, but got %d", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return d.run(args[0]) },
	}
	cmd.Flags().SortFlags = false
	d.requests.declare(cmd.Flags())
	cmd.Flags().BoolVar(&d.json, "json", false, "write the result as JSON")
	return cmd
}

// deleteResult holds the output with --json.
type deleteResult struct {
	Deleted   int      `json:"deleted"`
	Left      int      `json:"left"`      // still registered
	Unmanaged []string `json:"unmanaged"` // client_id of those that the server lets nobody delete by RFC 7592
	Unknown   []string `json:"unknown"`   // client_name
}

func (d *clientsDelete) run(pool string) (err error) {
	if err := d.requests.check(); err != nil {
		return err
	}
	client, err := registrationHTTP(d.gs)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	journal, err := openJournal(pool)
	if err != nil {
		return err
	}
	closed := false
	defer func() {
		if !closed {
			err = errors.Join(err, journal.Close())
		}
	}()
	ctx, stop := untilInterrupted(d.gs)
	defer stop()
	run := registration.Run{
		Endpoint: registration.Endpoint{URL: journal.Settings.Endpoint, Do: client.Do},
		Journal:  journal, Rate: d.requests.rate, Concurrency: d.requests.concurrency,
		Progress: progress(d.gs.Stderr, "processed", 0, journal.Registered()),
	}
	deletion, failure := run.Delete(ctx)
	result := deleteResult{
		Deleted: deletion.Deleted, Left: journal.Registered(),
		Unmanaged: append([]string{}, deletion.Unmanaged...), Unknown: append([]string{}, journal.Unknown()...),
	}
	if err := d.report(result); err != nil {
		return err
	}
	switch n := len(result.Unknown); {
	case result.Left == 0 && n > 0:
		return errors.Join(remove(pool), fmt.Errorf("it is not known whether the server has %s; delete them there, "+
			"then remove %s%s", plural(n), pool, journalSuffix))
	case result.Left == 0:
		closed = true
		return errors.Join(journal.Close(), remove(pool, pool+journalSuffix))
	}
	return errors.Join(d.leave(pool, journal), d.why(result, deletion, failure))
}

// leave writes the pool of the clients that are left.
func (d *clientsDelete) leave(pool string, journal *registration.Journal) error {
	content, err := journal.Pool()
	if err == nil {
		err = outfile.Replace(pool, content, 0o600)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", pool, err)
	}
	return nil
}

// why returns why clients are left.
func (d *clientsDelete) why(result deleteResult, deletion *registration.Deletion, failure error) error {
	switch {
	case errors.Is(failure, context.Canceled):
		failure = errors.New("interrupted; repeat the command")
	case failure != nil:
	case deletion.Refused != nil:
		failure = fmt.Errorf("the server refused to delete %s: %w", plural(deletion.Refusals), deletion.Refused)
	default:
		failure = errors.New("the server gave no registration access tokens (RFC 7592); use the server's own tools")
	}
	return fmt.Errorf("%s are still registered: %w", plural(result.Left), failure)
}

func remove(paths ...string) error {
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (d *clientsDelete) report(result deleteResult) error {
	if d.json {
		encoder := json.NewEncoder(d.gs.Stdout.Writer)
		encoder.SetIndent("", "  ")
		return encoder.Encode(result)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "deleted: %s\n", plural(result.Deleted))
	for _, name := range result.Unknown {
		fmt.Fprintf(&b, "not known: client_name %s: delete it at the server if it exists\n", name)
	}
	_, err := d.gs.Stdout.Writer.Write([]byte(b.String()))
	return err
}
