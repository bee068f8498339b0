package graphsim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
)

// ControlPrefix is the path below which [Control] is served over HTTP, when [Config.ControlHTTP] is set. Graph and the login know nothing
// below it. GET on the prefix itself lists the calls with their parameters.
//
// Each method of Control is a call of its name with a small first letter: POST with a JSON object that has the parameters as members, or GET
// with them in the query for calls that only read. A duration is a string as "90s", a time one as "2026-11-22T10:00:00Z". The answer is the
// result as JSON, its members named as in Go; a failure is 400 and {"error": text}. Only clients on the loopback interface are served that call
// it by an IP address or "localhost", no proxy that says for whom it asks, and no browser on behalf of a page.
const ControlPrefix = "/_gleis/"

// controlCall is a row of the table of calls.
type controlCall struct {
	name   string
	method string
	do     any    // a function whose first parameter is the Control
	params string // names of the others; those with a question mark may be left out
}

// whole is the parameter that is the body itself.
const whole = "*"

func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	status, answer := s.controlAnswer(r)
	if err, ok := answer.(error); ok {
		answer = map[string]string{"error": strings.TrimPrefix(err.Error(), "graphsim: ")}
	}
	body, done := answer.(json.RawMessage)
	var err error
	if !done {
		body, err = json.MarshalIndent(answer, "", " ")
	}
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"the result does not encode"}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff") // no page takes it for a script
	w.WriteHeader(status)
	w.Write(append(body, '\n')) //nolint:errcheck // the client went away
}

func (s *Server) controlAnswer(r *http.Request) (int, any) {
	if err := refuseStranger(r); err != nil {
		return http.StatusForbidden, err
	}
	name := strings.TrimPrefix(r.URL.Path, ControlPrefix)
	if name == "" {
		return http.StatusOK, describeCalls()
	}
	calls := controlCalls()
	i := slices.IndexFunc(calls, func(c controlCall) bool { return c.name == name })
	switch {
	case i < 0:
		return http.StatusNotFound, fmt.Errorf("no call %q; GET %s lists all", name, ControlPrefix)
	case calls[i].method != r.Method:
		return http.StatusMethodNotAllowed, fmt.Errorf("%s wants %s", name, calls[i].method)
	}
	result, err := calls[i].run(s.Control(), r)
	if err != nil {
		return http.StatusBadRequest, err
	}
	return http.StatusOK, result
}

// refuseStranger keeps out other machines, and pages of other origins in a browser on this one.
func refuseStranger(r *http.Request) error {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().IsLoopback() {
		return errors.New("only the loopback interface is served")
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err != nil && !strings.EqualFold(host, "localhost") {
		return fmt.Errorf("the host %q is not this machine", host)
	}
	for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded"} {
		if r.Header.Get(name) != "" {
			return errors.New("clients behind a proxy are not served")
		}
	}
	if site := r.Header.Get("Sec-Fetch-Site"); r.Header.Get("Origin") != "" || site != "" && site != "none" {
		return errors.New("pages in a browser are not served")
	}
	return nil
}

// run decodes the parameters, calls and gives the result; nil for calls without one.
func (c *controlCall) run(ctl *Control, r *http.Request) (any, error) {
	do := reflect.ValueOf(c.do)
	args := []reflect.Value{reflect.ValueOf(ctl)}
	values, err := c.members(r)
	if err != nil {
		return nil, err
	}
	for i, name := range strings.Fields(c.params) {
		name, optional := strings.CutSuffix(name, "?")
		arg := reflect.New(do.Type().In(i + 1))
		if raw, ok := values[name]; ok {
			if err := decodeControl(raw, arg); err != nil {
				return nil, fmt.Errorf("parameter %q: %w", name, err)
			}
		} else if !optional {
			return nil, fmt.Errorf("parameter %q is missing; the parameters are: %s", name, c.params)
		}
		delete(values, name)
		args = append(args, arg.Elem())
	}
	for name := range values {
		return nil, fmt.Errorf("unknown parameter %q; the parameters are: %s", name, c.params)
	}
	call := do.Call
	if do.Type().IsVariadic() {
		call = do.CallSlice
	}
	var result any
	for _, v := range call(args) {
		if err, ok := v.Interface().(error); ok {
			return nil, err
		}
		if v.Kind() == reflect.Slice && v.IsNil() {
			v = reflect.MakeSlice(v.Type(), 0, 0) // an empty list, not null
		}
		if v.Type() != reflect.TypeFor[error]() {
			result = v.Interface()
		}
	}
	return result, nil
}

// members are the parameters as they were sent.
func (c *controlCall) members(r *http.Request) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	if r.Method == http.MethodGet {
		query, err := url.ParseQuery(r.URL.RawQuery)
		for name := range query {
			out[name] = json.RawMessage(rawJSON(query.Get(name)))
		}
		return out, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if c.params == whole {
		return map[string]json.RawMessage{whole: body}, nil
	}
	if len(strings.TrimSpace(string(body))) == 0 {
		return out, nil
	}
	if err := json.Unmarshal(body, &out); err != nil {
		return nil, fmt.Errorf("the body is not a JSON object with the parameters: %s: %w", c.params, err)
	}
	return out, nil
}

// decodeControl decodes a parameter strictly, durations from strings, in structs too.
func decodeControl(raw json.RawMessage, into reflect.Value) error {
	typ := into.Type().Elem()
	if typ == reflect.TypeFor[json.RawMessage]() {
		into.Elem().SetBytes(raw)
		return nil
	}
	raw, err := plainDurations(raw, typ)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.DisallowUnknownFields()
	return dec.Decode(into.Interface())
}

// plainDurations rewrites durations as the numbers that encoding/json takes.
func plainDurations(raw json.RawMessage, typ reflect.Type) (json.RawMessage, error) {
	var text string
	if typ == reflect.TypeFor[time.Duration]() && json.Unmarshal(raw, &text) == nil {
		d, err := time.ParseDuration(text)
		return json.RawMessage(itoa(int(d))), err
	}
	var members map[string]json.RawMessage
	if typ.Kind() != reflect.Struct || json.Unmarshal(raw, &members) != nil {
		return raw, nil
	}
	changed := false
	for name, member := range members {
		f, ok := typ.FieldByNameFunc(func(field string) bool { return strings.EqualFold(field, name) })
		if !ok || f.Type != reflect.TypeFor[time.Duration]() {
			continue
		}
		plain, err := plainDurations(member, f.Type)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		members[name], changed = plain, true
	}
	if !changed {
		return raw, nil
	}
	return json.RawMessage(rawJSON(members)), nil
}

// describedCall is a call in the list of all.
type describedCall struct {
	Method, Path string
	Parameters   map[string]any `json:",omitempty"` // types by name
	Result       any            `json:",omitempty"` // its type
}

func describeCalls() []describedCall {
	var out []describedCall
	for _, c := range controlCalls() {
		typ := reflect.TypeOf(c.do)
		d := describedCall{Method: c.method, Path: ControlPrefix + c.name}
		for i, name := range strings.Fields(c.params) {
			if d.Parameters == nil {
				d.Parameters = map[string]any{}
			}
			d.Parameters[name] = describeType(typ.In(i + 1))
		}
		for i := range typ.NumOut() {
			if typ.Out(i) != reflect.TypeFor[error]() {
				d.Result = describeType(typ.Out(i))
			}
		}
		out = append(out, d)
	}
	return out
}

// describeType is a type as JSON carries it: the name of a plain one, an object of the members' types, an array of one type.
func describeType(t reflect.Type) any {
	switch {
	case t == reflect.TypeFor[json.RawMessage]():
		return "JSON"
	case t == reflect.TypeFor[time.Time](), t == reflect.TypeFor[time.Duration]():
		return t.String()
	case t == reflect.TypeFor[[]byte]():
		return "base64"
	case t.Kind() == reflect.Pointer:
		return describeType(t.Elem())
	case t.Kind() == reflect.Slice:
		return []any{describeType(t.Elem())}
	case t.Kind() == reflect.Map:
		return map[string]any{"*": describeType(t.Elem())}
	case t.Kind() == reflect.Interface:
		return "any"
	case t.Kind() == reflect.Struct:
		members := map[string]any{}
		for _, f := range reflect.VisibleFields(t) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); f.IsExported() && !f.Anonymous && name != "-" {
				members[cmp.Or(name, f.Name)] = describeType(f.Type)
			}
		}
		return members
	}
	return t.Kind().String()
}
