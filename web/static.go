package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
)

// asset is a file beside the pages, under an address that changes with its content: browsers keep it for good.
type asset struct {
	path   string
	header http.Header // shared by all answers and never changed
	body   []byte
}

// assetPolicy lets nothing run or load where somebody opens the file itself: an SVG is a document, and may hold a script that
// nobody found.
const assetPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

func newAsset(name, contentType string, body []byte) *asset {
	return &asset{
		path: "/static/" + fingerprint(body) + "/" + name,
		body: body,
		header: http.Header{
			"Content-Type":                 {contentType},
			"Content-Length":               {strconv.Itoa(len(body))},
			"Cache-Control":                {"public, max-age=31536000, immutable"},
			"Content-Security-Policy":      {assetPolicy},
			"Cross-Origin-Resource-Policy": {"same-origin"},
		},
	}
}

// fingerprint tells two contents apart; nobody gains by making two alike.
func fingerprint(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body) // an error means that the visitor has gone
	}
	return nil
}

// WriteImage answers GET and HEAD with a picture that somebody else made. Nothing in it runs where it is opened by itself, and no
// other site shows it. Browsers keep it for a day.
func WriteImage(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "public, max-age=86400")
	h.Set("Content-Security-Policy", assetPolicy)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // an error means that the visitor has gone
	}
}

// script is the one file that pages may run: it adds comfort to what works without it (see Pages).
var script = newAsset("doorward.js", "text/javascript; charset=utf-8", []byte(unremarked(embedded("doorward.js"))))

// unremarked takes out of the script what only its readers need: comments on lines of their own, indents, empty lines.
func unremarked(source string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(source, "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// assets are all files of the site.
func (s *Site) assets() []*asset {
	list := []*asset{script, consoleStyle, consoleScript}
	if s.Brand.Logo != nil {
		list = append(list, s.Brand.Logo.asset)
	}
	return list
}
