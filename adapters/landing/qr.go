package landing

import "ferry/adapters/internal/qr"

// A drawing is a QR code: the path of its dark modules, one unit each, on a square of that size.
type drawing struct {
	Size int
	Path string
}

// drawQR draws a text as a QR code, or returns nil where it is too long for one.
func drawQR(text string) *drawing {
	path, size := qr.Path(text, qr.Quiet)
	if size == 0 {
		return nil
	}
	return &drawing{Size: size, Path: path}
}
