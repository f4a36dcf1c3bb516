package web_test

import (
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/doorward/doorward/web"
)

func texts(t *testing.T) *web.Texts {
	t.Helper()
	texts, err := web.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

func TestTheCataloguesOfAllLanguagesAgree(t *testing.T) {
	if got := texts(t).Languages(); !slices.Equal(got, []string{"en", "de"}) {
		t.Errorf("languages %q", got)
	}
	if keys := texts(t).Keys(); len(keys) < 20 || !slices.IsSorted(keys) {
		t.Errorf("%d keys", len(keys))
	}
}

func TestPlaceholdersAreFilledOnce(t *testing.T) {
	if got := texts(t).T("de", "error.help", "contact", "{contact} **x**"); got != "Brauchen Sie Hilfe? Nennen Sie {contact} **x** die Referenz." {
		t.Errorf("%q", got)
	}
	if got := texts(t).T("en", "error.help"); got != "Need help? Tell {contact} the reference." {
		t.Errorf("without a value: %q", got)
	}
	if got := texts(t).T("xx", "error.again"); got != "Start again" {
		t.Errorf("unknown language: %q", got)
	}
	if got := texts(t).T("en", "no.such"); got != "no.such" {
		t.Errorf("unknown key: %q", got)
	}
}

func TestTheLanguageIsTheFirstWishThatWeHave(t *testing.T) {
	for _, c := range []struct {
		wishes []string
		want   string
	}{
		{[]string{"de"}, "de"}, {[]string{"DE-at"}, "de"}, {[]string{"fr", "de-CH-1996", "en"}, "de"}, {[]string{"en-GB"}, "en"},
		{[]string{"fr"}, ""}, {nil, ""}, {[]string{""}, ""}, {[]string{"../../etc"}, ""}, {[]string{"d"}, ""}, {[]string{"deu"}, ""},
		{slices.Repeat([]string{"xx-yy"}, 500), ""},
	} {
		if got := texts(t).Match(c.wishes); got != c.want {
			t.Errorf("%.3q: %q", c.wishes, got)
		}
	}
}

func TestTheLanguageOfARequestIsChosenInOrder(t *testing.T) {
	site := newPlace(t).site
	for _, c := range []struct {
		name, target, cookie, accept string
		wishes                       []string
		want                         string
		sets                         bool
	}{
		{"nothing", "/", "", "", nil, "en", false},
		{"Accept-Language", "/", "", "fr;q=0.9, de;q=0.8, en;q=0.1", nil, "de", false},
		{"Accept-Language, by weight", "/", "", "en;q=0.1, de-DE", nil, "de", false},
		{"Accept-Language, refused", "/", "", "de;q=0, fr", nil, "en", false},
		{"Accept-Language, broken", "/", "", ";;;,,q=x;de;q=z", nil, "en", false},
		{"cookie before Accept-Language", "/", "de", "en", nil, "de", false},
		{"ui_locales before cookie", "/", "de", "de", []string{"en-US"}, "en", false},
		{"unknown ui_locales", "/", "de", "en", []string{"fr"}, "de", false},
		{"chosen before all", "/?a=1&lang=de", "en", "en", []string{"en"}, "de", true},
		{"chosen, unknown", "/?lang=xx", "", "", nil, "en", false},
		{"foreign cookie value", "/", "zz", "de", nil, "de", false},
	} {
		r := httptest.NewRequest("GET", c.target, nil)
		r.Header.Set("Accept-Language", c.accept)
		if c.cookie != "" {
			r.Header.Set("Cookie", "__Host-lang="+c.cookie)
		}
		w := httptest.NewRecorder()
		if got := site.Language(w, r, c.wishes...); got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
		if sets := w.Header().Get("Set-Cookie") != ""; sets != c.sets {
			t.Errorf("%s: sets cookie: %v", c.name, sets)
		}
	}
}

func TestTheHousesLanguageStandsBehindEveryWish(t *testing.T) {
	site := newPlace(t).site
	for house, want := range map[string]string{"": "en", "de": "de", "xx": "en"} {
		site.Default = house
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", "fr")
		if got := site.LanguageOf(r); got != want || site.DefaultLanguage() != want {
			t.Errorf("a house of %q speaks %q", house, got)
		}
		r.Header.Set("Accept-Language", "en")
		if got := site.LanguageOf(r); got != "en" {
			t.Errorf("a house of %q speaks %q with who wishes English", house, got)
		}
	}
}

func TestAKnownLanguageStandsBehindWhatWasChosenHere(t *testing.T) {
	p := newPlace(t)
	for _, c := range []struct{ query, cookie, known, accept, want string }{
		{"", "", "de", "en", "de"},
		{"", "en", "de", "de", "en"},
		{"?lang=en", "", "de", "de", "en"},
		{"", "", "", "de", "de"},
		{"", "", "xx", "de", "de"},
		{"", "xx", "de", "en", "de"},
	} {
		r := httptest.NewRequest("GET", "/"+c.query, nil)
		r.Header.Set("Accept-Language", c.accept)
		if c.cookie != "" {
			r.Header.Set("Cookie", "__Host-lang="+c.cookie)
		}
		if got := p.site.LanguageFor(httptest.NewRecorder(), r, c.known); got != c.want {
			t.Errorf("%+v is answered in %s", c, got)
		}
	}
}

func TestTimesAreShownInTheLanguageAndInTheZoneOfTheHouse(t *testing.T) {
	at := time.Date(2026, 11, 25, 23, 15, 9, 0, time.FixedZone("CET", 3600))
	for lang, want := range map[string]string{"en": "25 November 2026, 22:15 UTC", "de": "25. November 2026, 22:15 UTC"} {
		if got := texts(t).Date(lang, at); got != want {
			t.Errorf("%s: %q", lang, got)
		}
	}
	for _, c := range []struct{ zone, at, date, day string }{
		{"Europe/Berlin", "2026-03-29T00:59:00Z", "29. März 2026, 01:59 CET", "29. März 2026"},
		{"Europe/Berlin", "2026-03-29T01:00:00Z", "29. März 2026, 03:00 CEST", "29. März 2026"},
		{"Europe/Berlin", "2026-12-31T23:30:00Z", "1. Januar 2027, 00:30 CET", "1. Januar 2027"},
		{"America/Sao_Paulo", "2026-07-01T01:05:00Z", "30. Juni 2026, 22:05 UTC-03", "30. Juni 2026"},
		{"Asia/Kathmandu", "2026-07-01T01:05:00Z", "1. Juli 2026, 06:50 UTC+0545", "1. Juli 2026"},
	} {
		texts := texts(t)
		var err error
		if texts.Zone, err = time.LoadLocation(c.zone); err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if date, day := texts.Date("de", at), texts.Day("de", at); date != c.date || day != c.day {
			t.Errorf("%s in %s: %q, %q", c.at, c.zone, date, day)
		}
	}
}

func TestTheAgentIsNamedByItsYoungestName(t *testing.T) {
	for agent, want := range map[string][2]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                        {"Chrome", "Windows"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":          {"Edge", "Windows"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":                  {"Safari", "Mac"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1": {"Chrome", "iPhone"},
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":       {"Samsung Internet", "Android"},
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                 {"Firefox", "Linux"},
		"<script>alert(1)</script>": {"", ""},
		"":                          {"", ""},
	} {
		if browser, system := web.Agent(agent); browser != want[0] || system != want[1] {
			t.Errorf("%s: %q %q", agent, browser, system)
		}
	}
}
