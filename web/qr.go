package web

import (
	"fmt"
	"html/template"
	"strings"
)

// QR is a QR code to be drawn on a page: the page's data holds it, and {{.Data.Code.Drawn (t "key")}} draws it. It is black on white in the
// dark scheme too, since half of the cameras read no other.
type QR struct {
	Size  int                 // modules a side, without the quiet zone
	Black func(x, y int) bool // of the module in column x and row y
}

// quiet is the white rim that a scanner needs, in modules (ISO/IEC 18004 §6.3.8).
const quiet = 4

// Drawn is the code as an inline SVG with a name for those who do not see it.
func (q QR) Drawn(label string) template.HTML {
	var path strings.Builder
	for y := range q.Size {
		for x := 0; x < q.Size; x++ {
			from := x
			for x < q.Size && q.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	side := q.Size + 2*quiet
	return template.HTML(fmt.Sprintf(`<div class="qr"><svg viewBox="0 0 %d %d" width="224" height="224" role="img" aria-label="%s" shape-rendering="crispEdges">`+
		`<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg></div>`, side, side, template.HTMLEscapeString(label), side, side, path.String()))
}

// AppLink is the address otpauth:… that an authenticator app on the same phone opens: href="{{.Data.Link.URL}}". Of another
// address nothing is drawn.
type AppLink string

// URL is the address as a link.
func (l AppLink) URL() template.URL {
	if !strings.HasPrefix(string(l), "otpauth://totp/") {
		return ""
	}
	return template.URL(l)
}
