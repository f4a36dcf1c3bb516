package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

type applyCommand struct {
	configured
	because
	File   string `arg:"" name:"file" help:"What to apply: YAML with clients, as in the configuration file, and settings of the console."`
	DryRun bool   `name:"dry-run" help:"Show what would be done, and do nothing."`
	Adopt  bool   `help:"Take over applications of the file that are kept in the console."`
}

// Help is shown by `doorward apply --help`.
func (applyCommand) Help() string {
	return `Makes the applications that are kept by this file exactly those of the file: adds, changes, removes, and sets the settings that stand in it.
"doorward export" writes such a file. What is there already is left alone, so it can be run as often as wanted.

It prints a line for each step: added, changed, removed; adopted, with --adopt, for one that was kept in the console until now. Two steps
cannot be done, and then none is: drift, an application that is kept in the console and differs from the file; and taken, one that the
configuration file declares differently, or that has registered itself. Then, or if anything is wrong with the file, it ends with 1 or 2.

A secret is named as in the configuration, by secret_file; an application that names none keeps its own. Other secrets are given
in the console or in the configuration. One file per house: what another file has applied would be removed.

With SQLite, stop the server first, but for --dry-run; with PostgreSQL it may run, and follows within a second.`
}

func (a applyCommand) Run(o outside) error {
	file, clients, err := readApplied(a.File)
	if err != nil {
		return err
	}
	work := a.with
	if a.DryRun {
		work = a.beside
	}
	return work(o, func(f *foundation) error { return a.apply(o, f, file, clients) })
}

// apply has the plan followed, unless it cannot be, and prints it.
func (a applyCommand) apply(o outside, f *foundation, file Config, clients []storage.Client) error {
	plan, err := f.desk(nil).Apply(o.ctx, admin.Operator(), admin.File{
		Apps: clients, Settings: f.changes(file), Adopt: a.Adopt, Dry: a.DryRun, Reason: a.why(),
	})
	if plan == nil {
		if wrong := (*admin.AppsFault)(nil); errors.As(err, &wrong) {
			return fmt.Errorf("%s: %w", a.File, wrong)
		}
		return file.blame(err)
	}
	printPlan(o.stdout, plan)
	switch {
	case errors.Is(err, admin.ErrBlocked):
		return fmt.Errorf("nothing is done: %d of the steps cannot be", plan.Blocked())
	case errors.Is(err, storage.ErrConflict):
		return errors.New("somebody has changed something at this moment: look at it, and apply again")
	}
	return err
}

// printPlan prints a line for each step.
func printPlan(to io.Writer, plan *admin.Plan) {
	for _, s := range plan.Apps {
		line := fmt.Sprintf("%-8s  client %s", s.What, s.Client.ID)
		if s.What == storage.ClientChanges || s.What == storage.ClientAdopts || s.Blocked() {
			names := declarationOf(s.Before).differs(declarationOf(s.Client))
			if s.Before.Secrets[0] != nil && string(s.Before.Secrets[0])+string(s.Before.Secrets[1]) != string(s.Client.Secrets[0])+string(s.Client.Secrets[1]) {
				names = append(names, "secret_file")
			}
			if len(names) > 0 {
				line += ": " + strings.Join(names, ", ")
			}
		}
		switch s.What {
		case storage.ClientDrift:
			line += " (kept in the console; --adopt takes it over)"
		case storage.ClientTaken:
			line += map[string]string{"file": " (the configuration file declares it)", "dynamic": " (it has registered itself)"}[s.Before.Owner]
		}
		fmt.Fprintln(to, line)
	}
	for _, s := range plan.Settings {
		fmt.Fprintf(to, "%-8s  setting %s: %s\n", "set", s.Path, strings.ReplaceAll(s.Value, "\n", ", "))
	}
	if plan.Empty() {
		fmt.Fprintln(to, "nothing to do")
	}
}

// readApplied reads a file that is to be applied. What stands in it and cannot be applied is a fault.
func readApplied(path string) (Config, []storage.Client, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, nil, faults{{File: path, Why: plain(err)}}
	}
	c := defaults()
	c.places[""] = place{File: path}
	found, whole := readYAML(data, &c)
	if !whole {
		return Config{}, nil, found
	}
	c.resolve(filepath.Dir(path))
	known := map[string]variable{}
	collect(known, reflect.ValueOf(&c).Elem(), "")
	for _, v := range known {
		if s, ok := settableNamed(v.path); c.places[v.path].Line > 0 && (!ok || s.path != v.path) {
			found = append(found, c.places.fault(v.path, "cannot be applied: it belongs into the configuration, or is given in the console"))
		}
	}
	clients, wrong := c.appliedClients()
	if found = append(found, wrong...); len(found) > 0 {
		return Config{}, nil, found
	}
	return c, clients, nil
}

// appliedClients are the records of the clients; one that names no secret has none yet.
func (c Config) appliedClients() ([]storage.Client, faults) {
	var found faults
	list := make([]storage.Client, len(c.Clients))
	for i, entry := range c.Clients {
		var err error
		list[i], err = entry.applied()
		for _, invalid := range invalids(err) {
			found = append(found, c.places.fault(fmt.Sprintf("clients[%d].%s", i, setting(invalid.Field)), "%s", invalid.Why))
		}
	}
	return list, found
}

// applied is declared, but for a secret that is not named.
func (c ClientConfig) applied() (storage.Client, error) {
	if c.SecretFile != "" {
		return c.declared()
	}
	record, err := c.keyed()
	probe := record
	if probe.WithSecret() {
		probe.Secrets[0] = keys.HashSecret("")
	}
	return record, errors.Join(err, judge(probe))
}

// changes are the settings that stand in file and are not so already.
func (f *foundation) changes(file Config) map[string]*string {
	change := map[string]*string{}
	for _, s := range settables {
		if _, given := file.places[s.path]; !given {
			continue
		}
		if text := s.text(&file); text != s.text(&f.config) {
			change[s.path] = &text
		}
	}
	return change
}

// blame makes the settings that an error blames faults of this file.
func (c Config) blame(err error) error {
	var found faults
	for _, invalid := range invalids(err) {
		if invalid.Field == "" {
			return err
		}
		found = append(found, c.places.fault(invalid.Field, "%s", invalid.Why))
	}
	return found
}
