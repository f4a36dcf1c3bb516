package web

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
)

// WCAG 2.2 §1.4.3 and §1.4.11: text 4.5:1, lines that say something 3:1, in both schemes.
func TestColoursHaveEnoughContrastInBothSchemes(t *testing.T) {
	for scheme, colours := range schemes(t) {
		for _, c := range []struct {
			front, ground string
			least         float64
		}{
			{"fg", "card", 4.5}, {"fg", "bg", 4.5}, {"fg", "bg2", 4.5}, {"fg", "soft", 4.5}, {"fg", "errbg", 4.5}, {"fg", "okbg", 4.5},
			{"mut", "card", 4.5}, {"mut", "bg", 4.5}, {"mut", "bg2", 4.5}, {"mut", "soft", 4.5},
			{"acc", "card", 4.5}, {"acc2", "card", 4.5}, {"acc", "soft", 4.5}, {"err", "card", 4.5}, {"err", "errbg", 4.5},
			{"accfg", "acc", 4.5}, {"accfg", "acc2", 4.5},
			{"line", "card", 3}, {"line", "bg2", 3}, {"acc", "bg", 3}, {"acc", "bg2", 3}, {"err", "bg", 3}, {"ok", "okbg", 3},
			{"fg", "carebg", 4.5}, {"acc", "carebg", 4.5}, {"care", "carebg", 3}, {"care", "card", 3}, {"ok", "okbg", 4.5}, {"acc", "okbg", 4.5},
			{"card", "err", 4.5}, // .btn.danger
		} {
			if got := ratio(t, colours[c.front], colours[c.ground]); got < c.least {
				t.Errorf("%s: --%s on --%s has %.2f:1, less than %.1f:1", scheme, c.front, c.ground, got, c.least)
			}
		}
	}
}

// schemes reads the colours of the style sheet: the first list is light, the second dark.
func schemes(t *testing.T) map[string]map[string]string {
	t.Helper()
	light, dark, found := strings.Cut(style, "@media (prefers-color-scheme:dark)")
	dark, _, ends := strings.Cut(dark, "}}")
	if !found || !ends {
		t.Fatal("the style sheet has no dark scheme")
	}
	out := map[string]map[string]string{}
	for name, text := range map[string]string{"light": light, "dark": dark} {
		out[name] = map[string]string{}
		for _, m := range regexp.MustCompile(`--(\w+):(#[0-9a-f]+)`).FindAllStringSubmatch(text, -1) {
			out[name][m[1]] = m[2]
		}
	}
	if len(out["light"]) != len(out["dark"]) {
		t.Errorf("%d colours in light, %d in dark", len(out["light"]), len(out["dark"]))
	}
	return out
}

func ratio(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := light(t, a), light(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func light(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) == 4 {
		hex = "#" + strings.Repeat(hex[1:2], 2) + strings.Repeat(hex[2:3], 2) + strings.Repeat(hex[3:4], 2)
	}
	var r, g, b int
	if _, err := fmt.Sscanf(hex, "#%02x%02x%02x", &r, &g, &b); err != nil {
		t.Fatalf("colour %q: %v", hex, err)
	}
	linear := func(v int) float64 {
		c := float64(v) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

func TestTheStyleSheetServesEveryPreference(t *testing.T) {
	for _, part := range []string{"color-scheme:light dark", "@media (prefers-color-scheme:dark)", "@media (prefers-reduced-motion:reduce)",
		"@media (forced-colors:active)", ":focus-visible{outline:3px solid"} {
		if !strings.Contains(style, part) {
			t.Errorf("the style sheet lacks %s", part)
		}
	}
	for _, part := range []string{"/*", "url(", "@import", "@font-face", "expression", "\n"} {
		if strings.Contains(style, part) {
			t.Errorf("the style sheet holds %s", part)
		}
	}
}
