package admin

import (
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

// resultNamed is a result in words, whatever it is of; one without words is shown as it is stored.
func (v *visit) resultNamed(result string) string {
	for _, prefix := range []string{"log.result-", "home.no-", "home.refused-"} {
		if key := prefix + dashed(result); v.Site.Texts.Has(key) {
			return v.t(key)
		}
	}
	return result
}

// resultWords is what came of it; "" where it simply happened.
func (v *visit) resultWords(e Event) string {
	switch {
	case e.Result == "ok":
		return ""
	case e.Kind == storage.SignInRefused:
		return v.refusedSignIn(e.Result)
	case e.Kind == storage.ClientRefused:
		return v.refusedClient(e.Result)
	case e.Kind == storage.LetterFailed:
		return v.mailFailed(e.Result)
	}
	return v.resultNamed(e.Result)
}

// dataWords names a detail of an event.
func (v *visit) dataWords(name string) string {
	key := "log.data-" + dashed(name)
	if !v.Site.Texts.Has(key) {
		return name
	}
	return v.t(key)
}

// dataValue is a detail of an event in words: times as pages show them, yes and no, browsers, ways to sign in and why they are asked for.
func (v *visit) dataValue(kind, name, value string) string {
	switch name {
	case "browser":
		return v.browser(value)
	case "methods", "asks":
		words := strings.Fields(value)
		for i := range words {
			words[i] = v.proofWords(words[i])
		}
		return strings.Join(words, " + ")
	case "why": // of a way in it is words of ours; an application, or its server, is told of in prose
		if strings.HasPrefix(kind, "sign_in.") || strings.HasPrefix(kind, "session.") {
			return strings.Join(v.whyWords("inspector.why-", value), ", ")
		}
		return value
	}
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		return v.at(at)
	}
	if key := "log.value-" + value; slices.Contains(wordy, name) && v.Site.Texts.Has(key) {
		return v.t(key)
	}
	return value
}

// wordy are the details whose values are words of ours, and nobody's names.
var wordy = []string{"kind", "copied", "totp", "helpdesk"}

// dashed is a word of the log as keys of texts have it.
func dashed(word string) string { return strings.ReplaceAll(word, "_", "-") }
