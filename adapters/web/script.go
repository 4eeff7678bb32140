package web

import (
	"bytes"
	_ "embed" // for the widget
	"encoding/json"
	"errors"
)

//go:embed widget/dist/widget.js
var widget []byte

// place is what stands in the widget where its settings go.
const place = `"@ferry-config@"`

// styleBegins is how the style of the widget begins, which is a string in it.
const styleBegins = `":host{`

// script returns the widget with its settings in it.
func (c *Channel) script(languages []string) ([]byte, error) {
	// It leaves no <, and no end of a line that only JavaScript knows.
	settings, err := json.Marshal(struct {
		Name      string   `json:"name"`
		Languages []string `json:"languages"`
		Language  string   `json:"language"`
		Channels  []string `json:"channels"`
		Support   string   `json:"support"`
		Privacy   string   `json:"privacy"`
		Link      bool     `json:"link"`
	}{c.cfg.name(), languages, c.cfg.language(), c.cfg.elsewhere(), c.cfg.SupportURL, c.cfg.PrivacyURL, true})
	if err != nil {
		return nil, err
	}
	if bytes.Count(widget, []byte(place)) != 1 {
		return nil, errors.New("the built widget has no place for its settings: build it again")
	}
	return bytes.Replace(widget, []byte(place), settings, 1), nil
}

// widgetStyle returns the style that the widget makes an element of where there are no constructed
// sheets (Safari before 16.4), or "".
func widgetStyle() string {
	_, rest, found := bytes.Cut(widget, []byte(styleBegins))
	if !found {
		return ""
	}
	var style string
	literal := append([]byte(styleBegins), rest...)
	if json.NewDecoder(bytes.NewReader(literal)).Decode(&style) != nil {
		return ""
	}
	return style
}
