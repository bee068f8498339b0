package graphsim

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"time"
)

// archive carries the fields of stored structs to JSON objects and back. Fields that are zero are left out.
type archive struct {
	s       *Server
	tenant  *tenant // the one being loaded
	loading bool

	out []byte                     // saving: the document so far
	in  map[string]json.RawMessage // loading: members of the object at hand that were not read yet
	err error                      // the first failure

	shared map[any]any               // loading: texts, persons and rules seen, since many items share one
	after  []func() error            // loading: what needs the whole directory
	made   []func(*Server) error     // loading: what is made when all else is there
	watch  func(name string, at any) // told of every member, for a test
}

// object writes a struct.
func (a *archive) object(v stored) {
	a.out = append(a.out, '{')
	v.state(a)
	a.out = append(a.out, '}')
}

// read fills a struct. Members that it does not know are an error: a newer simulator wrote them.
func (a *archive) read(raw json.RawMessage, v stored) error {
	outer, failed := a.in, a.err
	defer func() { a.in, a.err = outer, failed }()
	a.in, a.err = nil, nil
	if err := json.Unmarshal(raw, &a.in); err != nil {
		return err
	}
	if a.in == nil {
		return errors.New("null stands where an object belongs")
	}
	v.state(a)
	for name := range a.in {
		if a.err == nil {
			a.err = fmt.Errorf("unknown member %q", name)
		}
	}
	if c, ok := v.(completed); ok && a.err == nil {
		a.err = c.complete(a)
	}
	return a.err
}

// begin starts a member: saving, it writes the name and is true when there is a value; loading, it gives the member's value. Null is none.
func (a *archive) begin(name string, at any) (raw json.RawMessage, ok bool) {
	return a.start(name, at, !a.loading && reflect.ValueOf(at).Elem().IsZero())
}

// start is begin for a member that is left out when it is unset.
func (a *archive) start(name string, at any, unset bool) (raw json.RawMessage, ok bool) {
	if a.watch != nil {
		a.watch(name, at)
	}
	if a.loading {
		raw, ok = a.in[name]
		delete(a.in, name)
		return raw, ok && a.err == nil && string(raw) != "null"
	}
	if unset {
		return nil, false
	}
	w := writer{b: a.out}
	w.member(name)
	a.out = w.b
	return nil, true
}

func (a *archive) failed(name string, err error) {
	if err != nil && a.err == nil {
		a.err = fmt.Errorf("%s: %w", name, err)
	}
}

// field carries a plain field, given by its address: numbers, strings, texts, zones, uids, counters, lists and maps of them, and structs
// that are stored.
func (a *archive) field(name string, at any) {
	raw, ok := a.begin(name, at)
	if !ok {
		return
	}
	if a.loading {
		a.failed(name, a.decode(raw, at))
		return
	}
	switch v := at.(type) {
	case stored:
		a.object(v)
	case *text:
		a.out = appendText(a.out, *v)
	case *[]text:
		a.out = appendTexts(a.out, *v)
	case **zone:
		a.out = appendQuoted(a.out, (*v).name)
	case *[16]byte:
		a.out = appendQuoted(a.out, hex.EncodeToString(v[:]))
	case *int64:
		a.out = appendInt(a.out, *v)
	case *uint64:
		a.out = appendUint(a.out, *v)
	case *time.Duration:
		a.out = appendInt(a.out, int64(*v))
	case *atomic.Uint64:
		a.out = appendUint(a.out, v.Load())
	default:
		plain := rawJSON(at)
		if plain == "" {
			a.failed(name, errors.New("the value does not encode"))
		}
		a.out = append(a.out, plain...)
	}
}

func (a *archive) decode(raw json.RawMessage, at any) error {
	switch v := at.(type) {
	case stored:
		return a.read(raw, v)
	case *text:
		var s *string
		err := json.Unmarshal(raw, &s)
		if s != nil {
			*v = intern(a, quote(*s))
		}
		return err
	case *[]text:
		var list []string
		err := json.Unmarshal(raw, &list)
		for _, s := range list {
			*v = append(*v, intern(a, quote(s)))
		}
		return err
	case **zone:
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		z, ok := a.s.zones.get(s)
		if !ok {
			return fmt.Errorf("unknown time zone %q", s)
		}
		*v = z
		return nil
	case *[16]byte:
		var s string
		err := json.Unmarshal(raw, &s)
		if err == nil && len(s) != 32 {
			return errors.New("a uid has 32 hexadecimal digits")
		}
		_, bad := hex.Decode(v[:], []byte(s))
		return errors.Join(err, bad)
	case *int64, *uint64, *time.Duration:
		return json.Unmarshal(digits(raw), at)
	case *atomic.Uint64:
		var n uint64
		err := json.Unmarshal(digits(raw), &n)
		v.Store(n)
		return err
	default:
		return json.Unmarshal(raw, at)
	}
}

// intern gives one copy of equal values.
func intern[T comparable](a *archive, v T) T {
	if old, ok := a.shared[v]; ok {
		return old.(T)
	}
	a.shared[v] = v
	return v
}

// storedPointer is a pointer to T whose fields can be carried.
type storedPointer[T any] interface {
	*T
	stored
}

// pointer carries a field that points to a struct.
func pointer[T any, P storedPointer[T]](a *archive, name string, at **T) {
	raw, ok := a.begin(name, at)
	switch {
	case !ok:
	case a.loading:
		v := new(T)
		a.failed(name, a.read(raw, P(v)))
		*at = v
	default:
		a.object(P(*at))
	}
}

// sharedPointer is pointer for structs that never change and that many items point to.
func sharedPointer[T comparable, P storedPointer[T]](a *archive, name string, at **T) {
	pointer[T, P](a, name, at)
	if !a.loading || *at == nil {
		return
	}
	if old, ok := a.shared[**at]; ok {
		*at = old.(*T)
		return
	}
	a.shared[**at] = *at
}

// pointers carries a list of pointers to structs, such as the items of a shelf.
func pointers[T any, P storedPointer[T]](a *archive, name string, at *[]*T) {
	list[*T](a, name, at, func(v **T) stored {
		if a.loading {
			*v = new(T)
		}
		return P(*v)
	})
}

// objects carries a list of structs.
func objects[T any, P storedPointer[T]](a *archive, name string, at *[]T) {
	list[T](a, name, at, func(v *T) stored { return P(v) })
}

// list carries a list of elements that are stored things in some form.
func list[E any](a *archive, name string, at *[]E, thing func(*E) stored) {
	raw, ok := a.begin(name, at)
	if !ok {
		return
	}
	if a.loading {
		var rows []json.RawMessage
		a.failed(name, json.Unmarshal(raw, &rows))
		*at = make([]E, len(rows))
		for i, row := range rows {
			a.failed(name, a.read(row, thing(&(*at)[i])))
		}
		return
	}
	a.out = append(a.out, '[')
	for i := range *at {
		if i > 0 {
			a.out = append(a.out, ",\n"...)
		}
		a.object(thing(&(*at)[i]))
	}
	a.out = append(a.out, ']')
}

// entries carries references to objects of the directory, by their ids.
func (a *archive) entries(name string, at *[]*entry) {
	raw, ok := a.begin(name, at)
	if !ok {
		return
	}
	var ids []string
	if !a.loading {
		for _, e := range *at {
			ids = append(ids, e.id)
		}
		a.out = append(a.out, rawJSON(ids)...)
		return
	}
	a.failed(name, json.Unmarshal(raw, &ids))
	a.after = append(a.after, func() error {
		for _, id := range ids {
			e := a.tenant.entry(id)
			if e == nil {
				return fmt.Errorf("%s: no object %q in the directory", name, id)
			}
			*at = append(*at, e)
		}
		return nil
	})
}

// props carries the properties of a directory object. Lists of strings are plain lists; others are marked, since they differ in kind.
func (a *archive) props(name string, at *map[string]any) {
	raw, ok := a.begin(name, at)
	switch {
	case !ok:
	case a.loading:
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		var v map[string]any
		a.failed(name, dec.Decode(&v))
		*at, _ = fromPlain(v).(map[string]any)
	default:
		a.out = append(a.out, rawJSON(toPlain(*at))...)
	}
}

// objectList marks a list of anything but strings.
const objectList = "@list"

func toPlain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, m := range v {
			out[k] = toPlain(m)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, m := range v {
			out[i] = toPlain(m)
		}
		return map[string]any{objectList: out}
	default:
		return v
	}
}

func fromPlain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if list, ok := v[objectList].([]any); ok {
			for i := range list {
				list[i] = fromPlain(list[i])
			}
			return list
		}
		for k, m := range v {
			v[k] = fromPlain(m)
		}
		return v
	case []any:
		out := make([]string, len(v))
		for i, m := range v {
			out[i], _ = m.(string)
		}
		return out
	case json.Number:
		n, err := v.Int64()
		if err == nil {
			return int(n)
		}
		f, _ := v.Float64()
		return f
	default:
		return v
	}
}
