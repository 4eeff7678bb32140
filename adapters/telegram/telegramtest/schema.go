package telegramtest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// apiJSON says which parameters the methods have that are emulated here, and what these are made of. It is a
// part of the description of the Bot API that it names.
//
//go:embed api.json
var apiJSON []byte

// A description is what can be called, and with what. Types are written as in TypeScript; one that is required
// has an exclamation mark behind it.
type description struct {
	Methods map[string]map[string]string `json:"methods"`
	Types   map[string]json.RawMessage   `json:"types"` // the fields of an object, or the name of another type

	fields map[string]map[string]string
	alias  map[string]string
}

var api = sync.OnceValue(func() *description {
	d := &description{fields: map[string]map[string]string{}, alias: map[string]string{}}
	if err := json.Unmarshal(apiJSON, d); err != nil {
		panic("telegramtest: api.json: " + err.Error())
	}
	for name, raw := range d.Types {
		var alias string
		if json.Unmarshal(raw, &alias) == nil {
			d.alias[name] = alias
			continue
		}
		var fields map[string]string
		if err := json.Unmarshal(raw, &fields); err != nil {
			panic("telegramtest: api.json: " + name + ": " + err.Error())
		}
		d.fields[name] = fields
	}
	return d
})

// method returns how a method is written, whose name is found in any case, as by the real server.
func (d *description) method(name string) (string, bool) {
	for m := range d.Methods {
		if strings.EqualFold(m, name) {
			return m, true
		}
	}
	return name, false
}

// check returns what is wrong with the parameters of a method.
func (d *description) check(method string, p params) []string {
	var wrong []string
	known := d.Methods[method]
	for name, value := range p {
		kind, ok := known[name]
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%s has no parameter %s", method, name))
		case !d.takes(strings.TrimSuffix(kind, "!"), value):
			wrong = append(wrong, fmt.Sprintf("%s: %s is no %s", method, name, strings.TrimSuffix(kind, "!")))
		}
	}
	for name, kind := range known {
		if _, ok := p[name]; !ok && strings.HasSuffix(kind, "!") {
			wrong = append(wrong, fmt.Sprintf("%s lacks the parameter %s", method, name))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// takes reports whether a parameter, as it is in a form, is of a type.
func (d *description) takes(kind, value string) bool {
	for one := range strings.SplitSeq(kind, "|") {
		switch one {
		case "string", "file":
			return true
		case "number":
			if _, err := strconv.ParseInt(value, 10, 64); err == nil {
				return true
			}
			continue
		case "boolean", "true":
			if value == "true" || value == "false" && one == "boolean" {
				return true
			}
			continue
		}
		if strings.HasPrefix(one, "'") && !strings.HasSuffix(one, "]") {
			if one == "'"+value+"'" {
				return true
			}
			continue
		}
		var v any
		if json.Unmarshal([]byte(value), &v) == nil && d.is(one, v) {
			return true
		}
	}
	return false
}

// is reports whether what was JSON is of a type.
func (d *description) is(kind string, v any) bool {
	if strings.Contains(kind, "|") {
		return slices.ContainsFunc(strings.Split(kind, "|"), func(one string) bool { return d.is(one, v) })
	}
	if element, ok := strings.CutSuffix(kind, "[]"); ok {
		list, ok := v.([]any)
		return ok && !slices.ContainsFunc(list, func(e any) bool { return !d.is(element, e) })
	}
	switch v := v.(type) {
	case string:
		return kind == "string" || kind == "'"+v+"'" || d.alias[kind] != "" && d.is(d.alias[kind], v)
	case float64:
		return kind == "number" && v == float64(int64(v))
	case bool:
		return kind == "boolean" || kind == "true" && v
	case map[string]any:
		if kind == "object" {
			return true
		}
		if alias, ok := d.alias[kind]; ok {
			return d.is(alias, v)
		}
		fields, ok := d.fields[kind]
		return ok && d.has(fields, v)
	}
	return false
}

// has reports whether an object has these fields and no others.
func (d *description) has(fields map[string]string, v map[string]any) bool {
	for name, value := range v {
		kind, ok := fields[name]
		if !ok || !d.is(strings.TrimSuffix(kind, "!"), value) {
			return false
		}
	}
	for name, kind := range fields {
		if _, ok := v[name]; !ok && strings.HasSuffix(kind, "!") {
			return false
		}
	}
	return true
}
