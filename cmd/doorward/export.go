package main

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/doorward/doorward/storage"
	"go.yaml.in/yaml/v4"
)

type exportCommand struct {
	configured
}

// Help is shown by `doorward export --help`.
func (exportCommand) Help() string {
	return `Prints what the console has set, and every application but those that registered themselves, as YAML that "doorward apply" reads: applied
to the same database it changes nothing. Secrets are not in it.

The server may run; this only reads.`
}

func (e exportCommand) Run(o outside) error {
	return e.beside(o, func(f *foundation) error {
		text, err := f.export(o.ctx)
		if err != nil {
			return err
		}
		_, err = o.stdout.Write(text)
		return err
	})
}

// export is what is there as a file would say it.
func (f *foundation) export(ctx context.Context) ([]byte, error) {
	clients, err := f.db.Clients(ctx)
	if err != nil {
		return nil, err
	}
	file := &yaml.Node{Kind: yaml.MappingNode}
	var missing []string
	for _, s := range f.config.show() {
		switch {
		case s.owner != byConsole:
		case s.kind == kindSecret || s.kind == kindLogo:
			missing = append(missing, s.path)
		default:
			putAt(file, s.path, valueNode(reflect.ValueOf(s.field(&f.config)).Elem()))
		}
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	itself := 0
	for _, c := range clients {
		if c.Owner == "dynamic" {
			itself++
			continue
		}
		entry := declarationOf(c).node()
		entry.HeadComment = remarks(c)
		list.Content = append(list.Content, entry)
	}
	put(file, "clients", list)
	return written(file, missing, itself)
}

// remarks are what a reader wants to know of a client and no entry says.
func remarks(c storage.Client) string {
	list := []string{map[string]string{"": "kept in the console", "file": "declared in the configuration file", "applied": "applied from a file"}[c.Owner]}
	if c.WithSecret() {
		list = append(list, "its secret stays in the database")
	}
	if c.Disabled {
		list = append(list, "disabled")
	}
	return strings.Join(list, "; ")
}

func written(file *yaml.Node, missing []string, itself int) ([]byte, error) {
	var head strings.Builder
	fmt.Fprintln(&head, `# What the console has set, and the applications; "doorward apply" reads it.`)
	if len(missing) > 0 {
		fmt.Fprintf(&head, "# Set, and not in here: %s.\n", strings.Join(missing, ", "))
	}
	if itself > 0 {
		fmt.Fprintf(&head, "# %d more applications have registered themselves.\n", itself)
	}
	text, err := yaml.Dump(file)
	return append([]byte(head.String()), text...), err
}
