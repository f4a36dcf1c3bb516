package web

import "net/http"

// Texts are the catalogues of all languages, one JSON file each in locale/, flat keys like "password.wrong".
// Texts may hold {name} placeholders and **bold**.
type Texts struct{}

// LoadTexts reads the embedded catalogues; a key that is missing in one language is an error.
func LoadTexts() (*Texts, error) { panic("stub") }

// Languages lists the tags, the default first: en, de.
func (t *Texts) Languages() []string { panic("stub") }

// T is the text of key with placeholders filled from pairs ("app", "Grafana"). An unknown key is a bug: it panics in tests
// through Pages' check at start, and gives the key itself otherwise.
func (t *Texts) T(lang, key string, pairs ...string) string { panic("stub") }

// Match picks the language for a list of wishes (BCP 47 tags, best first), "" when none fits.
func (t *Texts) Match(wishes []string) string { panic("stub") }

// Language picks the page language of a request: ?lang= (and then sets the cookie), else wishes (ui_locales), else the
// cookie, else Accept-Language, else English.
func (s *Site) Language(w http.ResponseWriter, r *http.Request, wishes ...string) string {
	panic("stub")
}
