package web

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// Brand is what a company makes of our pages.
type Brand struct {
	Logo   *Logo  // in the place of icon and name; nil: none
	Accent string // of buttons and links, "#1d4ed8"; "": our own
	Links  []Link // at the foot of every page, in this order
}

// Link is one of them.
type Link struct{ Name, URL string }

// longestName is the most letters of a link at the foot.
const longestName = 40

// Check wants a link that everybody may follow: https, or mailto.
func (l Link) Check() error {
	if l.Name == "" || len([]rune(l.Name)) > longestName || strings.ContainsFunc(l.Name, unicode.IsControl) {
		return fmt.Errorf("the name must have 1 to %d letters", longestName)
	}
	u, err := url.Parse(l.URL)
	odd := strings.ContainsFunc(l.URL, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune("\"'<>\\^`{|}", c) })
	switch {
	case err != nil || odd:
		return errors.New("is not an address")
	case u.Scheme == "https" && u.Hostname() != "" && u.User == nil:
		return nil
	case u.Scheme == "mailto" && strings.Count(u.Opaque, "@") == 1 && u.RawQuery == "":
		return nil
	}
	return errors.New("must begin with https://, or be mailto: with an address")
}

// CheckAccent wants a colour like "#1d4ed8", or "".
func CheckAccent(text string) error {
	if text == "" {
		return nil
	}
	if len(text) != 7 {
		return fmt.Errorf("%q is not a colour like #1d4ed8", text)
	}
	_, err := parseColour(text)
	return err
}

var (
	ownAccent = "#1d4ed8" // of icon.svg
	variable  = regexp.MustCompile(`--(\w+):(#[0-9a-f]+)`)
)

// palettes are the colours of the style sheet, in light and in dark.
func palettes() (map[string]colour, map[string]colour) {
	light, dark, _ := strings.Cut(style, "@media (prefers-color-scheme:dark)")
	dark, _, _ = strings.Cut(dark, "}}")
	read := func(css string) map[string]colour {
		colours := map[string]colour{}
		for _, m := range variable.FindAllStringSubmatch(css, -1) {
			colours[m[1]], _ = parseColour(m[2]) // a test reads them all
		}
		return colours
	}
	return read(light), read(dark)
}

// accented is an accent in one scheme. Whatever a company likes, its links can be read on every ground that we have, and so can the
// words of its buttons: it is darkened in the light and lightened in the dark until they can.
func accented(accent, ink colour, scheme map[string]colour) colour {
	return accent.legible(ink, scheme["card"], scheme["bg"], scheme["bg2"], scheme["okbg"], scheme["carebg"], tinted(accent, scheme))
}

// tinted is the ground of a box, with a breath of the accent.
func tinted(accent colour, scheme map[string]colour) colour {
	return scheme["card"].mixed(accent, 0.08)
}

// dressed are the colours of the style sheet that follow from an accent.
func dressed(accent, ink colour, scheme map[string]colour) string {
	acc := accented(accent, ink, scheme)
	over := acc.mixed(ink, 0.2)
	return fmt.Sprintf("--acc:%s;--acc2:%s;--accfg:%s;--soft:%s", acc, over, textOn(acc, over), tinted(accent, scheme))
}

// textOn is white or nearly black, whichever is easier to read.
func textOn(grounds ...colour) colour {
	ink := colour{10, 19, 38}
	for _, ground := range grounds {
		if contrast(white, ground) < contrast(ink, ground) {
			return ink
		}
	}
	return white
}

// css is the style sheet of the site: ours, and after it what the accent changes.
func (b Brand) css() string {
	accent, err := parseColour(b.Accent)
	if err != nil {
		return style
	}
	light, dark := palettes()
	return style + ":root{" + dressed(accent, black, light) + "}@media (prefers-color-scheme:dark){:root{" + dressed(accent, white, dark) + "}}"
}

// Shown are the accent's colours as pages show them, in light and in dark; "" without an accent.
func (b Brand) Shown() (string, string) {
	accent, err := parseColour(b.Accent)
	if err != nil {
		return "", ""
	}
	light, dark := palettes()
	return accented(accent, black, light).String(), accented(accent, white, dark).String()
}

// icon is the mark of the house, in the company's colour as far as its white lines can be seen on it.
func (b Brand) icon() string {
	accent, err := parseColour(b.Accent)
	if err != nil {
		return iconText
	}
	return strings.Replace(iconText, ownAccent, accent.legible(black, white).String(), 1)
}
