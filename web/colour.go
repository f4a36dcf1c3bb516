package web

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
)

// colour is one of sRGB.
type colour struct{ red, green, blue float64 } // 0 to 255

var (
	black = colour{}
	white = colour{255, 255, 255}
)

// parseColour reads "#1d4ed8" or "#fff"; nothing else is a colour here, so that none ends the style sheet.
func parseColour(text string) (colour, error) {
	digits := strings.TrimPrefix(text, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	c, err := hex.DecodeString(digits)
	if err != nil || len(c) != 3 || digits == text {
		return colour{}, fmt.Errorf("%q is not a colour like #1d4ed8", text)
	}
	return colour{float64(c[0]), float64(c[1]), float64(c[2])}, nil
}

func (c colour) String() string {
	return fmt.Sprintf("#%02x%02x%02x", uint8(math.Round(c.red)), uint8(math.Round(c.green)), uint8(math.Round(c.blue)))
}

// mixed is c with a part of another colour in it, 0 to 1.
func (c colour) mixed(with colour, part float64) colour {
	blend := func(a, b float64) float64 { return math.Round(a + (b-a)*part) }
	return colour{blend(c.red, with.red), blend(c.green, with.green), blend(c.blue, with.blue)}
}

// luminance is WCAG 2.2's relative luminance.
func (c colour) luminance() float64 {
	linear := func(v float64) float64 {
		if v /= 255; v > 0.04045 {
			return math.Pow((v+0.055)/1.055, 2.4)
		}
		return v / 12.92
	}
	return 0.2126*linear(c.red) + 0.7152*linear(c.green) + 0.0722*linear(c.blue)
}

// contrast is WCAG 2.2's contrast ratio, 1 to 21.
func contrast(a, b colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// readable is the least contrast of text (WCAG 2.2 §1.4.3).
const readable = 4.5

// legible is c, with as much of the ink in it as makes it readable on each of the grounds.
func (c colour) legible(ink colour, grounds ...colour) colour {
	for part := 0.0; part < 1; part += 0.01 {
		if mended := c.mixed(ink, part); mended.readableOn(grounds) {
			return mended
		}
	}
	return ink
}

func (c colour) readableOn(grounds []colour) bool {
	for _, ground := range grounds {
		if contrast(c, ground) < readable {
			return false
		}
	}
	return true
}
