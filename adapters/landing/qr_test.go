package landing_test

import (
	"image"
	"image/color"
	"image/draw"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"ferry/adapters/landing"
)

var (
	drawn = regexp.MustCompile(`viewBox="0 0 (\d+) (\d+)".*?<rect width="(\d+)" height="(\d+)" fill="#fff"/><path fill="#000" d="([^"]*)"`)
	run   = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)
)

// scan reads the QR code of a page as a camera does.
func scan(t *testing.T, body string) string {
	t.Helper()
	found := drawn.FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("there is no QR code:\n%s", body)
	}
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	const scale = 4
	size := number(found[1])
	picture := image.NewGray(image.Rect(0, 0, size*scale, size*scale))
	draw.Draw(picture, picture.Bounds(), image.White, image.Point{}, draw.Src)
	for _, r := range run.FindAllStringSubmatch(found[5], -1) {
		x, y, n := number(r[1]), number(r[2]), number(r[3])
		if r[3] != r[4] || x < 4 || y < 4 || x+n > size-4 || y >= size-4 {
			t.Errorf("%s leaves the code", r[0])
		}
		draw.Draw(picture, image.Rect(x*scale, y*scale, (x+n)*scale, (y+1)*scale), image.NewUniform(color.Black), image.Point{}, draw.Src)
	}
	if found[2] != found[1] || found[3] != found[1] || found[4] != found[1] || run.ReplaceAllString(found[5], "") != "" {
		t.Errorf("it is not drawn as it should be: %.200s", found[0])
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	read, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatalf("a camera cannot read it: %v", err)
	}
	return read.GetText()
}

func TestWhatACameraReads(t *testing.T) {
	s := open(t)
	if got, want := scan(t, s.tap("/m/"+token+"/code").body), publicURL+"/m/"+token; got != want {
		t.Errorf("on the page of the code: %q, want %q", got, want)
	}
	if got, want := scan(t, s.tap("/m/"+token+"/sms").body), "SMSTO:+15550100123:"+code; got != want {
		t.Errorf("on the page of the number: %q, want %q", got, want)
	}
}

func TestWithoutAnAddressThereIsNothingToScan(t *testing.T) {
	for name, address := range map[string]string{"none": "", "too long": "https://example.org/" + strings.Repeat("x", 3000)} {
		got := open(t, func(cfg *landing.Config, _ *crossings) { cfg.PublicURL = address }).tap("/m/" + token + "/code")
		if strings.Contains(got.body, "<svg") || strings.Contains(got.body, "On another device?") || !strings.Contains(got.body, code) {
			t.Errorf("%s: %s", name, got.body)
		}
	}
}
