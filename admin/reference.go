package admin

import (
	"context"
	"regexp"
	"strings"

	"github.com/doorward/doorward/storage"
)

// summed are the kinds of events that stand for what came in any number, and keep the references of the last of it.
var summed = []string{storage.ClientMisfit, storage.ClientDenied, storage.ClientRefused}

// amongMost is how many parts of the log are looked through for a reference, of each kind: who asks for one was shown it lately.
const amongMost = 5

// reference is how those that pages show are written.
var reference = regexp.MustCompile(`^E-[0-9A-Z]{4}-[0-9A-Z]{2}$`)

// among finds the event that stands for a reference, where none has it as its own.
func (d *Desk) among(ctx context.Context, f storage.LogFilter) (storage.LogPage, error) {
	if !reference.MatchString(f.Reference) {
		return storage.LogPage{}, nil
	}
	wanted := f.Kind
	f.Among, f.Reference = f.Reference, ""
	for _, kind := range summed {
		if wanted != "" && wanted != kind && !(strings.HasSuffix(wanted, ".") && strings.HasPrefix(kind, wanted)) {
			continue
		}
		f.Kind = kind
		before := ""
		for range amongMost {
			page, err := d.Store.Log(ctx, f, before, 1)
			if err != nil || len(page.Events) > 0 {
				page.Next = ""
				return page, err
			}
			if before = page.Next; before == "" {
				break
			}
		}
	}
	return storage.LogPage{}, nil
}
