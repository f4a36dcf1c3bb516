package web

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// WCAG 2.2 §1.4.3 for every colour that a company may choose: links on every ground, words on buttons, quiet words in boxes.
func TestWhateverTheAccentEverythingCanBeRead(t *testing.T) {
	accents := []string{"#000000", "#ffffff", "#ffff00", "#00ff00", "#0000ff", "#ff0000", "#808080", "#1d4ed8", "#ffcc00", "#e20074", "#777777", "#767676"}
	for range 200 {
		accents = append(accents, fmt.Sprintf("#%06x", rand.N(1<<24)))
	}
	ours := schemes(t)
	for _, accent := range accents {
		css := strings.TrimPrefix(Brand{Accent: accent}.css(), style)
		light, dark, found := strings.Cut(css, "@media (prefers-color-scheme:dark)")
		if !found {
			t.Fatalf("%s: the dark scheme is forgotten: %s", accent, css)
		}
		for scheme, text := range map[string]string{"light": light, "dark": dark} {
			colours := map[string]string{}
			for name, value := range ours[scheme] {
				colours[name] = value
			}
			changed := variable.FindAllStringSubmatch(text, -1)
			if len(changed) != 4 {
				t.Fatalf("%s: %q", accent, text)
			}
			for _, m := range changed {
				colours[m[1]] = m[2]
			}
			for _, pair := range [][2]string{{"acc", "card"}, {"acc", "bg"}, {"acc", "bg2"}, {"acc", "soft"}, {"acc", "okbg"}, {"acc", "carebg"},
				{"acc2", "card"}, {"acc2", "bg"}, {"accfg", "acc"}, {"accfg", "acc2"}, {"fg", "soft"}, {"mut", "soft"}} {
				if got := ratio(t, colours[pair[0]], colours[pair[1]]); got < 4.5 {
					t.Errorf("%s, %s: --%s %s on --%s %s has %.2f:1", accent, scheme, pair[0], colours[pair[0]], pair[1], colours[pair[1]], got)
				}
			}
		}
	}
}

func TestAnAccentThatCanBeReadStaysAsItIs(t *testing.T) {
	for accent, want := range map[string][2]string{
		"#1d4ed8": {"#1d4ed8", "#6e8ee6"}, "#8fb4ff": {"#576e9c", "#8fb4ff"}, "#FFCC00": {"#856a00", "#ffcc00"}, "": {"", ""},
	} {
		if light, dark := (Brand{Accent: accent}).Shown(); light != want[0] || dark != want[1] {
			t.Errorf("%s: %s in light, %s in dark", accent, light, dark)
		}
	}
}

func TestOnlyAColourIsAnAccent(t *testing.T) {
	for _, bad := range []string{"blue", "1d4ed8", "#1d4ed", "#1d4ed8f", "#1d4ed8;}", "#12345g", "#fff", "#+12345", "rgb(1,2,3)", "#", " #1d4ed8", "url(//evil)"} {
		if CheckAccent(bad) == nil {
			t.Errorf("%q is taken", bad)
		}
		if bad != "#fff" && (Brand{Accent: bad}).css() != style {
			t.Errorf("%q changes the style sheet", bad)
		}
	}
	for _, good := range []string{"", "#1d4ed8", "#ABCDEF"} {
		if err := CheckAccent(good); err != nil {
			t.Error(err)
		}
	}
}

func TestTheMarkTakesTheAccent(t *testing.T) {
	for accent, want := range map[string]string{"": "#1d4ed8", "#b00000": "#b00000", "#ffff00": "#7a7a00"} {
		fill := regexp.MustCompile(`rx="11" fill="(#[0-9a-f]+)"`).FindStringSubmatch(Brand{Accent: accent}.icon())
		if fill == nil || fill[1] != want || ratio(t, fill[1], "#ffffff") < 3 {
			t.Errorf("%q: %q", accent, fill)
		}
	}
}

func TestALinkAtTheFootLeadsWhereEverybodyMayGo(t *testing.T) {
	for _, good := range []Link{{"Imprint", "https://www.example.com/imprint?a=b#c"}, {"Support", "mailto:help@example.com"}, {"Straße", "https://example.com"}} {
		if err := good.Check(); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
	for _, bad := range []Link{
		{"", "https://example.com"}, {strings.Repeat("x", 41), "https://example.com"}, {"a\nb", "https://example.com"},
		{"x", ""}, {"x", "http://example.com"}, {"x", "javascript:alert(1)"}, {"x", "https:///path"}, {"x", "https://user:pass@example.com/"}, {"x", "//example.com"},
		{"x", "/imprint"}, {"x", "https://example.com/ x"}, {"x", "https://example.com/\"x"}, {"x", "https://exämple.com/"}, {"x", "mailto:"}, {"x", "mailto:a"}, {"x", "mailto:a@b?bcc=c@d"}, {"x", "data:text/html,x"},
		{"x", " javascript:alert(1)"}, {"x", "HTTPS\t://x"}, {"x", "tel:+49"},
	} {
		if bad.Check() == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}
