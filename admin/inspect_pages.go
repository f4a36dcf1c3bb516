package admin

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
)

// inspectPage is one event, and the sign-in that it belongs to.
type inspectPage struct {
	Event  eventRow
	Facts  []factRow
	Steps  []stepRow
	Tokens []tokenRow
	Same   string // path of everything of its request
}

type stepRow struct {
	Time, Text, Class, Path string
	Here                    bool
}

type tokenRow struct {
	Client, Given, Revoked string
	Token
}

func (v *visit) inspectPage() error {
	in, err := v.Desk.Inspect(v.r.Context(), v.by, v.id("id"))
	if err != nil {
		if errors.Is(err, storage.ErrNotFound) {
			return gone("log.gone")
		}
		return err
	}
	rows, err := v.rows([]Event{in.Event})
	if err != nil {
		return err
	}
	page := inspectPage{Event: rows[0]}
	for _, name := range slices.Sorted(maps.Keys(in.Event.Data)) {
		if text := v.dataValue(in.Event.Kind, name, in.Event.Data[name]); name != "trail" && text != "" {
			page.Facts = append(page.Facts, factRow{Name: v.dataWords(name), Text: text})
		}
	}
	if in.Event.Reference != "" {
		page.Same = "/admin/log?reference=" + url.QueryEscape(in.Event.Reference)
	}
	for _, s := range in.Steps {
		page.Steps = append(page.Steps, v.step(s, in.Event.ID))
	}
	for _, t := range in.Tokens {
		page.Tokens = append(page.Tokens, tokenRow{t.Client, v.at(t.Given), v.at(t.Revoked), t})
	}
	return v.show("inspect", rows[0].What, page)
}

// step is one line of a sign-in in words.
func (v *visit) step(s Step, here string) stepRow {
	row := stepRow{Time: v.Site.Texts.Seconds(s.Time), Here: s.Event == here && here != ""}
	if s.Event == "" {
		row.Text = v.markWords(s)
		if s.Did != "began" && s.Did != "asked" && s.Did != "spared" {
			row.Class = "good"
		}
		return row
	}
	e := Event{Kind: s.Did, Result: s.Why}
	row.Path, row.Text = "/admin/log/"+s.Event, v.kindWords(s.Did)
	if words := v.resultWords(e); words != "" {
		row.Text += ": " + words
	}
	if row.Class = "good"; bad(e) {
		row.Class = "bad"
	}
	return row
}

// markWords is a mark of the trail in words.
func (v *visit) markWords(s Step) string {
	switch s.Did {
	case "began":
		text := v.t("inspector.began-direct")
		if s.Client != "" {
			text = v.t("inspector.began", "app", s.Client)
		}
		if s.Client != "" && len(s.Scopes) > 0 {
			text = v.t("inspector.began-for", "app", s.Client, "scopes", strings.Join(s.Scopes, " "))
		}
		return strings.Join(append([]string{text}, v.whyWords("inspector.because-", s.Why)...), " · ")
	case "asked":
		proof, why, _ := strings.Cut(s.Why, " ")
		return v.t("inspector.asked", "what", v.proofWords(proof), "why", strings.Join(v.whyWords("inspector.why-", why), ", "))
	case "spared":
		return v.t("inspector.spared", "why", strings.Join(v.whyWords("inspector.why-", s.Why), ", "))
	}
	return v.t("inspector.proved", "what", v.proofWords(s.Did))
}

// proofWords names a proof.
func (v *visit) proofWords(proof string) string {
	if key := "home.way-" + proof; v.Site.Texts.Has(key) {
		return v.t(key)
	}
	return proof
}

func (v *visit) whyWords(prefix, words string) []string {
	var list []string
	for word := range strings.FieldsSeq(words) {
		key := prefix + strings.NewReplacer("_", "-", ":", "-").Replace(word)
		if v.Site.Texts.Has(key) {
			word = v.t(key)
		}
		list = append(list, word)
	}
	return list
}
