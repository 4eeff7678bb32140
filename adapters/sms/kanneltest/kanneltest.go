// Package kanneltest runs a real Kannel, of which Debian has the package kannel, with a network of its own: on free
// ports of 127.0.0.1, in a folder of the test, gone when that ends. There are Kannel's two processes, its
// bearerbox, which speaks with networks, and its smsbox, which speaks HTTP, and in the place of a network there
// is its fake one, whose phones are this package.
//
//	k := kanneltest.Start(t, ourURL+"/sms/http?secret=S&"+kanneltest.Parameters)
//	k.Write("+6281234567890", "12345", "Halo!") // Kannel fetches our URL
//	... http.Get(k.SendURL() + "?username=...")
//	got := k.Received()
//
// What follows was seen of Kannel 1.4.5, which is what Debian has; its user guide says little of it
// (https://www.kannel.org/download/1.4.5/userguide-1.4.5/userguide.html).
//
// # What comes in
//
// An SMS makes smsbox fetch the get-url of its sms-service by GET, with what stands for a percent sign and
// a letter escaped as in a query, a blank as a plus. Useful are %p, who wrote, as the network has it, often
// without a plus; %P, to whom; %b, the text; %C, its charset: UTF-8 for what came in GSM-7, UTF-16BE for
// UCS-2, 8-BIT for binary; %I, the message's own id, a UUID that stays when Kannel tries again; %T, when, in
// seconds since 1970. A percent sign of one's own, as in a secret that is escaped, is written twice.
//
// %a is not the text: it makes one blank of several and of line ends, and takes bytes of UTF-16 for blanks too,
// so that "††" arrives as half of itself and all after it is wrong. %t is a time without a time zone.
//
// A long SMS is put together first (sms-combine-concatenated-mo, on by default) and comes as one, with an id
// of its own.
//
// Where the answer is an error, or there is none, Kannel drops the SMS, unless http-request-retry and
// http-queue-delay are set in the group smsbox, as they are here: then it tries again so often, so many seconds
// apart. What is answered with a text would be sent to the phone; max-messages = 0 keeps that back.
//
// # What goes out
//
// A message is handed over by GET at /cgi-bin/sendsms: username and password of a sendsms-user; from; to, in
// which a blank, or a plus that is not escaped, parts several numbers; charset; coding; text. Coding 0 is GSM-7,
// and so is none: what GSM-7 does not have becomes a question mark, and ç a capital one. Coding 2 is UCS-2. Without a
// text an empty SMS is sent.
//
// Kannel cuts what is long (concatenation = true) into at most as many segments as max-messages of the
// sendsms-user allows, and drops what is over without a word. It counts as segment.Count does, but that it tears
// characters, even surrogate pairs; phones put them together again.
//
// In dlr-mask are added up the states that are wanted: 1 delivered, 2 not delivered, 4 queued at the network, 8
// accepted by it, 16 not accepted. For each Kannel fetches the dlr-url, with the state for %d, once for all
// segments of a message, and in no order: 1 may well come before 8. No other percent sign may be in a dlr-url, for
// it is taken for one of Kannel's. Here too it tries again.
//
// The answers: 202 "0: Accepted for delivery"; 202 "3: Queued for later delivery" while the network is away; 403
// "Authorization failed for sendsms"; 400 without from or to, or with letters in to. While bearerbox hangs there
// is no answer; when it ends, so does smsbox.
package kanneltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Parameters are those of a get-url in Kannel's words, as Ferry takes them: from, to, text, charset, id and at.
const Parameters = "from=%p&to=%P&text=%b&charset=%C&id=%I&at=%T"

// The user that messages are handed over as.
const (
	User     = "ferry"
	Password = "sesame"
)

// patience is how long anything here may take.
const patience = 30 * time.Second

// Kannel is a running one.
type Kannel struct {
	t         testing.TB
	dir       string
	send      string
	phones    *phones
	processes []*exec.Cmd
}

// Need skips the test where Kannel is not installed, or fails it where FERRY_TEST_STRICT is 1.
func Need(t testing.TB) {
	t.Helper()
	for _, name := range []string{"bearerbox", "smsbox"} {
		if _, err := program(name); err != nil {
			const missing = "Kannel is not installed: apt-get install kannel"
			if os.Getenv("FERRY_TEST_STRICT") == "1" {
				t.Fatalf("%s: %v", missing, err)
			}
			t.Skip(missing)
		}
	}
}

// program finds a program of Kannel, which Debian puts where daemons are.
func program(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return exec.LookPath("/usr/sbin/" + name)
	}
	return path, nil
}

// Start starts a Kannel that brings what phones write to getURL, in which the escapes of Kannel stand, such as
// those of [Parameters]. See [Need] for where there is none to start.
func Start(t testing.TB, getURL string) *Kannel {
	t.Helper()
	Need(t)
	ports := freePorts(t, 4)
	admin, boxes, network, send := ports[0], ports[1], ports[2], ports[3]
	k := &Kannel{t: t, dir: t.TempDir(), send: "http://127.0.0.1:" + send + "/cgi-bin/sendsms"}
	config := filepath.Join(k.dir, "kannel.conf")
	settings := strings.NewReplacer(
		"ADMIN", admin, "BOXES", boxes, "NETWORK", network, "SEND", send, "URL", getURL, "USER", User, "PASSWORD", Password,
	).Replace(settings)
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.end)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	k.run("bearerbox", config)
	eventually(ctx, t, "the fake network is there", func() (err error) {
		k.phones, err = dial(ctx, "127.0.0.1:"+network)
		return err
	})
	k.run("smsbox", config)
	eventually(ctx, t, "Kannel is ready", func() error {
		status, err := get(ctx, "http://127.0.0.1:"+admin+"/status.txt?password="+Password)
		if err == nil && !(strings.Contains(status, "(online") && strings.Contains(status, "(on-line")) {
			err = errors.New("the network or smsbox is not there yet")
		}
		return err
	})
	eventually(ctx, t, "sendsms answers", func() error {
		_, err := get(ctx, k.send)
		return err
	})
	return k
}

// max-messages of a service would be the answer to an SMS; ours comes by sendsms.
const settings = `
group = core
admin-port = ADMIN
admin-interface = 127.0.0.1
admin-password = PASSWORD
smsbox-port = BOXES
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
box-deny-ip = "*.*.*.*"
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = network
port = NETWORK
our-host = 127.0.0.1
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = BOXES
sendsms-port = SEND
sendsms-interface = 127.0.0.1
http-request-retry = 10
http-queue-delay = 1

group = sendsms-user
username = USER
password = PASSWORD
user-deny-ip = "*.*.*.*"
user-allow-ip = 127.0.0.1
concatenation = true
max-messages = 10

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "URL"
`

// SendURL returns where messages are handed over, without a query.
func (k *Kannel) SendURL() string { return k.send }

// Write has a phone send an SMS, in GSM-7 where that has all of its text. Kannel's fake network has no limit for how
// long it is, and can carry line ends in UCS-2 only.
func (k *Kannel) Write(from, to, text string) {
	k.t.Helper()
	if err := k.phones.write(from, to, text); err != nil {
		k.t.Fatal(err)
	}
}

// WriteParts has a phone send a long SMS in these segments, of GSM-7 and without line ends, which arrive last one
// first. The fake network can have no others: it takes those of UCS-2 for binary ones.
func (k *Kannel) WriteParts(from, to string, parts ...string) {
	k.t.Helper()
	if err := k.phones.writeParts(from, to, parts); err != nil {
		k.t.Fatal(err)
	}
}

// Received waits for the next SMS that a phone has got in full, and returns it.
func (k *Kannel) Received() SMS {
	k.t.Helper()
	select {
	case sms, ok := <-k.phones.received:
		if ok {
			return sms
		}
		k.t.Fatal("Kannel has hung up on the phones")
	case <-time.After(patience):
		k.t.Fatalf("no phone got anything in %s", patience)
	}
	return SMS{}
}

func (k *Kannel) run(name, config string) {
	k.t.Helper()
	log, err := os.Create(filepath.Join(k.dir, name+".log"))
	if err != nil {
		k.t.Fatal(err)
	}
	defer log.Close()
	path, err := program(name)
	if err != nil {
		k.t.Fatal(err)
	}
	cmd := exec.Command(path, "-v", "1", config)
	cmd.Dir, cmd.Stdout, cmd.Stderr = k.dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // when the test binary is killed
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.processes = append(k.processes, cmd)
}

// end kills what was started, and shows what it said last if the test has failed.
func (k *Kannel) end() {
	for _, cmd := range k.processes {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if !k.t.Failed() {
			continue
		}
		const shown = 4096 // bytes
		name := filepath.Base(cmd.Path)
		log, err := os.ReadFile(filepath.Join(k.dir, name+".log"))
		k.t.Logf("%s: %v\n%s", name, err, log[max(0, len(log)-shown):])
	}
	if k.phones != nil {
		k.phones.close()
	}
}

// eventually waits until ready returns nil.
func eventually(ctx context.Context, t testing.TB, what string, ready func() error) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		err := ready()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not in %s: %v", what, patience, err)
		case <-again.C:
		}
	}
}

func get(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := io.Copy(&b, resp.Body); err != nil {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	return b.String(), nil
}

// freePorts returns ports of 127.0.0.1 that nobody listens on.
func freePorts(t testing.TB, n int) []string {
	t.Helper()
	var ports []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // all are different ones
		_, port, _ := net.SplitHostPort(l.Addr().String())
		ports = append(ports, port)
	}
	return ports
}
