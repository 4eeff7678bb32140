package kanneltest

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"unicode/utf16"

	"ferry/adapters/sms/segment"
)

// An SMS is what a phone has got.
type SMS struct {
	From, To string
	Text     string
	Encoding segment.Encoding
	Segments int // that it came in
}

// Phones are all that are on Kannel's fake network: one connection, with a line for each message or segment,
// which has its sender, receiver, kind, and what belongs to that kind.
type phones struct {
	conn     net.Conn
	received chan SMS
	closing  chan struct{}
	ended    chan struct{}
	long     atomic.Uint32 // the number of the last long message that was written
}

func dial(ctx context.Context, addr string) (*phones, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	p := &phones{conn: conn, received: make(chan SMS), closing: make(chan struct{}), ended: make(chan struct{})}
	go p.read()
	return p, nil
}

func (p *phones) close() {
	close(p.closing)
	_ = p.conn.Close()
	<-p.ended
}

func (p *phones) write(from, to, text string) error {
	kind, data := "text", text
	if _, encoding := segment.Count(text); encoding == segment.UCS2 || strings.ContainsAny(text, "\r\n") {
		kind, data = "ucs2", escapeAll(inUTF16(text))
	}
	_, err := fmt.Fprintf(p.conn, "%s %s %s %s\n", from, to, kind, data)
	return err
}

func (p *phones) writeParts(from, to string, parts []string) error {
	n := byte(p.long.Add(1)) // goes round, as the standard says
	for i := len(parts) - 1; i >= 0; i-- {
		// TS 23.040, 9.2.3.24.1: 5 octets follow, "concatenated", 3 octets follow
		header := string([]byte{5, 0, 3, n, byte(len(parts)), byte(i + 1)})
		if _, err := fmt.Fprintf(p.conn, "%s %s udh-text %s %s\n", from, to, escapeAll(header), parts[i]); err != nil {
			return err
		}
	}
	return nil
}

// escapeAll escapes each byte of s as in an URL.
func escapeAll(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

// begin matches the line that a message begins with. One of GSM-7 may have more of them, for the line ends
// in its text are not escaped.
var begin = regexp.MustCompile(`^(\S+) (\S+) (text|data|ucs-2|udh) `)

// read tells of messages until the connection ends.
func (p *phones) read() {
	defer close(p.ended)
	defer close(p.received)
	var message string
	parts := map[string]map[byte]string{}
	for r := bufio.NewReaderSize(p.conn, 1<<20); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		if begin.MatchString(line) && message != "" {
			p.arrived(message, parts)
			message = ""
		}
		message += line
		// Kannel writes a message at once.
		if r.Buffered() == 0 {
			p.arrived(message, parts)
			message = ""
		}
	}
}

// arrived tells of a message, or, of a long one, only keeps the segment until all are there.
func (p *phones) arrived(message string, parts map[string]map[byte]string) {
	m := begin.FindStringSubmatch(message)
	if m == nil {
		return // nothing of ours
	}
	sms := SMS{From: m[1], To: m[2], Segments: 1}
	data := strings.TrimSuffix(message[len(m[0]):], "\n")
	switch m[3] {
	case "text":
		sms.Text, sms.Encoding = data, segment.GSM7
	case "ucs-2":
		sms.Text, sms.Encoding = fromUTF16(unescape(data)), segment.UCS2
	case "data":
		sms.Text = unescape(data)
	case "udh":
		header, segmentData, _ := strings.Cut(data, " data ")
		header = unescape(header)
		if len(header) != 6 {
			return // not one of several
		}
		key := sms.From + " " + sms.To + " " + header[:5]
		if parts[key] == nil {
			parts[key] = map[byte]string{}
		}
		parts[key][header[5]] = unescape(segmentData)
		if sms.Segments = int(header[4]); len(parts[key]) < sms.Segments {
			return
		}
		all := ""
		for i := range sms.Segments {
			all += parts[key][byte(i+1)]
		}
		delete(parts, key)
		sms.Text, sms.Encoding = all, segment.GSM7
		// What the segments are encoded in is not said; hardly a text in UTF-16 looks like one of GSM-7.
		if _, encoding := segment.Count(all); encoding == segment.UCS2 {
			sms.Text, sms.Encoding = fromUTF16(all), segment.UCS2
		}
	}
	select {
	case p.received <- sms:
	case <-p.closing:
	}
}

func unescape(s string) string {
	plain, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return plain
}

func inUTF16(s string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = binary.BigEndian.AppendUint16(b, unit)
	}
	return string(b)
}

func fromUTF16(s string) string {
	units := make([]uint16, 0, len(s)/2)
	for i := 0; i+1 < len(s); i += 2 {
		units = append(units, binary.BigEndian.Uint16([]byte(s[i:])))
	}
	return string(utf16.Decode(units))
}
