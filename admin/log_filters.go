package admin

import (
	"slices"

	"github.com/doorward/doorward/storage"
)

// options are choices that stand under one heading.
type options struct {
	Title   string
	Options []option
}

// offered is a heading of a filter, and what is chosen from below it.
type offered struct {
	title  string // key of its text
	values []string
}

// logKinds are what the log is narrowed by: families of events, which end with a dot, and kinds that are alone in theirs.
var logKinds = []offered{
	{"log.part-sign-in", []string{"sign_in.", "session.", storage.SessionsEnded, storage.AlarmRaised}},
	{"log.part-ways", []string{"totp.", "recovery.", storage.FactorsReset, "google.", "trust.", storage.TrustsEnded, "link."}},
	{"log.part-people", []string{"user.", storage.ProfileChanged, storage.EmailChanged, "group.", storage.PeopleExported}},
	{"log.part-apps", []string{"client.", "grant.", "consent.", "logout."}},
	{"log.part-house", []string{"settings.", "keys.", storage.EpochRaised, "letter.", "mail.", "database.", "log."}},
}

// logResults are the results that the log is narrowed by; those of refused sign-ins and applications have their words from the overview,
// and a code of OAuth that has none stands as applications are told it.
var logResults = []offered{
	{"log.result-part", []string{
		"ok", "no_access", "disabled", "active", "failed", "mail_down", "revoked", "ended", "expired", "never_used", "signed_out", "proved",
		"elsewhere", "denied", "cleared", "crowded_out",
	}},
	{"log.result-part-sign-in", []string{
		"password_wrong", "password_slowed", "code_wrong", "code_used_up", "code_spent", "code_expired", "code_slowed",
		"totp_wrong", "totp_used", "totp_slowed", "totp_clock", "totp_clock_back", "no_app", "recovery_wrong", "recovery_slowed", "another_person",
		"google_answer", "google_domain", "google_unverified", "google_not_authoritative", "google_not_invited", "google_other_account",
		"google_taken",
	}},
	{"log.result-part-apps", []string{
		"wrong_secret", "wrong_method", "bad_assertion", "unknown_client",
		"invalid_redirect_uri", "invalid_request", "invalid_client", "unauthorized_client", "unsupported_response_type", "invalid_scope",
		"invalid_target", "unmet_authentication_requirements", "invalid_request_object", "invalid_request_uri", "request_not_supported",
		"request_uri_not_supported", "registration_not_supported",
	}},
}

// kinds are the choices of what happened.
func (v *visit) kinds(chosen string) []options {
	return v.choices(logKinds, chosen, func(kind string) string {
		if key := "log.family-" + dashed(kind[:len(kind)-1]); kind[len(kind)-1] == '.' && v.Site.Texts.Has(key) {
			return v.t(key)
		}
		return v.kindWords(kind)
	})
}

// results are the choices of what came of it.
func (v *visit) results(chosen string) []options { return v.choices(logResults, chosen, v.resultNamed) }

// choices are what a filter offers; what was chosen in another way, by a link or by hand, stands first, under no heading.
func (v *visit) choices(parts []offered, chosen string, words func(string) string) []options {
	var list []options
	if chosen != "" && !slices.ContainsFunc(parts, func(o offered) bool { return slices.Contains(o.values, chosen) }) {
		list = append(list, options{Options: []option{{chosen, words(chosen), true}}})
	}
	for _, part := range parts {
		o := options{Title: v.t(part.title)}
		for _, value := range part.values {
			o.Options = append(o.Options, option{value, words(value), value == chosen})
		}
		list = append(list, o)
	}
	return list
}
