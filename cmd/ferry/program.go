package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ferry/bridge/texts"
)

// program holds the settings that are for no part alone.
type program struct {
	Listen      string `name:"listen" env:"LISTEN" default:":8080" help:"Public listener."`
	AdminListen string `name:"admin-listen" env:"ADMIN_LISTEN" default:"127.0.0.1:9090" help:"Listener for metrics and profiles; never the public one."`
	AdminToken  string `name:"admin-token" env:"ADMIN_TOKEN" secret:"true" help:"Bearer token for the profiles, needed where ADMIN_LISTEN is not loopback."`
	// TrustedProxies are believed for whom they ask.
	TrustedProxies []netip.Prefix `name:"trusted-proxies" env:"TRUSTED_PROXIES" help:"Networks of your proxies, comma separated (10.0.0.0/8), whose X-Forwarded-For is believed for limits."`
	PublicURL      string         `name:"public-url" env:"PUBLIC_URL" help:"The https address that people and platforms reach us at; http only on loopback."`

	Store     string `name:"store" env:"STORE" default:"redis" enum:"redis,memory" help:"Where conversations are kept: redis, or memory, where nothing outlives the process."`
	SecretKey string `name:"secret-key" env:"SECRET_KEY" secret:"true" help:"32 random bytes in base64, from which links and pseudonyms derive. Unset: made once and kept in the store."`

	Languages       []string `name:"languages" env:"LANGUAGES" help:"Languages that Ferry itself speaks, comma separated. Unset: all built in, which are en, id, hi, pt, es, ar, it and fr."`
	DefaultLanguage string   `name:"default-language" env:"DEFAULT_LANGUAGE" default:"en" help:"For people whose language is not known or not spoken."`
	TextsDir        string   `name:"texts-dir" env:"TEXTS_DIR" help:"Folder with your own wording: files named like the built-in ones, any text in other words."`

	LogFormat       string        `name:"log-format" env:"LOG_FORMAT" default:"auto" enum:"auto,text,json" help:"How logs look: text, json, or auto, which is text on a terminal and json otherwise."`
	LogLevel        string        `name:"log-level" env:"LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"The least that is logged: debug, info, warn or error."`
	ShutdownTimeout time.Duration `name:"shutdown-timeout" env:"SHUTDOWN_TIMEOUT" default:"10s" help:"How long a stop may take."`
}

// Check returns an error that names the first setting that is wrong, and the mend.
func (p *program) Check() error {
	for _, l := range []struct{ name, address string }{{"LISTEN", p.Listen}, {"ADMIN_LISTEN", p.AdminListen}} {
		_, port, err := net.SplitHostPort(l.address)
		if err == nil {
			_, err = strconv.ParseUint(port, 10, 16)
		}
		if err != nil {
			return fmt.Errorf("%s is %q: write it as host:port, such as 127.0.0.1:9090, or :8080 for every address", l.name, l.address)
		}
	}
	if p.Listen == p.AdminListen && !strings.HasSuffix(p.Listen, ":0") {
		return errors.New("ADMIN_LISTEN is the same as LISTEN: give it an address of its own, which the world cannot reach")
	}
	if err := checkPublicURL(p.PublicURL); err != nil {
		return err
	}
	if _, err := p.secretKey(); err != nil {
		return err
	}
	if p.ShutdownTimeout <= 0 {
		return fmt.Errorf("SHUTDOWN_TIMEOUT is %s: set it to a time above 0, such as 10s", p.ShutdownTimeout)
	}
	_, err := p.texts()
	return err
}

func checkPublicURL(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("PUBLIC_URL is no address of a site: write it like https://chat.example.org")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return errors.New("PUBLIC_URL begins with http: write it with https, as only loopback goes without")
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("PUBLIC_URL does not begin with https: write it like https://chat.example.org")
	}
	return nil
}

// loopback reports whether only this machine can reach a host.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// keySize is how long SECRET_KEY is, in bytes.
const keySize = 32

// secretKey returns the key, or nil where none is set.
func (p *program) secretKey() ([]byte, error) {
	if p.SecretKey == "" {
		return nil, nil
	}
	plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(p.SecretKey, "="))
	key, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil || len(key) != keySize {
		return nil, errors.New("SECRET_KEY is not 32 bytes in base64: make one with openssl rand -base64 32, or leave it out")
	}
	return key, nil
}

// texts loads what Ferry itself says.
func (p *program) texts() (*texts.Texts, error) {
	return texts.Load(p.TextsDir, p.Languages, p.DefaultLanguage)
}
