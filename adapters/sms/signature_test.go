package sms

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A signing is something that Twilio signs; a parameter may come several times.
type signing struct {
	Token  string         `json:"token"`
	URL    string         `json:"url"`
	Params map[string]any `json:"params"`
}

func (s signing) form() url.Values {
	form := url.Values{}
	for name, value := range s.Params {
		switch v := value.(type) {
		case string:
			form.Set(name, v)
		case []string:
			form[name] = v
		}
	}
	return form
}

// signedByNode returns the signatures that Twilio's own library for Node makes. It is installed by "npm ci" in
// testdata; without it the test is skipped, or fails where FERRY_TEST_STRICT is 1.
func signedByNode(t *testing.T, cases []signing) []string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat("testdata/node_modules/twilio")
	}
	if err != nil {
		if os.Getenv("FERRY_TEST_STRICT") == "1" {
			t.Fatalf("Twilio's library is not installed: run npm ci in adapters/sms/testdata: %v", err)
		}
		t.Skip("Twilio's library is not installed: npm ci in adapters/sms/testdata installs it")
	}
	input, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, "sign.js")
	cmd.Dir = "testdata"
	cmd.Stdin = strings.NewReader(string(input))
	cmd.Stderr = os.Stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var signed []struct {
		Signature string
		Valid     bool
	}
	if err := json.Unmarshal(output, &signed); err != nil || len(signed) != len(cases) {
		t.Fatalf("%d signatures (%v), want %d", len(signed), err, len(cases))
	}
	var signatures []string
	for i, s := range signed {
		if !s.Valid {
			t.Fatalf("Twilio's library does not take its own signature of %+v", cases[i])
		}
		signatures = append(signatures, s.Signature)
	}
	return signatures
}

// signings are the cases of Twilio's documentation and of its library's tests, and random ones.
func signings() []signing {
	const (
		token = "2bd9e9638872de601313dc77410d3b23"
		hook  = "https://api.test/sms/twilio"
	)
	sms := map[string]any{
		"ToCountry": "US", "MessageSid": "SM0123", "NumMedia": "0", "Body": "I'd like 100% & \"more\" + [x]=y", "From": "+14155551212", "To": "+18005551212",
	}
	cases := []signing{
		{"12345", "https://mycompany.com/myapp.php?foo=1&bar=2", map[string]any{
			"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309", "To": "+18005551212",
		}},
		{token, hook, sms},
		{token, hook + "?a=1&b=%27two%27&a=3", sms},
		{token, "https://api.test:443/sms/twilio", sms},
		{token, "https://api.test:8443/sms/twilio?x=1", sms},
		{token, "http://127.0.0.1:8080/sms/twilio", sms},
		{token, "http://[::1]:8080/sms/twilio", sms},
		{token, "https://[::1]/sms/twilio", sms},
		{token, hook, map[string]any{}},
		{token, hook, map[string]any{"": "empty", "empty": ""}},
		{token, hook, map[string]any{"MediaUrl": []string{"b", "a", "b"}, "Body": "one"}},
		{token, hook, map[string]any{"Tag": []string{"\U0001F600", "\uFF5E", "z", "é"}, "tag": "lower", "Ｔ": "wide", "\U0001F600": "smile"}},
		{token, hook, map[string]any{"Body": "नमस्ते 👋🏽\nsecond line\t\u00a0", "NewOne": "parameters come to be"}},
	}
	random := rand.New(rand.NewPCG(5, 8))
	signs := []rune("aZ09 %&=+?#/\\'\"é😀\u200d\nß")
	word := func() string {
		var b strings.Builder
		for range random.IntN(12) {
			b.WriteRune(signs[random.IntN(len(signs))])
		}
		return b.String()
	}
	for range 300 {
		params := map[string]any{}
		for range random.IntN(12) {
			if random.IntN(4) == 0 {
				params[word()] = []string{word(), word(), word()}
			} else {
				params[word()] = word()
			}
		}
		cases = append(cases, signing{word() + "x", hook + "?q=" + url.QueryEscape(word()), params})
	}
	return cases
}

func TestSignaturesOfTwiliosLibraryAreAccepted(t *testing.T) {
	cases := signings()
	signatures := signedByNode(t, cases)
	if want := "RSOYDt4T1cUTdK1PDd93/VVr8B8="; signatures[0] != want {
		t.Errorf("the signature of the documentation's example = %q, want %q", signatures[0], want)
	}
	for i, c := range cases {
		form := c.form()
		if !signedByTwilio(c.Token, []string{signatures[i]}, c.URL, form) {
			t.Fatalf("not accepted: %+v", c)
		}
		// Twilio may have left out the port that it called, or have put it in.
		for _, address := range []string{withPort(c.URL), withoutPort(c.URL)} {
			if !signedByTwilio(c.Token, []string{base64.StdEncoding.EncodeToString(twilioSignature(c.Token, address, signedParameters(form)))}, c.URL, form) {
				t.Fatalf("not accepted with the address %s: %+v", address, c)
			}
		}
		for name, tampered := range tampers(c, signatures[i]) {
			if signedByTwilio(tampered.token, tampered.signatures, tampered.address, tampered.form) {
				t.Fatalf("%s: accepted: %+v", name, c)
			}
		}
	}
}

type tampered struct {
	token      string
	signatures []string
	address    string
	form       url.Values
}

// tampers returns what differs in one thing from what was signed.
func tampers(c signing, signature string) map[string]tampered {
	form := func(change func(url.Values)) url.Values {
		f := maps.Clone(c.form())
		for name := range f {
			f[name] = slices.Clone(f[name])
		}
		change(f)
		return f
	}
	flipped := []byte(signature)
	flipped[0] ^= 1
	all := map[string]tampered{
		"another token":     {c.Token + "x", []string{signature}, c.URL, c.form()},
		"another path":      {c.Token, []string{signature}, strings.Replace(c.URL, "/sms", "/smt", 1) + "x", c.form()},
		"another scheme":    {c.Token, []string{signature}, "x" + c.URL, c.form()},
		"one more":          {c.Token, []string{signature}, c.URL, form(func(f url.Values) { f.Set("Added", "1") })},
		"another signature": {c.Token, []string{string(flipped)}, c.URL, c.form()},
		"none":              {c.Token, nil, c.URL, c.form()},
		"an empty one":      {c.Token, []string{""}, c.URL, c.form()},
		"two":               {c.Token, []string{signature, signature}, c.URL, c.form()},
		"half":              {c.Token, []string{signature[:12]}, c.URL, c.form()},
	}
	for name := range c.form() {
		all["another value"] = tampered{c.Token, []string{signature}, c.URL, form(func(f url.Values) { f[name][0] += "x" })}
		if name != "" || c.form().Get(name) != "" {
			all["one less"] = tampered{c.Token, []string{signature}, c.URL, form(func(f url.Values) { delete(f, name) })}
		}
	}
	return all
}
