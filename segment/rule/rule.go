package rule

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel/internal/strictjson"
)

// Options says how a rule is compiled. Nil is a strict rule without a schema.
type Options struct {
	// Schema is the attributes that a strict rule may ask for and their types.
	// Records of the same schema are matched by index.
	Schema *Schema
	// Groups are the lists that $inGroup and $notInGroup name. They become part
	// of the compiled rule.
	Groups map[string][]any
	// Saved are the groups that $savedGroup names, and $inGroup and
	// $notInGroup too in place of Groups. They become part of the compiled
	// rule.
	Saved *Groups
	// Lenient accepts what an evaluator of another age or make wrote: an
	// operator that is not known here fails, also under negation, and so does
	// a malformed operand or pattern. Limits on lists and patterns do not
	// apply. It is for rules from a trusted source, such as a GrowthBook
	// payload.
	Lenient bool
}

// Rule is a compiled condition. It is immutable and safe for concurrent use.
// The zero Rule, like a nil one and like {}, matches everything.
type Rule struct {
	source  []byte // compact
	schema  *Schema
	program program
}

// Compile reads a condition and compiles it. What is wrong with it is reported
// by an [*Error]. Source text must be a JSON object of at most 1 MiB (lenient:
// 64 MiB) and 64 levels of conditions.
func Compile(src []byte, opts *Options) (*Rule, error) {
	if opts == nil {
		opts = &Options{}
	}
	limits := &strictjson.Limits{}
	if opts.Lenient {
		limits.Bytes, limits.CaseSensitive = 64<<20, true
	}
	x, err := parseSource(src, limits)
	if err != nil {
		if at, ok := errors.AsType[*strictjson.Error](err); ok {
			return nil, &Error{Path: at.Path, Err: fmt.Errorf("rule: %w", err)}
		}
		return nil, &Error{Err: fmt.Errorf("rule: %w: %w", err, ErrOperand)}
	}
	if _, ok := x.(object); !ok {
		return nil, &Error{Err: fmt.Errorf("a rule is an object: %w", ErrOperand)}
	}
	b := builder{strict: !opts.Lenient, schema: opts.Schema, groups: opts.Groups, saved: opts.Saved}
	root := b.condition(x, "")
	if b.err != nil {
		return nil, b.err
	}
	r := &Rule{schema: opts.Schema}
	if len(x.(object)) > 0 {
		r.program.entry = r.program.emit(&root, false, yes, no)
	}
	r.program.code = slices.Clip(r.program.code)
	var compact bytes.Buffer
	if err := json.Compact(&compact, src); err != nil {
		return nil, &Error{Err: fmt.Errorf("rule: %w: %w", err, ErrOperand)}
	}
	r.source = compact.Bytes()
	return r, nil
}

// MustCompile is [Compile] of a strict rule without a schema that is known to
// be right; it panics where Compile reports an error.
func MustCompile(src string) *Rule {
	r, err := Compile([]byte(src), nil)
	if err != nil {
		panic(err)
	}
	return r
}

// Match reports whether the attributes meet the rule. Values are those of
// encoding/json, Go's own basic kinds, and slices and maps of them.
func (r *Rule) Match(attrs map[string]any) bool {
	if r == nil {
		return true
	}
	return r.program.run(&scope{root: value{kind: kindObject, ref: attrs}})
}

// MatchRecord reports whether a prepared record meets the rule. It is fastest
// where record and rule have the same schema; attributes are found by name
// where they have not.
func (r *Rule) MatchRecord(record *Record) bool {
	if r == nil {
		return true
	}
	return r.program.run(r.scope(record))
}

func (r *Rule) scope(record *Record) *scope {
	return &scope{record: record, mine: record.schema == r.schema}
}

// Paths returns the attributes that the rule asks for, sorted, each once. A
// rule need not be evaluated again while none of them has changed.
func (r *Rule) Paths() []string {
	if r == nil {
		return nil
	}
	var paths []string
	for i := range r.program.code {
		if path := r.program.code[i].path; path != "" {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// String returns the rule's source in compact form.
func (r *Rule) String() string {
	if r == nil || r.source == nil {
		return "{}"
	}
	return string(r.source)
}

// MarshalJSON returns the rule's source in compact form.
func (r *Rule) MarshalJSON() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalJSON compiles a strict rule without a schema. A rule that needs
// other [Options] is kept as [json.RawMessage] and compiled with them.
func (r *Rule) UnmarshalJSON(src []byte) error {
	compiled, err := Compile(src, nil)
	if err != nil {
		return err
	}
	*r = *compiled
	return nil
}
