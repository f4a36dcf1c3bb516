package main

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

type auditGroup struct {
	Verify  auditVerify  `cmd:"" help:"Look whether the log is as it was written."`
	Restart auditRestart `cmd:"" help:"Chain the log anew, once you have seen what was done to it."`
}

type auditVerify struct {
	configured
}

// Help is shown by "doorward audit verify --help".
func (auditVerify) Help() string {
	return `Every event is linked to the one before it, under a key that is not in the database: whoever changes, removes, inserts or reorders rows
there, or cuts off the end, is found out. It prints a line for each fault, and ends with 1 where there is one: an event was changed,
removed or inserted; a row of the chain is broken; rows are missing before it; or the end is cut off.

The last line has the newest link. Kept elsewhere and compared with a later one, it proves that the database was not put back to an earlier day.

The server may run; this only reads.`
}

func (a auditVerify) Run(o outside) error {
	return a.beside(o, func(f *foundation) error {
		if !hasKey(o.ctx, f.db, keys.ForChain) {
			return errors.New("the log is not chained yet: start the server once")
		}
		report, err := f.db.VerifyChain(o.ctx, 0, f.keys.Chain(), func(fault storage.ChainFault) error {
			_, err := fmt.Fprintf(o.stdout, "position %d: %s, event %s\n", fault.Position, fault.What, cmp.Or(fault.Event, "unknown"))
			return err
		})
		if err != nil {
			return err
		}
		text := fmt.Sprintf("%d events are chained", report.Events)
		if !report.Begun.IsZero() {
			text += " since " + report.Begun.UTC().Format(time.RFC3339)
		}
		if report.Waiting > 0 {
			text += fmt.Sprintf(", %d wait to be", report.Waiting)
		}
		if _, err := fmt.Fprintf(o.stdout, "%s; position %d, link %s\n", text, report.Last, report.Head); err != nil {
			return err
		}
		if report.Faults > 0 {
			return fmt.Errorf("the log is not as it was written: %d faults", report.Faults)
		}
		return nil
	})
}

type auditRestart struct {
	configured
	because
}

// Help is shown by "doorward audit restart --help".
func (auditRestart) Help() string {
	return `While the chain is broken, nothing more is chained and nothing is swept from the log. Look at "audit verify" first, and keep what it says: after
this, all that is in the log counts as unchanged from now on only. An event tells it.

With SQLite, stop the server first; with PostgreSQL it may run.`
}

func (a auditRestart) Run(o outside) error {
	return a.with(o, func(f *foundation) error {
		if err := f.desk(nil).RestartLog(o.ctx, admin.Operator(), a.why()); err != nil {
			return err
		}
		_, err := fmt.Fprintln(o.stdout, "The log is chained anew, beginning with what is in it now.")
		return err
	})
}
