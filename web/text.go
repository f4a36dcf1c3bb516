package web

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed locale/*.json
var locales embed.FS

// fallback is the language of those who ask for none of ours.
const fallback = "en"

// Texts are the catalogues of all languages, one JSON file each in locale/, flat keys like "password.wrong".
// Texts may hold {name} placeholders and **bold**.
type Texts struct {
	Zone *time.Location // in which people read times; nil: UTC. Set before the first visitor

	*catalogue
}

// catalogue is what never changes while a program runs, so that rooms which are opened anew, with other settings, share it: the
// texts, and the pages that were parsed to speak them.
type catalogue struct {
	languages []string
	texts     map[string]map[string]string // language -> key -> text
	pages     pageShelf
}

// ours is the embedded catalogue, read once.
var ours = sync.OnceValues(func() (*catalogue, error) { return readCatalogues(locales) })

// LoadTexts reads the embedded catalogues. A key or a placeholder that is missing in one language, a key that stands
// twice, and **bold** that does not end are errors; all are reported at once.
func LoadTexts() (*Texts, error) {
	c, err := ours()
	if err != nil {
		return nil, err
	}
	return &Texts{catalogue: c}, nil
}

func readCatalogues(fsys fs.FS) (*catalogue, error) {
	files, err := fs.ReadDir(fsys, "locale")
	if err != nil {
		return nil, fmt.Errorf("read catalogues: %w", err)
	}
	c := &catalogue{texts: map[string]map[string]string{}}
	for _, f := range files {
		data, err := fs.ReadFile(fsys, "locale/"+f.Name())
		if err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
		texts, err := readCatalogue(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		language := strings.TrimSuffix(f.Name(), path.Ext(f.Name()))
		c.texts[language] = texts
		c.languages = append(c.languages, language)
	}
	slices.SortFunc(c.languages, func(a, b string) int {
		return cmp.Or(-cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

func rank(language string) int {
	if language == fallback {
		return 1
	}
	return 0
}

// readCatalogue reads one flat object and refuses a key that stands twice: of two texts nobody would know which is shown.
func readCatalogue(data []byte) (map[string]string, error) {
	texts := map[string]string{}
	if err := json.Unmarshal(data, &texts); err != nil {
		return nil, err
	}
	if n := strings.Count(string(data), "\n  \""); n != len(texts) {
		return nil, fmt.Errorf("%d lines for %d keys: a key stands twice, or not on a line of its own", n, len(texts))
	}
	return texts, nil
}

// check compares every catalogue with the fallback's.
func (c *catalogue) check() error {
	var faults []error
	base := c.texts[fallback]
	for _, language := range c.languages {
		texts := c.texts[language]
		for key, text := range base {
			other, ok := texts[key]
			switch {
			case !ok:
				faults = append(faults, fmt.Errorf("%s: no text for %q", language, key))
			case !slices.Equal(placeholders(text), placeholders(other)):
				faults = append(faults, fmt.Errorf("%s: %q has other placeholders than in %s", language, key, fallback))
			case strings.Count(other, "**")%2 != 0:
				faults = append(faults, fmt.Errorf("%s: %q: ** does not end", language, key))
			}
		}
		for key := range texts {
			if _, ok := base[key]; !ok {
				faults = append(faults, fmt.Errorf("%s: no text for %q", fallback, key))
			}
		}
	}
	return errors.Join(faults...)
}

// Languages lists the tags, the default first: en, de.
func (c *catalogue) Languages() []string { return slices.Clone(c.languages) }

// Keys lists all keys in order, so that a test can find those that nobody uses.
func (c *catalogue) Keys() []string { return slices.Sorted(maps.Keys(c.texts[fallback])) }

// Has says whether a text of that key exists.
func (c *catalogue) Has(key string) bool {
	_, ok := c.texts[fallback][key]
	return ok
}

// T is the text of key with placeholders filled from pairs ("app", "Grafana"). An unknown key is a bug, found at start by
// NewPages where a page names it; here it gives the key itself. An unknown language gives the default one.
func (c *catalogue) T(lang, key string, pairs ...string) string {
	return fill(c.raw(lang, key), pairs)
}

func (c *catalogue) raw(lang, key string) string {
	texts, ok := c.texts[lang]
	if !ok {
		texts = c.texts[fallback]
	}
	if text, ok := texts[key]; ok {
		return text
	}
	return key
}

// Match picks the language for a list of wishes (BCP 47 tags, best first), "" when none fits. "de-AT" fits "de"
// (RFC 4647 §3.4, lookup).
func (c *catalogue) Match(wishes []string) string {
	for _, wish := range wishes {
		for tag := strings.ToLower(wish); tag != ""; tag = tag[:max(0, strings.LastIndexAny(tag, "-_"))] {
			if _, ok := c.texts[tag]; ok {
				return tag
			}
		}
	}
	return ""
}

// Date writes a time as pages and letters show it: "25 November 2026, 22:15 CET", in the Zone.
func (t *Texts) Date(lang string, at time.Time) string {
	at = t.local(at)
	zone := at.Format("MST")
	if strings.ContainsAny(zone, "+-") {
		zone = "UTC" + zone // a zone without a name of its own
	}
	return t.T(lang, "layout.date", "day", t.Day(lang, at), "time", at.Format("15:04"), "zone", zone)
}

// Day writes only the day: "25 November 2026", in the Zone.
func (t *Texts) Day(lang string, at time.Time) string {
	at = t.local(at)
	months := strings.Fields(t.raw(lang, "layout.months"))
	return t.T(lang, "layout.day", "day", strconv.Itoa(at.Day()), "month", months[at.Month()-1], "year", strconv.Itoa(at.Year()))
}

func (t *Texts) local(at time.Time) time.Time {
	if t.Zone == nil {
		return at.UTC()
	}
	return at.In(t.Zone)
}

// fill puts values in the place of {names} in one pass, so that a value is never read as a text again. A name without a
// value stays as it is.
func fill(text string, pairs []string) string {
	if len(pairs) == 0 {
		return text
	}
	var b strings.Builder
	for {
		start := strings.IndexByte(text, '{')
		end := strings.IndexByte(text[max(start, 0):], '}') + max(start, 0)
		if start < 0 || end < start {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:start])
		if value, ok := pair(pairs, text[start+1:end]); ok {
			b.WriteString(value)
		} else {
			b.WriteString(text[start : end+1])
		}
		text = text[end+1:]
	}
}

func pair(pairs []string, name string) (string, bool) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == name {
			return pairs[i+1], true
		}
	}
	return "", false
}

// placeholders lists the {names} of a text, sorted, each once.
func placeholders(text string) []string {
	var names []string
	for {
		_, rest, found := strings.Cut(text, "{")
		name, after, ends := strings.Cut(rest, "}")
		if !found || !ends {
			slices.Sort(names)
			return slices.Compact(names)
		}
		names = append(names, name)
		text = after
	}
}

// Clock writes only hour and minute: "22:15", in the Zone.
func (t *Texts) Clock(at time.Time) string { return t.local(at).Format("15:04") }

// Seconds writes only the time of day: "22:15:09", in the Zone.
func (t *Texts) Seconds(at time.Time) string { return t.local(at).Format("15:04:05") }

// Second writes day and time to the second: "25 November 2026, 22:15:09", in the Zone.
func (t *Texts) Second(lang string, at time.Time) string {
	return t.Day(lang, at) + ", " + t.Seconds(at)
}

// ReadDay reads what a date field sends, "2026-11-25", as the beginning of that day in the Zone.
func (t *Texts) ReadDay(typed string) (time.Time, error) {
	zone := t.Zone
	if zone == nil {
		zone = time.UTC
	}
	return time.ParseInLocation(time.DateOnly, typed, zone)
}
