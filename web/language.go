package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// LanguageParameter is the name in the query by which a link of the footer chooses the language: any page's address may have it.
const LanguageParameter = "lang"

// languageCookie keeps the choice that a person made in the footer.
var languageCookie = Cookie{Name: "lang", MaxAge: 365 * 24 * 60 * 60}

// Language picks the page language of a request: ?lang= (and then sets the cookie), else wishes (ui_locales), else the
// cookie, else Accept-Language, else the house's own.
func (s *Site) Language(w http.ResponseWriter, r *http.Request, wishes ...string) string {
	if chosen := s.chosenLanguage(r); chosen != "" {
		s.SetCookie(w, languageCookie, chosen)
		return chosen
	}
	return s.LanguageOf(r, wishes...)
}

// LanguageFor is Language for a person whose language is known ("" none): it stands behind what was chosen in this browser, and
// before what the browser asks for by itself.
func (s *Site) LanguageFor(w http.ResponseWriter, r *http.Request, known string) string {
	if s.Texts.Match([]string{s.CookieValue(r, languageCookie)}) != "" {
		return s.Language(w, r)
	}
	return s.Language(w, r, known)
}

// LanguageOf is Language without a cookie set, for what is not a page of its own: an error, a letter.
func (s *Site) LanguageOf(r *http.Request, wishes ...string) string {
	if chosen := s.chosenLanguage(r); chosen != "" {
		return chosen
	}
	if l := s.Texts.Match(wishes); l != "" {
		return l
	}
	if l := s.Texts.Match([]string{s.CookieValue(r, languageCookie)}); l != "" {
		return l
	}
	if l := s.Texts.Match(accepted(r.Header.Get("Accept-Language"))); l != "" {
		return l
	}
	return s.DefaultLanguage()
}

// DefaultLanguage is the house's own, for whoever asks for none, and for letters that come from no page. It is never "".
func (s *Site) DefaultLanguage() string {
	return cmp.Or(s.Texts.Match([]string{s.Default}), fallback)
}

// chosenLanguage is the language that a link of the footer asks for.
func (s *Site) chosenLanguage(r *http.Request) string {
	if !strings.Contains(r.URL.RawQuery, LanguageParameter+"=") {
		return ""
	}
	chosen := r.URL.Query().Get(LanguageParameter)
	if slices.Contains(s.Texts.languages, chosen) {
		return chosen
	}
	return ""
}

// accepted lists the tags of Accept-Language, best first, those with q=0 left out (RFC 9110 §12.5.4). A long header is cut:
// nobody reads more than twenty languages.
func accepted(header string) []string {
	type wish struct {
		tag     string
		quality float64
	}
	var wishes []wish
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(part, ";")
		quality := 1.0
		if q, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			parsed, err := strconv.ParseFloat(q, 64)
			if err != nil {
				continue
			}
			quality = parsed
		}
		if quality > 0 {
			wishes = append(wishes, wish{strings.TrimSpace(tag), quality})
		}
		if len(wishes) == 20 {
			break
		}
	}
	slices.SortStableFunc(wishes, func(a, b wish) int {
		if a.quality > b.quality {
			return -1
		}
		if a.quality < b.quality {
			return 1
		}
		return 0
	})
	tags := make([]string, len(wishes))
	for i, w := range wishes {
		tags[i] = w.tag
	}
	return tags
}
