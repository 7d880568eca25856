package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// Limits bounds a document. A zero field means its default.
type Limits struct {
	Bytes int // default 1 MiB
	Depth int // nested arrays and objects, default 256
	// Members is the most elements of one array or object, default unlimited.
	Members int
	// CaseSensitive allows keys that differ only in case where the target is a
	// map or an interface, whose keys are data. Struct fields never allow it.
	CaseSensitive bool
}

const (
	defaultBytes = 1 << 20
	defaultDepth = 256
)

// Error tells what is wrong with a document and where.
type Error struct {
	Path   string // such as "lines[2].sku", empty at the top
	Offset int64  // in bytes, about where the trouble was noticed
	Err    error  // wraps flywheel.ErrInvalid or flywheel.ErrLimit
}

func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("json: offset %d: %v", e.Offset, e.Err)
	}
	return fmt.Sprintf("json: %s (offset %d): %v", e.Path, e.Offset, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Decode stores the one JSON value in data into the pointer v, as
// [json.Unmarshal] would, or reports an [*Error] and leaves v as it was unless
// a type's own UnmarshalJSON or a conversion failed half-way. Nil limits are the
// defaults.
func Decode(data []byte, v any, limits *Limits) error {
	target := reflect.TypeOf(v)
	if target == nil || target.Kind() != reflect.Pointer {
		return &Error{Err: fmt.Errorf("target %T is no pointer: %w", v, flywheel.ErrInvalid)}
	}
	if err := check(data, target.Elem(), limits); err != nil {
		return err
	}
	err := json.Unmarshal(data, v)
	if err == nil {
		return nil
	}
	e := &Error{Err: fmt.Errorf("%w: %w", err, flywheel.ErrInvalid)}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		e.Path, e.Offset = wrong.Field, wrong.Offset
	}
	return e
}

// Check reports what [Decode] into an interface would refuse.
func Check(data []byte, limits *Limits) error {
	return check(data, reflect.TypeFor[any](), limits)
}

func check(data []byte, target reflect.Type, limits *Limits) error {
	w := walker{}
	if limits != nil {
		w.limits = *limits
	}
	if w.limits.Bytes == 0 {
		w.limits.Bytes = defaultBytes
	}
	if w.limits.Depth == 0 {
		w.limits.Depth = defaultDepth
	}
	if len(data) > w.limits.Bytes {
		return &Error{Offset: int64(w.limits.Bytes), Err: fmt.Errorf("%d bytes, at most %d: %w", len(data), w.limits.Bytes, flywheel.ErrLimit)}
	}
	if !utf8.Valid(data) {
		return &Error{Err: fmt.Errorf("not UTF-8: %w", flywheel.ErrInvalid)}
	}
	w.data = data
	w.bad, w.behind = badOffset(data)
	if err := w.value(target); err != nil {
		return err
	}
	if w.bad <= len(data) {
		return w.syntax()
	}
	return nil
}

// badOffset returns where data stops being one JSON value, len(data)+1 where it
// never does, and whether that is behind a complete one.
func badOffset(data []byte) (at int, behind bool) {
	if json.Valid(data) {
		return len(data) + 1, false
	}
	var raw json.RawMessage
	wrong, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(data, &raw))
	if !ok {
		return 0, false
	}
	return int(wrong.Offset) - 1, strings.Contains(wrong.Error(), "after top-level value")
}

// walker follows the tokens of a document along the type that will take them. It
// relies on the text before bad being JSON.
type walker struct {
	data   []byte
	pos    int
	bad    int
	behind bool // bad is behind a complete value
	limits Limits
	path   []step
}

// step is one step of a path: a key, or an index where key is nil.
type step struct {
	key   []byte // as written, with its quotes
	index int
}

func (w *walker) fail(kind error, format string, args ...any) error {
	var path strings.Builder
	for _, s := range w.path {
		if s.key != nil {
			path.WriteString("." + unquoted(s.key))
		} else {
			path.WriteString("[" + strconv.Itoa(s.index) + "]")
		}
	}
	return &Error{
		Path: strings.TrimPrefix(path.String(), "."), Offset: int64(min(w.pos, len(w.data))),
		Err: fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), kind),
	}
}

func unquoted(key []byte) string {
	if bytes.IndexByte(key, '\\') < 0 {
		return string(key[1 : len(key)-1])
	}
	var text string
	if json.Unmarshal(key, &text) != nil {
		return string(key)
	}
	return text
}

// space passes over white space.
func (w *walker) space() {
	for w.pos < len(w.data) {
		switch w.data[w.pos] {
		case ' ', '\t', '\n', '\r':
			w.pos++
		default:
			return
		}
	}
}

// next passes over white space and returns the byte there, an error where the text
// is no JSON up to it.
func (w *walker) next() (byte, error) {
	w.space()
	switch {
	case w.pos >= len(w.data):
		return 0, w.fail(flywheel.ErrInvalid, "the text ends within the value")
	case w.pos >= w.bad:
		return 0, w.syntax()
	}
	return w.data[w.pos], nil
}

func (w *walker) syntax() error {
	w.pos = w.bad
	switch {
	case w.behind:
		return w.fail(flywheel.ErrInvalid, "text behind the value")
	case w.bad >= len(w.data):
		return w.fail(flywheel.ErrInvalid, "the text ends within the value")
	}
	return w.fail(flywheel.ErrInvalid, "unexpected %q", firstRune(w.data[w.bad:]))
}

func firstRune(text []byte) rune {
	r, _ := utf8.DecodeRune(text)
	return r
}

// scalar passes over a text, a number or a literal.
func (w *walker) scalar() error {
	if w.data[w.pos] == '"' {
		for w.pos++; w.pos < len(w.data) && w.data[w.pos] != '"'; w.pos++ {
			if w.data[w.pos] == '\\' {
				w.pos++
			}
		}
		w.pos++
	} else {
		for w.pos < len(w.data) && !bytes.ContainsRune([]byte(",]} \t\n\r"), rune(w.data[w.pos])) {
			w.pos++
		}
	}
	if w.pos > w.bad {
		return w.syntax()
	}
	return nil
}

func (w *walker) value(target reflect.Type) error {
	first, err := w.next()
	if err != nil {
		return err
	}
	if first != '{' && first != '[' {
		return w.scalar() // encoding/json checks its type
	}
	w.pos++
	if len(w.path)+1 > w.limits.Depth {
		return w.fail(flywheel.ErrLimit, "nested deeper than %d", w.limits.Depth)
	}
	target = concrete(target)
	if first == '{' {
		return w.object(target)
	}
	return w.array(target)
}

// more reports whether a collection goes on behind its first n members, and passes
// over what parts them or ends it.
func (w *walker) more(n int, end byte) (bool, error) {
	c, err := w.next()
	if err != nil {
		return false, err
	}
	if c == end {
		w.pos++
		return false, nil
	}
	if n > 0 {
		w.pos++ // the comma
		_, err = w.next()
	}
	return true, err
}

func (w *walker) array(target reflect.Type) error {
	element := anyType
	if target.Kind() == reflect.Slice || target.Kind() == reflect.Array {
		element = target.Elem()
	}
	for i := 0; ; i++ {
		if more, err := w.more(i, ']'); err != nil || !more {
			return err
		}
		if w.limits.Members > 0 && i >= w.limits.Members {
			return w.fail(flywheel.ErrLimit, "more than %d elements", w.limits.Members)
		}
		w.path = append(w.path, step{index: i})
		if err := w.value(element); err != nil {
			return err
		}
		w.path = w.path[:len(w.path)-1]
	}
}

func (w *walker) object(target reflect.Type) error {
	var fields map[string]reflect.Type
	element := anyType
	switch target.Kind() {
	case reflect.Struct:
		fields = fieldsOf(target)
	case reflect.Map:
		element = target.Elem()
	}
	fold := fields != nil || !w.limits.CaseSensitive
	seen := make(map[string]string) // the key by its canonical form, "" where it is that
	for n := 0; ; n++ {
		if more, err := w.more(n, '}'); err != nil || !more {
			return err
		}
		start := w.pos
		if err := w.scalar(); err != nil {
			return err
		}
		w.path = append(w.path, step{key: w.data[start:w.pos]})
		key := unquoted(w.data[start:w.pos])
		if w.limits.Members > 0 && len(seen) >= w.limits.Members {
			return w.fail(flywheel.ErrLimit, "more than %d keys", w.limits.Members)
		}
		canonical, spelled := key, ""
		if fold {
			if canonical = foldKey(key); canonical != key {
				spelled = key
			}
		}
		if other, dup := seen[canonical]; dup {
			if other == "" {
				other = canonical
			}
			if other == key {
				return w.fail(flywheel.ErrInvalid, "key %q twice", key)
			}
			return w.fail(flywheel.ErrInvalid, "keys %q and %q differ only in case", other, key)
		}
		seen[canonical] = spelled
		member := element
		if fields != nil {
			var ok bool
			if member, ok = fields[key]; !ok {
				return w.fail(flywheel.ErrInvalid, "unknown field %q", key)
			}
		}
		if _, err := w.next(); err != nil {
			return err
		}
		w.pos++ // the colon
		if err := w.value(member); err != nil {
			return err
		}
		w.path = w.path[:len(w.path)-1]
	}
}
