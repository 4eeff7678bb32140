// Package qr draws texts as QR codes, for pages that show the way to a phone.
package qr

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// Quiet is how many modules around a QR code have to be empty (ISO/IEC 18004, 5.3.8).
const Quiet = 4

// Path returns the dark modules of a text's QR code as the data of an SVG's path, one unit each, and how
// wide the square is that they are on, with so many empty ones around. It is "" and 0 for a text that is
// empty or too long for one.
func Path(text string, around int) (path string, size int) {
	if text == "" {
		return "", 0
	}
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", 0
	}
	size = code.Bounds().Dx()
	dark := func(x, y int) bool { return x < size && code.At(x, y) == color.Black }
	var b strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			begin := x
			for dark(x, y) {
				x++
			}
			if x > begin {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", begin+around, y+around, x-begin, x-begin)
			}
		}
	}
	return b.String(), size + 2*around
}
