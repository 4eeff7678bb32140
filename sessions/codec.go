package sessions

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ferry/bridge"
)

// An item in Redis is three lines and its data: whether it is alone (! or -, + if it was posted) with its
// address, its id, and when it was written in nanoseconds. Address and id are quoted, so that each is
// one line. The scripts compare lines and look into none; see lua/lane.lua.

func encodeItem(it bridge.Item) string {
	sign := "-"
	if it.Alone {
		sign = "!"
	}
	at := ""
	if !it.At.IsZero() {
		at = strconv.FormatInt(it.At.UnixNano(), 10)
	}
	return sign + strconv.Quote(it.Address.String()) + "\n" + strconv.Quote(it.ID) + "\n" + at + "\n" + string(it.Data)
}

// posted begins an item that came by Post.
const posted = "+"

// encodePosted encodes an item that comes by Post. It is alone.
func encodePosted(it bridge.Item) string { return posted + encodeItem(it)[1:] }

func isPosted(raw string) bool { return strings.HasPrefix(raw, posted) }

var errItem = errors.New("the store holds something that is no item")

func decodeItem(raw string) (bridge.Item, error) {
	lines := strings.SplitN(raw, "\n", 4)
	if len(lines) != 4 || lines[0] == "" {
		return bridge.Item{}, errItem
	}
	address, err1 := strconv.Unquote(lines[0][1:])
	id, err2 := strconv.Unquote(lines[1])
	if err1 != nil || err2 != nil {
		return bridge.Item{}, errItem
	}
	it := bridge.Item{ID: id, Address: addressOf(address), Alone: lines[0][0] != '-'}
	if lines[2] != "" {
		nano, err := strconv.ParseInt(lines[2], 10, 64)
		if err != nil {
			return bridge.Item{}, errItem
		}
		it.At = time.Unix(0, nano).UTC()
	}
	if lines[3] != "" {
		it.Data = []byte(lines[3])
	}
	return it, nil
}

func encodeItems(args []any, items []bridge.Item) []any {
	for _, it := range items {
		args = append(args, encodeItem(it))
	}
	return args
}

// An entry in Redis is the length of its text, which is what a reader with little room asks first,
// a space, and the entry in JSON.

func encodeEntry(e bridge.Entry) (string, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("encode an entry: %w", err)
	}
	return strconv.Itoa(len(e.Text)) + " " + string(data), nil
}

func decodeEntry(raw string, seq int64) (bridge.Entry, error) {
	_, data, _ := strings.Cut(raw, " ")
	var e bridge.Entry
	if json.Unmarshal([]byte(data), &e) != nil { // whose error may quote what was said
		return e, errors.New("the store holds something that is no entry")
	}
	e.Seq = seq
	return e, nil
}

// A reply reads what a script returned, from the left. It remembers that something was not as it
// should be.
type reply struct {
	rest []any
	bad  bool
}

func (r *reply) next() any {
	if len(r.rest) == 0 {
		r.bad = true
		return nil
	}
	v := r.rest[0]
	r.rest = r.rest[1:]
	return v
}

func (r *reply) int() int64 {
	switch v := r.next().(type) {
	case int64:
		return v
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		r.bad = r.bad || err != nil
		return n
	default:
		r.bad = true
		return 0
	}
}

func (r *reply) bool() bool { return r.int() == 1 }

// micros reads a duration in microseconds.
func (r *reply) micros() time.Duration { return time.Duration(r.int()) * time.Microsecond }

func (r *reply) string() string {
	s, ok := r.next().(string)
	r.bad = r.bad || !ok
	return s
}

func (r *reply) list() *reply {
	v, ok := r.next().([]any)
	r.bad = r.bad || !ok
	return &reply{rest: v}
}

func (r *reply) strings() []string {
	list := r.list()
	var all []string
	for len(list.rest) > 0 {
		all = append(all, list.string())
	}
	r.bad = r.bad || list.bad
	return all
}

// fields reads a hash, as HGETALL gives it in a script.
func (r *reply) fields() map[string]string {
	list := r.list()
	all := map[string]string{}
	for len(list.rest) > 0 {
		name := list.string()
		all[name] = list.string()
	}
	r.bad = r.bad || list.bad
	return all
}

// entries reads what latest returns, to the end. It returns them in their order.
func (r *reply) entries() []bridge.Entry {
	list := make([]bridge.Entry, 0, len(r.rest)/2)
	for len(r.rest) > 0 {
		seq := r.int()
		e, err := decodeEntry(r.string(), seq)
		r.bad = r.bad || err != nil
		list = append(list, e)
	}
	slices.Reverse(list)
	return list
}

func (r *reply) items() []bridge.Item { return r.decoded(r.strings()) }

// recorded reads items, without those that were posted.
func (r *reply) recorded() []bridge.Item { return r.decoded(slices.DeleteFunc(r.strings(), isPosted)) }

func (r *reply) decoded(raw []string) []bridge.Item {
	var items []bridge.Item
	for _, one := range raw {
		it, err := decodeItem(one)
		r.bad = r.bad || err != nil
		items = append(items, it)
	}
	return items
}

// lease reads what lua/lane.lua calls a description.
func (r *reply) lease(k laneKeys, token string) *bridge.Lease {
	l := &bridge.Lease{
		Lane: k.kind, ID: r.string(), Shard: k.shard, Token: token,
		Items: r.items(), Crashes: int(r.int()), Delayed: r.micros(), Stopped: r.bool(), Mark: r.string(),
	}
	if k.kind == bridge.AddressLane {
		l.Blocked = r.bool()
		return l
	}
	l.Answered = int(r.int())
	l.Out = r.items()
	l.Settings = r.fields()
	l.Watched = r.bool()
	if len(r.rest) > 0 {
		latest := r.list()
		l.Latest = latest.entries()
		r.bad = r.bad || latest.bad
	}
	return l
}

var errReply = errors.New("the store gave an answer that makes no sense; is something else using its keys?")

func (r *reply) err() error {
	if r.bad {
		return errReply
	}
	return nil
}

// micros returns a time as the scripts count it.
func micros(d time.Duration) int64 { return d.Microseconds() }

// addressOf reads an address back from the id of its lane.
func addressOf(id string) bridge.Address {
	channel, rest, _ := strings.Cut(id, ":")
	return bridge.Address{Channel: channel, ID: rest}
}

// cloneItems copies items, so that nobody else's changes reach them.
func cloneItems(items []bridge.Item) []bridge.Item {
	if len(items) == 0 {
		return nil
	}
	list := make([]bridge.Item, len(items))
	for i, it := range items {
		it.Data = bytes.Clone(it.Data)
		it.Hold = 0
		list[i] = it
	}
	return list
}
