package web

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Logo is a company's image, shown in the place of our icon and served from our own origin.
type Logo struct {
	*asset
	width, height int  // as shown, in CSS pixels
	plate         bool // stands on white in the dark scheme: it was made for paper
}

const (
	largestLogo = 20_000 // bytes; login pages stay quick
	logoWidth   = 240    // CSS pixels, the most
	logoHeight  = 48
)

// ReadLogo takes an SVG or a PNG of at most 20 kB. What it is, its bytes say and not its name. An SVG may hold shapes, text and
// styles, but nothing that runs, and nothing from elsewhere. One that minds (prefers-color-scheme: dark) itself gets no white
// plate behind it there.
func ReadLogo(data []byte) (*Logo, error) {
	if len(data) > largestLogo {
		return nil, fmt.Errorf("has %d bytes; at most %d", len(data), largestLogo)
	}
	if http.DetectContentType(data) == "image/png" {
		config, err := png.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			return nil, errors.New("is a broken PNG")
		}
		return newLogo(newAsset("logo.png", "image/png", data), float64(config.Width), float64(config.Height), 1)
	}
	width, height, err := readSVG(data)
	if err != nil {
		return nil, err
	}
	logo, err := newLogo(newAsset("logo.svg", "image/svg+xml", data), width, height, math.Inf(1))
	if err == nil {
		logo.plate = !bytes.Contains(data, []byte("prefers-color-scheme"))
	}
	return logo, err
}

// newLogo fits it into the place that the page has.
func newLogo(a *asset, width, height, most float64) (*Logo, error) {
	scale := min(most, logoWidth/width, logoHeight/height)
	w, h := math.Round(width*scale), math.Round(height*scale)
	if !(w >= 16 && h >= 8) { // NaN too
		return nil, fmt.Errorf("is %g by %g: shown in at most %d by %d nobody would see it", width, height, logoWidth, logoHeight)
	}
	return &Logo{asset: a, width: int(w), height: int(h), plate: true}, nil
}

// Path, Width, Height and Plate are for the layout.
func (l *Logo) Path() string { return l.path }

// Width is in CSS pixels.
func (l *Logo) Width() int { return l.width }

// Height is in CSS pixels.
func (l *Logo) Height() int { return l.height }

// Plate says whether a white ground belongs behind it in the dark.
func (l *Logo) Plate() bool { return l.plate }

// drawing are the elements of SVG that only draw. Not among them: script, foreignObject, image, a, and the animations, which can
// change an address.
var drawing = []string{"svg", "g", "defs", "symbol", "use", "title", "desc", "style", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon",
	"text", "tspan", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "pattern"}

const svgSpace = "http://www.w3.org/2000/svg"

// svg is a document under examination.
type svg struct {
	width, height float64
	depth         int
	begun, styled bool            // styled: within <style>
	style         strings.Builder // text since the last element ended: comments and CDATA part it, and what is parted counts as one
}

// readSVG checks the whole document and gives the size that it has.
func readSVG(data []byte) (float64, float64, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	var s svg
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && s.begun && s.depth == 0 {
			return s.width, s.height, nil
		}
		if err != nil {
			return 0, 0, errNoImage
		}
		if err := s.take(token); err != nil {
			return 0, 0, err
		}
	}
}

var errNoImage = errors.New("is neither a PNG nor a well-formed SVG")

func (s *svg) take(token xml.Token) error {
	switch token := token.(type) {
	case xml.Directive:
		return errors.New("has a <!DOCTYPE>: leave it out")
	case xml.ProcInst:
		if token.Target != "xml" {
			return fmt.Errorf("has a <?%s?>: leave it out", token.Target)
		}
	case xml.StartElement:
		return s.open(token)
	case xml.EndElement:
		s.depth--
		s.styled = false // it holds no element
		text := s.style.String()
		s.style.Reset()
		return checkStyle(text)
	case xml.CharData:
		s.style.Write(token)
	}
	return nil
}

func (s *svg) open(e xml.StartElement) error {
	s.depth++
	if s.styled { // it would part what a browser reads as one
		return fmt.Errorf("holds <%s> in a <style>: leave it out", e.Name.Local)
	}
	s.styled = e.Name.Local == "style"
	if s.begun {
		return checkElement(e)
	}
	s.begun = true
	if e.Name.Local != "svg" {
		return errNoImage
	}
	if err := checkElement(e); err != nil {
		return err
	}
	var err error
	s.width, s.height, err = sizeOf(e)
	return err
}

func checkElement(e xml.StartElement) error {
	if e.Name.Space != svgSpace || !slices.Contains(drawing, e.Name.Local) {
		return fmt.Errorf("holds <%s>: an SVG may only draw (in Inkscape, save it as plain SVG)", e.Name.Local)
	}
	for _, a := range e.Attr {
		name, value := strings.ToLower(a.Name.Local), strings.TrimSpace(a.Value)
		switch {
		case strings.HasPrefix(name, "on"):
			return fmt.Errorf("has the attribute %s: nothing may run", a.Name.Local)
		case name == "href" && !strings.HasPrefix(value, "#"), name == "src", name == "base":
			return fmt.Errorf("has the attribute %s=%q: nothing may come from elsewhere", a.Name.Local, value)
		}
		if err := checkStyle(value); err != nil && a.Name.Space != "xmlns" && name != "xmlns" {
			return err
		}
	}
	return nil
}

var address = regexp.MustCompile(`(?i)url\s*\(\s*["']?\s*([^#\s"'])`)

// checkStyle refuses what would fetch: an address that is not one in the same file, an import, and the escapes that hide one.
// foreign is the other function of CSS that fetches (CSS Values 4 §4.5): it takes no reference into the document.
var foreign = regexp.MustCompile(`(?i)\bsrc\s*\(`)

func checkStyle(css string) error {
	lower := strings.ToLower(css)
	if address.MatchString(css) || strings.Contains(css, `\`) || strings.Contains(lower, "@import") || strings.Contains(lower, "image-set") || foreign.MatchString(css) ||
		strings.Contains(lower, "javascript:") {
		return errors.New("has a style that names an address: nothing may come from elsewhere")
	}
	return nil
}

// sizeOf is the size that an SVG says to have.
func sizeOf(e xml.StartElement) (float64, float64, error) {
	given := map[string]string{}
	for _, a := range e.Attr {
		if a.Name.Space == "" {
			given[a.Name.Local] = a.Value
		}
	}
	numbers := strings.FieldsFunc(given["viewBox"], func(c rune) bool { return c == ' ' || c == ',' || c == '\n' || c == '\t' })
	if len(numbers) != 4 {
		numbers = []string{"", "", strings.TrimSuffix(given["width"], "px"), strings.TrimSuffix(given["height"], "px")}
	}
	width, errW := strconv.ParseFloat(numbers[2], 64)
	height, errH := strconv.ParseFloat(numbers[3], 64)
	if errW != nil || errH != nil || !(width > 0 && height > 0) {
		return 0, 0, errors.New("does not say its size: <svg> needs a viewBox")
	}
	return width, height, nil
}
