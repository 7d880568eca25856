package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	w.dec = json.NewDecoder(bytes.NewReader(data))
	w.dec.UseNumber()
	if err := w.value(target); err != nil {
		return err
	}
	if _, err := w.dec.Token(); err != io.EOF {
		return w.fail(flywheel.ErrInvalid, "text behind the value")
	}
	return nil
}

// walker follows the tokens of a document along the type that will take them.
type walker struct {
	dec    *json.Decoder
	limits Limits
	path   []string // "name" or "[3]"
}

func (w *walker) fail(kind error, format string, args ...any) error {
	path := strings.TrimPrefix(strings.Join(w.path, ""), ".")
	return &Error{Path: path, Offset: w.dec.InputOffset(), Err: fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), kind)}
}

func (w *walker) value(target reflect.Type) error {
	token, err := w.dec.Token()
	if err != nil {
		return w.syntax(err)
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return nil // a scalar: encoding/json checks its type
	}
	if len(w.path)+1 > w.limits.Depth {
		return w.fail(flywheel.ErrLimit, "nested deeper than %d", w.limits.Depth)
	}
	target = concrete(target)
	if delim == '{' {
		err = w.object(target)
	} else {
		err = w.array(target)
	}
	if err != nil {
		return err
	}
	if _, err := w.dec.Token(); err != nil { // the closing delimiter
		return w.syntax(err)
	}
	return nil
}

func (w *walker) syntax(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return w.fail(flywheel.ErrInvalid, "the text ends within the value")
	}
	return w.fail(flywheel.ErrInvalid, "%v", err)
}

func (w *walker) array(target reflect.Type) error {
	element := anyType
	if target.Kind() == reflect.Slice || target.Kind() == reflect.Array {
		element = target.Elem()
	}
	for i := 0; w.dec.More(); i++ {
		if w.limits.Members > 0 && i >= w.limits.Members {
			return w.fail(flywheel.ErrLimit, "more than %d elements", w.limits.Members)
		}
		w.path = append(w.path, "["+strconv.Itoa(i)+"]")
		if err := w.value(element); err != nil {
			return err
		}
		w.path = w.path[:len(w.path)-1]
	}
	return nil
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
	seen := make(map[string]string)
	for w.dec.More() {
		token, err := w.dec.Token()
		if err != nil {
			return w.syntax(err)
		}
		key, ok := token.(string)
		if !ok {
			return w.fail(flywheel.ErrInvalid, "a key is no string")
		}
		w.path = append(w.path, "."+key)
		if w.limits.Members > 0 && len(seen) >= w.limits.Members {
			return w.fail(flywheel.ErrLimit, "more than %d keys", w.limits.Members)
		}
		canonical := key
		if fold {
			canonical = foldKey(key)
		}
		if other, dup := seen[canonical]; dup {
			if other == key {
				return w.fail(flywheel.ErrInvalid, "key %q twice", key)
			}
			return w.fail(flywheel.ErrInvalid, "keys %q and %q differ only in case", other, key)
		}
		seen[canonical] = key
		member := element
		if fields != nil {
			if member, ok = fields[key]; !ok {
				return w.fail(flywheel.ErrInvalid, "unknown field %q", key)
			}
		}
		if err := w.value(member); err != nil {
			return err
		}
		w.path = w.path[:len(w.path)-1]
	}
	return nil
}
