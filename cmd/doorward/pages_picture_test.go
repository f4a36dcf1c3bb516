package main_test

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// picture writes docs/pages/NAME.png of the English page, when DOORWARD_PICTURES is set.
func (g *guide) picture(name string) {
	if os.Getenv("DOORWARD_PICTURES") == "" || g.lang != "en" {
		return
	}
	t := g.visitor.t
	t.Helper()
	width, err := chromedp.Run(g.ctx, chromedp.Evaluate[int64](`document.querySelector("body.console") ? 1040 : document.querySelector("main.wide") ? 800 : 560`))
	g.must(err)
	g.do(chromedp.EmulateViewport(width, 200), chromedp.Evaluate[chromedp.Void]("document.activeElement.blur(), undefined"))
	height, err := chromedp.Run(g.ctx, chromedp.Evaluate[int64]("document.scrollingElement.scrollHeight"))
	if err != nil {
		t.Fatal(err)
	}
	g.do(chromedp.EmulateViewport(width, height))
	g.do(chromedp.Evaluate[chromedp.Void]("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))", chromedp.EvalAwaitPromise)) // drawn anew
	shot, err := chromedp.Run(g.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join("..", "..", "docs", "pages")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	small, err := shrunk(shot)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), small, 0o644); err != nil {
		t.Fatal(err)
	}
}

// shrunk is a picture in 256 colours at most: of each kind of colour the most frequent one, so that a small mark keeps its own.
func shrunk(shot []byte) ([]byte, error) {
	whole, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return nil, err
	}
	seen := map[color.RGBA]int{}
	bounds := whole.Bounds()
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			seen[color.RGBAModel.Convert(whole.At(x, y)).(color.RGBA)]++
		}
	}
	frequent := slices.SortedFunc(maps.Keys(seen), func(a, b color.RGBA) int {
		return cmp.Or(seen[b]-seen[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	var palette color.Palette
	kinds := map[color.RGBA]bool{}
	for i, c := range frequent {
		kind := color.RGBA{c.R >> 4, c.G >> 4, c.B >> 4, 0}
		if len(palette) < 256 && (i < 160 || !kinds[kind]) {
			palette, kinds[kind] = append(palette, c), true
		}
	}
	nearest := map[color.RGBA]uint8{}
	for c := range seen {
		nearest[c] = uint8(palette.Index(c))
	}
	small := image.NewPaletted(bounds, palette)
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			small.SetColorIndex(x, y, nearest[color.RGBAModel.Convert(whole.At(x, y)).(color.RGBA)])
		}
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small)
	return out.Bytes(), err
}

// TestEveryPictureIsOfASight finds the picture of a page that is gone, and the page without a picture.
func TestEveryPictureIsOfASight(t *testing.T) {
	t.Parallel()
	want := map[string]bool{}
	all := tours()
	maps.Copy(all, consoleTours())
	for _, tour := range all {
		for _, s := range tour.sights {
			for _, scheme := range []string{"light", "dark"} {
				if name := fmt.Sprintf("%s-%s.png", s.name, scheme); s.name != "" && want[name] {
					t.Errorf("two sights are called %s", s.name)
				} else if s.name != "" {
					want[name] = true
				}
			}
		}
	}
	pictures, err := filepath.Glob(filepath.Join("..", "..", "docs", "pages", "*.png"))
	if err != nil {
		t.Fatal(err)
	}
	for _, picture := range pictures {
		if name := filepath.Base(picture); !want[name] {
			t.Errorf("docs/pages/%s is of no page", name)
		}
		delete(want, filepath.Base(picture))
	}
	for name := range want {
		t.Errorf("docs/pages/%s is missing: DOORWARD_PICTURES=1 makes it", name)
	}
}
