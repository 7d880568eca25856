package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Errors is everything that is wrong with one call, each with the path of the
// field in the words of its JSON form, such as "variants[3].options[0]". A refused
// call has changed nothing. [errors.As] finds each [*flywheel.FieldError], and
// [errors.Is] the kinds of all of them.
type Errors []*flywheel.FieldError

func (e Errors) Error() string {
	var b strings.Builder
	b.WriteString("catalog: ")
	for i, f := range e {
		if i == 10 {
			fmt.Fprintf(&b, "; and %d more", len(e)-i)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(f.Error())
	}
	return b.String()
}

// Unwrap returns the errors one by one.
func (e Errors) Unwrap() []error {
	list := make([]error, len(e))
	for i, f := range e {
		list[i] = f
	}
	return list
}

// problems collects what is wrong. Its prefix is put before each path.
type problems struct {
	list   *Errors
	prefix string
}

func newProblems() problems { return problems{list: new(Errors)} }

// in returns a collector of what lies below a path.
func (p problems) in(prefix string) problems { return problems{p.list, p.prefix + prefix} }

func (p problems) add(path string, kind error, format string, args ...any) {
	*p.list = append(*p.list, &flywheel.FieldError{Field: p.prefix + path, Err: fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), kind)})
}

// wrap adds an error that wraps a kind.
func (p problems) wrap(path string, err error) {
	*p.list = append(*p.list, &flywheel.FieldError{Field: p.prefix + path, Err: err})
}

// code reports a name that is no identifier.
func (p problems) code(path, name string) {
	if err := flywheel.CheckID(name); err != nil {
		p.wrap(path, err)
	}
}

func (p problems) invalid(path, format string, args ...any) {
	p.add(path, flywheel.ErrInvalid, format, args...)
}

func (p problems) notFound(path, what, name string) {
	p.add(path, flywheel.ErrNotFound, "%s %q", what, name)
}

func (p problems) conflict(path, format string, args ...any) {
	p.add(path, flywheel.ErrConflict, format, args...)
}

func (p problems) any() bool { return len(*p.list) > 0 }

// err returns the errors, those of one path and kind once; nil where there are
// none.
func (p problems) err() error {
	if !p.any() {
		return nil
	}
	type key struct {
		path string
		kind error
	}
	seen := map[key]bool{}
	var list Errors
	for _, f := range *p.list {
		k := key{f.Field, kindOf(f.Err)}
		if !seen[k] {
			list = append(list, f)
		}
		seen[k] = true
	}
	return list
}

// fieldError is an Errors of one.
func fieldError(path string, kind error, format string, args ...any) error {
	p := newProblems()
	p.add(path, kind, format, args...)
	return p.err()
}

// asErrors returns the field errors of err.
func asErrors(err error) (Errors, bool) { return errors.AsType[Errors](err) }

// kindOf returns the kind of root that err wraps.
func kindOf(err error) error {
	for _, kind := range []error{flywheel.ErrNotFound, flywheel.ErrConflict, flywheel.ErrLimit, flywheel.ErrOutOfRange, flywheel.ErrForbidden} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return flywheel.ErrInvalid
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
