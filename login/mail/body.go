package mail

import (
	"cmp"
	"html"
	"strings"
)

// body collects the parts of a letter and writes them twice, as text and as HTML. The HTML has no image and no style
// sheet: mail programs drop them or tell the sender that the letter was opened. Its links lead to pages of ours that change
// nothing until a button is pressed there, and sign nobody in: programs that look for malware open every link.
type body struct {
	lang, title, house string
	accent             string // a colour like "#1d4ed8" that white words can be read on; "": our own
	parts              []part
}

type part struct {
	kind  string // "words", "large", "button", "alarm"
	lines []string
	url   string // "" where nothing leads on
}

func (b *body) words(text string) { b.parts = append(b.parts, part{"words", []string{text}, ""}) }
func (b *body) large(text string) { b.parts = append(b.parts, part{"large", []string{text}, ""}) }

// button leads on by what the letter is about: a letter has one.
func (b *body) button(text, url string) {
	b.parts = append(b.parts, part{"button", []string{text}, url})
}

// alarm is what to do when it was somebody else, with a link of its own where url is not "".
func (b *body) alarm(strong, advice, text, url string) {
	b.parts = append(b.parts, part{"alarm", []string{strong, advice, text}, url})
}

func (b *body) text() string {
	var out strings.Builder
	for _, p := range b.parts {
		lines := p.lines
		switch {
		case p.kind == "large":
			lines = []string{"    " + lines[0]}
		case p.kind == "alarm" && p.url == "":
			lines = lines[:2]
		case p.kind == "alarm":
			lines = []string{lines[0], lines[1], "", lines[2] + ":"}
		case p.kind == "button":
			lines = []string{lines[0] + ":"}
		}
		out.WriteString(strings.Join(lines, "\n") + "\n")
		if p.url != "" { // on a line of its own, so that mail programs find where it ends
			out.WriteString(p.url + "\n")
		}
		out.WriteString("\n")
	}
	out.WriteString("-- \n" + b.house + "\n")
	return out.String()
}

// Mail programs understand styles on the element only, and half of them none in dark mode: colours that read on white as
// well as on black where nobody asked for them, and a ground of one's own where they would not.
const (
	pageStyle   = `margin:0;padding:24px 12px;background:#f3f5f9`
	cardStyle   = `max-width:480px;margin:0 auto;background:#ffffff;border:1px solid #dfe5ee;border-radius:12px;padding:28px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;color:#101828;border-top:4px solid `
	houseStyle  = `margin:0 0 20px;font-weight:600;color:#4a5565`
	wordsStyle  = `margin:0 0 14px`
	largeStyle  = `margin:0 0 18px;padding:14px;border-radius:10px;background:#f3f5f9;color:#101828;text-align:center;font-size:32px;line-height:1.25;font-weight:700;letter-spacing:4px;font-variant-numeric:tabular-nums`
	buttonStyle = `display:inline-block;margin:6px 0 20px;padding:12px 24px;border-radius:10px;color:#ffffff;font-weight:600;text-decoration:none;background:`
	ownAccent   = `#1d4ed8`
	linkStyle   = `color:#b42318;font-weight:600`
	alarmStyle  = `margin:20px 0 0;padding:12px 16px;border-left:4px solid #b42318;border-radius:8px;background:#fef3f2;color:#101828`
)

func (b *body) html() string {
	var out strings.Builder
	accent := cmp.Or(b.accent, ownAccent)
	out.WriteString(`<!doctype html><html lang="` + html.EscapeString(b.lang) + `"><head><meta charset="utf-8">` +
		`<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light">` +
		`<title>` + html.EscapeString(b.title) + `</title></head><body style="` + pageStyle + `"><div style="` + cardStyle + accent + `">`)
	out.WriteString(paragraph(houseStyle, b.house))
	for _, p := range b.parts {
		switch p.kind {
		case "words":
			out.WriteString(paragraph(wordsStyle, p.lines[0]))
		case "large":
			out.WriteString(paragraph(largeStyle, p.lines[0]))
		case "button":
			out.WriteString(`<p style="` + wordsStyle + `">` + link(buttonStyle+accent, p.lines[0], p.url) + "</p>\n")
		case "alarm":
			out.WriteString(p.alarmed())
		}
	}
	out.WriteString(`</div></body></html>`)
	return out.String()
}

func (p part) alarmed() string {
	out := `<p style="` + alarmStyle + `"><strong>` + html.EscapeString(p.lines[0]) + `</strong><br>` + html.EscapeString(p.lines[1])
	if p.url != "" {
		out += "<br>" + link(linkStyle, p.lines[2], p.url)
	}
	return out + "</p>\n"
}

func link(style, text, url string) string {
	return `<a href="` + html.EscapeString(url) + `" style="` + style + `">` + html.EscapeString(text) + `</a>`
}

func paragraph(style, text string) string {
	return `<p style="` + style + `">` + html.EscapeString(text) + "</p>\n"
}
