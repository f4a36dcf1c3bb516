package admin

import (
	"context"

	"github.com/doorward/doorward/storage"
)

// Setting is one thing that the console can set, as the configuration file could.
type Setting struct {
	Path    string   `json:"path"`  // its name in the configuration file, like "mail.smtp.host"
	Value   string   `json:"value"` // text as the environment would give it; a list by commas; "lines": one entry a line; of a secret always ""
	Kind    string   `json:"kind"`  // text, number, bool, choice, list, lines, secret, logo
	Options []string `json:"options,omitempty"`
	Owner   string   `json:"owner"` // default, console, file, environment: what one of the last two gives is only read here
	Secret  bool     `json:"secret,omitempty"`
	Given   bool     `json:"given,omitempty"` // of a secret or logo: there is one
}

// Fixed says whether the configuration gives it, so that the console cannot.
func (s Setting) Fixed() bool { return s.Owner == "file" || s.Owner == "environment" }

// Settings is what is set, and by whom. It is cmd, which reads the configuration.
type Settings interface {
	// Settings lists everything that the console can set, in the order of the example file, and the version that it is of.
	Settings(ctx context.Context) ([]Setting, int64, error)
	// Change sets what is in change (nil: back to its default), all or nothing; the house goes on by it at once.
	// storage.ErrConflict when version is not the present one; joined *storage.Invalid by path.
	Change(ctx context.Context, change map[string]*string, version int64, e storage.Event) error
	// Plan says what Change would set, by path, and the version that it is of; it sets nothing. Joined *storage.Invalid by path.
	Plan(ctx context.Context, change map[string]*string) ([]SettingStep, int64, error)
	// Try sends a test letter as House.TestMail does, by what would be set with change; it sets nothing. Joined *storage.Invalid by path.
	Try(ctx context.Context, change map[string]*string, to string) (MailTest, error)
}

// set is what is set now, by path.
func (d *Desk) set(ctx context.Context) (map[string]Setting, int64, error) {
	list, version, err := d.Settings.Settings(ctx)
	all := make(map[string]Setting, len(list))
	for _, s := range list {
		all[s.Path] = s
	}
	return all, version, err
}

// ChangeSettings sets what is in change (nil: back to its default), all or nothing. storage.ErrConflict when version is not the present
// one; joined *storage.Invalid by path. What the configuration gives is refused by Change itself.
func (d *Desk) ChangeSettings(ctx context.Context, by Actor, change map[string]*string, version int64) error {
	return d.Settings.Change(ctx, change, version, by.event(""))
}
