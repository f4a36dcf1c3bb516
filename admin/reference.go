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

// maxReference is more than a reference has characters.
const maxReference = 20

// Reference says whether the log knows a reference, as error pages show it: an event has it, or stands for what has.
func (d *Desk) Reference(ctx context.Context, by Actor, typed string) (bool, error) {
	if len(typed) > maxReference || strings.ContainsAny(typed, "@ ") {
		return false, nil
	}
	page, err := d.Log(ctx, by, storage.LogFilter{Reference: strings.ToUpper(typed)}, Part{Limit: 1})
	return len(page.Events) > 0, err
}

// Among finds the event that stands for a reference, where none has it as its own; f narrows the log besides.
func Among(ctx context.Context, store interface {
	Log(ctx context.Context, f storage.LogFilter, before string, limit int) (storage.LogPage, error)
}, f storage.LogFilter) (storage.LogPage, error) {
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
			page, err := store.Log(ctx, f, before, 1)
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
