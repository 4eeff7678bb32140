package smstest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"ferry/adapters/sms/segment"
)

// A KannelAccount is a sendsms-user of a Kannel with one number. Its sms-service has
//
//	get-url = "…?from=%p&to=%P&text=%b&charset=%C&id=%I&at=%T"
//
// with what [Kannel.Calls] is given in front.
type KannelAccount struct {
	User, Password string
	Number         string
	// MaxMessages is how many segments of a text are sent; what is more is dropped without a word. It is 1 where
	// nothing is set (max-messages of the sendsms-user).
	MaxMessages int
}

// Kannel is the HTTP interface of Kannel's smsbox, as the user's guide tells it
// (https://www.kannel.org/download/1.4.5/userguide-1.4.5/userguide.html, chapter 6). No carrier stands behind it that would answer
// STOP or HELP.
type Kannel struct {
	*network
	account KannelAccount
	reports []int // of delivery; guarded by the network's mu
}

// NewKannel makes a Kannel. Close it when it is no longer needed.
func NewKannel(account KannelAccount) *Kannel {
	k := &Kannel{network: newNetwork(account.Number), account: account, reports: []int{8, 1}}
	mux := http.NewServeMux()
	mux.HandleFunc("/cgi-bin/sendsms", k.sendsms)
	k.handler = mux
	return k
}

// Reports has the delivery reports of a message be these, where its dlr-mask asks for them: 8, taken by the network, and
// 1, delivered, otherwise. An unreachable phone gives 8 and 2.
func (k *Kannel) Reports(types ...int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reports = types
}

// KannelRefusal is a fault that answers with a status.
func KannelRefusal(status int) Fault { return Fault{Status: status} }

// params are those of sendsms that matter to a text (user's guide, table 6-9).
var params = []string{
	"username", "user", "password", "pass", "from", "to", "text", "charset", "coding", "dlr-mask", "dlr-url", "smsc", "udh", "mclass", "validity",
	"priority", "account", "binfo", "pid", "alt-dcs", "rpi", "meta-data",
}

func (k *Kannel) sendsms(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	call := Call{At: time.Now(), Method: r.Method, Path: r.URL.Path, Params: map[string]string{}}
	for name := range q {
		call.Params[name] = q.Get(name)
	}
	f := k.planned()
	status, said := 0, ""
	switch {
	case f.Status != 0 && !f.After && !f.HTML:
		status, said = f.Status, "Temporal failure, try again later."
	case f != (Fault{}) && !f.After: // nothing happens
	default:
		status, said = k.take(q)
	}
	k.finish(call, k.reply(w, r, f, status, "text/html", []byte(said)))
}

// take sends a text, and answers as smsbox does (smsbox_req_sendsms and smsbox_req_handle in smsbox.c).
func (k *Kannel) take(q url.Values) (int, string) {
	if q.Get("username")+q.Get("user") != k.account.User || q.Get("password")+q.Get("pass") != k.account.Password {
		return http.StatusForbidden, "Authorization failed for sendsms"
	}
	for name := range q {
		if !strings.Contains(" "+strings.Join(params, " ")+" ", " "+name+" ") {
			k.problem("sendsms has no parameter " + name)
		}
	}
	to := q.Get("to")
	switch {
	case to == "":
		return http.StatusBadRequest, "Missing receiver number, rejected"
	case strings.Trim(to, "0123456789 +-") != "":
		return http.StatusBadRequest, "Receiver number '" + to + "' misformed, rejected"
	case q.Get("from") == "":
		return http.StatusBadRequest, "Sender missing and no global set, rejected"
	}
	coding, err := strconv.Atoi(q.Get("coding"))
	if q.Has("coding") && (err != nil || coding < 0 || coding > 2) {
		return http.StatusBadRequest, "Coding field misformed, rejected"
	}
	text := q.Get("text")
	if text == "" {
		k.problem("a message without a text, for which Kannel sends <Empty reply from service provider>")
	}
	if !strings.EqualFold(q.Get("charset"), "UTF-8") {
		k.problem("a text without its charset, which depends on the version of Kannel and on the coding")
	}
	if _, encoding := segment.Count(text); coding == 0 && encoding != segment.GSM7 {
		k.problem("a text of other signs than GSM's with coding 0: they arrive as question marks")
	}
	most := max(k.account.MaxMessages, 1)
	if n, _ := segment.Count(text); n > most {
		k.problem(fmt.Sprintf("a text of %d segments, of which Kannel drops all but %d without a word", n, most))
		text, _ = segment.Cut(text, most)
	}
	k.mu.Lock()
	n, fails, reports := k.next(), k.phone(to).fails, k.reports
	k.mu.Unlock()
	if fails == 0 {
		k.show(Message{ID: strconv.Itoa(n), From: q.Get("from"), To: "+" + strings.TrimPrefix(to, "+"), Text: text})
	} else {
		reports = []int{8, fails}
	}
	mask, _ := strconv.Atoi(q.Get("dlr-mask"))
	if dlr := q.Get("dlr-url"); dlr != "" && mask != 0 {
		k.start(func() { k.report(dlr, mask, reports) })
	}
	return http.StatusAccepted, "0: Accepted for delivery"
}

// report fetches the addresses of delivery reports, in which only %d is Kannel's.
func (k *Kannel) report(dlr string, mask int, types []int) {
	if rest := strings.ReplaceAll(dlr, "%d", ""); strings.Contains(rest, "%") {
		k.problem("a dlr-url in which more than %d begins with a percent sign, which Kannel puts something else for")
	}
	for _, n := range types {
		if mask&n != 0 {
			k.Get(strings.ReplaceAll(dlr, "%d", strconv.Itoa(n)))
		}
	}
}

// Get fetches an address of ours, as Kannel does, and returns the status of the answer, or 0 where there was
// none.
func (k *Kannel) Get(address string) int {
	return k.bring(func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	})
}

// Say has a phone send a text to our number, and returns Kannel's id of it. It is brought in its order, by itself.
func (k *Kannel) Say(from, text string) string {
	k.mu.Lock()
	id := fmt.Sprintf("0d24d8c4-8c8e-4e27-8b5d-%012x", k.next())
	hook := k.hook
	k.mu.Unlock()
	address := k.Message(hook, from, text, id, time.Now())
	k.carry(from, func() {
		if hook != "" {
			k.Get(address)
		}
	})
	return id
}

// Message returns the address that Kannel fetches to bring a message. What is not of GSM's alphabet came as
// UTF-16BE and is passed on like that.
func (k *Kannel) Message(hook, from, text, id string, at time.Time) string {
	charset, data := "UTF-8", text
	if _, encoding := segment.Count(text); encoding == segment.UCS2 {
		charset = "UTF-16BE"
		var b strings.Builder
		for _, unit := range utf16.Encode([]rune(text)) {
			b.WriteByte(byte(unit >> 8))
			b.WriteByte(byte(unit))
		}
		data = b.String()
	}
	mark := "?"
	if strings.Contains(hook, "?") {
		mark = "&"
	}
	return hook + mark + "from=" + url.QueryEscape(from) + "&to=" + url.QueryEscape(k.number) + "&text=" + url.QueryEscape(data) +
		"&charset=" + charset + "&id=" + id + "&at=" + strconv.FormatInt(at.Unix(), 10)
}
