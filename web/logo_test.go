package web

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
)

const goodLogo = `<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand --><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 300 60"><title>Acme</title>
<defs><linearGradient id="g"><stop offset="0" stop-color="#f00"/></linearGradient><path id="p" d="M0 0h10v10z"/></defs>
<style>.a{fill:url(#g)}</style><g class="a"><use xlink:href="#p"/><rect width="10" height="10" fill="url('#g')"/><text x="1">Acme</text></g></svg>`

func pngOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestALogoIsFittedIntoItsPlace(t *testing.T) {
	for name, c := range map[string]struct {
		data          []byte
		width, height int
		plate         bool
		path          string
	}{
		"SVG":                       {[]byte(goodLogo), 240, 48, true, "logo.svg"},
		"SVG with width and height": {[]byte(strings.Replace(goodLogo, `viewBox="0 0 300 60"`, `width="10px" height="10px"`, 1)), 48, 48, true, "logo.svg"},
		"SVG that minds the dark":   {[]byte(strings.Replace(goodLogo, ".a{", "@media (prefers-color-scheme:dark){.a{fill:#fff}}.a{", 1)), 240, 48, false, "logo.svg"},
		"PNG":                       {pngOf(t, 480, 96), 240, 48, true, "logo.png"},
		"PNG, small":                {pngOf(t, 100, 20), 100, 20, true, "logo.png"},
		"PNG, high":                 {pngOf(t, 96, 192), 24, 48, true, "logo.png"},
	} {
		l, err := ReadLogo(c.data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if l.Width() != c.width || l.Height() != c.height || l.Plate() != c.plate || !strings.HasSuffix(l.Path(), c.path) {
			t.Errorf("%s: %d x %d, plate %v, %s", name, l.Width(), l.Height(), l.Plate(), l.Path())
		}
	}
}

// XS-01, for what an operator was given as a logo: nothing in it runs, and nothing is fetched by it.
func TestALogoOnlyDraws(t *testing.T) {
	for name, c := range map[string][2]string{
		"script":                     {"<g ", `<script>alert(1)</script><g `},
		"script, prefixed":           {"<g ", `<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script><g `},
		"HTML":                       {"<g ", `<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script><g `},
		"foreignObject":              {"<g ", `<foreignObject></foreignObject><g `},
		"image":                      {"<g ", `<image href="https://evil.test/x.png"/><g `},
		"link":                       {"<g ", `<a href="javascript:alert(1)"><path/></a><g `},
		"animation":                  {"<g ", `<set attributeName="href" to="javascript:alert(1)"/><g `},
		"handler":                    {"<g ", `<g onload="alert(1)" `},
		"handler, capitals":          {"<g ", `<g OnLoad="alert(1)" `},
		"use from elsewhere":         {`xlink:href="#p"`, `xlink:href="https://evil.test/x.svg#p"`},
		"use of data":                {`xlink:href="#p"`, `href="data:image/svg+xml,x"`},
		"base":                       {"<g ", `<g xml:base="https://evil.test/" `},
		"style from elsewhere":       {"url(#g)", "url(https://evil.test/x)"},
		"style, quoted":              {"url(#g)", `url( "//evil.test/x")`},
		"style, imported":            {".a{", "@import '//evil.test/x';.a{"},
		"style, in two parts":        {".a{", "@imp<!-- x -->ort '//evil.test/x';.a{"},
		"style, as CDATA":            {".a{", "@imp<![CDATA[ort '//evil.test/x';]]>.a{"},
		"style, escaped":             {".a{", `@\69mport '//evil.test/x';.a{`},
		"style, in elements":         {"<style>", `<style>@im<g/>port "https://evil.test/x.css";</style><style>`},
		"style, address in elements": {"url(#g)", "ur<g/>l(https://evil.test/x)"},
		"style, src":                 {"url(#g)", `src("https://evil.test/x")`},
		"attribute with src":         {`fill="url('#g')"`, `style='fill:src("https://evil.test/x")'`},
		"attribute with a url":       {`fill="url('#g')"`, `fill="url(https://evil.test/x#g)"`},
		"style sheet":                {"<svg", `<?xml-stylesheet href="//evil.test/x.css"?><svg`},
		"document type":              {"<svg", `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg`},
		"entity":                     {"Acme</title>", "&x;</title>"},
		"two roots":                  {"</svg>", "</svg><script/>"},
		"no end":                     {"</svg>", ""},
		"not SVG":                    {"svg", "html"},
		"other namespace":            {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"},
		"other encoding":             {"UTF-8", "UTF-7"},
		"no size":                    {`viewBox="0 0 300 60"`, ""},
		"size of nothing":            {`viewBox="0 0 300 60"`, `viewBox="0 0 0 NaN"`},
		"too narrow":                 {`viewBox="0 0 300 60"`, `viewBox="0 0 10 1000"`},
		"too large":                  {"<g ", "<g>" + strings.Repeat(" ", 20_000) + "</g><g "},
	} {
		bad := strings.ReplaceAll(goodLogo, c[0], c[1])
		if bad == goodLogo {
			t.Fatalf("%s: the case changes nothing", name)
		}
		if _, err := ReadLogo([]byte(bad)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for name, data := range map[string][]byte{"nothing": nil, "JPEG": []byte("\xff\xd8\xff\xe0"), "GIF": []byte("GIF89a"), "half a PNG": pngOf(t, 9, 9)[:12],
		"page": []byte("<!doctype html><script>alert(1)</script>"), "PNG like a line": pngOf(t, 1000, 1)} {
		if _, err := ReadLogo(data); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
