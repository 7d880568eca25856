package message

import (
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Source is a template as a merchant writes it. Every part may be empty.
type Source struct {
	Subject string `json:"subject,omitempty"`
	HTML    string `json:"html,omitempty"`
	Text    string `json:"text,omitempty"`
}

// Rendered is a message that is ready to send.
type Rendered struct {
	// Subject is encoded as a header, see [Header].
	Subject string
	HTML    string
	Text    string
}

// maxSource is the longest part of a template, and maxValue the longest value, in
// bytes.
const (
	maxSource = 1 << 20
	maxValue  = 64 << 10
)

// The delimiters that html/template sees, which no source has: braces are text to it.
const left, right = "\ue000", "\ue001"

// TemplateError tells what is wrong with a template or a value for it. It matches
// what Err matches, and is a [*flywheel.FieldError].
type TemplateError struct {
	flywheel.FieldError
	// Offset is where in the part the trouble is, in bytes.
	Offset int
}

func (e *TemplateError) Error() string {
	return fmt.Sprintf("message: %s, offset %d: %v", e.Field, e.Offset, e.Err)
}

// Unwrap returns the field error.
func (e *TemplateError) Unwrap() error { return &e.FieldError }

// Template is a parsed template. It is immutable and safe for concurrent use.
type Template struct {
	subject, text []piece
	html          *template.Template
	names         []string
}

// piece is text, or the place of a value.
type piece struct{ text, name string }

// Parse reads a template and finds out where in the HTML each value stands.
func Parse(s Source) (*Template, error) {
	t := &Template{}
	parts := []struct {
		name, text string
		into       *[]piece
	}{{"subject", s.Subject, &t.subject}, {"text", s.Text, &t.text}, {"html", s.HTML, new([]piece)}}
	for _, p := range parts {
		pieces, err := split(p.name, p.text)
		if err != nil {
			return nil, err
		}
		*p.into = pieces
		for _, x := range pieces {
			if x.name != "" && !slices.Contains(t.names, x.name) {
				t.names = append(t.names, x.name)
			}
		}
	}
	slices.Sort(t.names)
	var b strings.Builder
	for _, p := range *parts[2].into {
		if p.name != "" {
			fmt.Fprintf(&b, "%sindex . %q%s", left, p.name, right)
			continue
		}
		b.WriteString(p.text)
	}
	html, err := template.New("html").Delims(left, right).Option("missingkey=error").Parse(b.String())
	if err == nil {
		// Escaping is decided at the first execution; a place that has none is found now.
		blank := map[string]string{}
		for _, n := range t.names {
			blank[n] = ""
		}
		err = html.Execute(&strings.Builder{}, blank)
	}
	if err != nil {
		return nil, &TemplateError{FieldError: flywheel.FieldError{Field: "html", Err: fmt.Errorf("%v: %w", cause(err), flywheel.ErrInvalid)}}
	}
	t.html = html
	return t, nil
}

// cause returns what html/template says without the names it gives to things.
func cause(err error) string {
	var e *template.Error
	if errors.As(err, &e) {
		return e.Description
	}
	return "cannot be escaped"
}

// Names returns the names of the values that the template wants, sorted.
func (t *Template) Names() []string { return slices.Clone(t.names) }

// split cuts a text at its places.
func split(part, text string) (pieces []piece, err error) {
	fail := func(at int, kind error, what string) ([]piece, error) {
		return nil, &TemplateError{flywheel.FieldError{Field: part, Err: fmt.Errorf("%s: %w", what, kind)}, at}
	}
	if len(text) > maxSource {
		return fail(maxSource, flywheel.ErrLimit, "longer than 1 MiB")
	}
	if at := strings.IndexAny(text, left+right); at >= 0 {
		return fail(at, flywheel.ErrInvalid, "a character for private use")
	}
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			pieces = append(pieces, piece{text: literal.String()})
			literal.Reset()
		}
	}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case (c == '{' || c == '}') && i+1 < len(text) && text[i+1] == c:
			literal.WriteByte(c)
			i += 2
		case c == '{':
			end := strings.IndexByte(text[i:], '}')
			if end < 0 {
				return fail(i, flywheel.ErrInvalid, "a brace that is not closed; {{ is a brace of the text")
			}
			name := text[i+1 : i+end]
			if !isName(name) {
				return fail(i, flywheel.ErrInvalid, fmt.Sprintf("%.40q is no name; {{ is a brace of the text", name))
			}
			flush()
			pieces = append(pieces, piece{name: name})
			i += end + 1
		case c == '}':
			return fail(i, flywheel.ErrInvalid, "a brace that closes nothing; }} is a brace of the text")
		default:
			literal.WriteByte(c)
			i++
		}
	}
	flush()
	return pieces, nil
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && (c >= '0' && c <= '9' || c == '_' || c == '.')) {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// Render fills the template. A value that is missing, has a line break in the
// subject, or is longer than 64 KiB is a [*TemplateError] or, in the subject, a
// [*HeaderError].
func (t *Template) Render(values map[string]string) (Rendered, error) {
	for _, n := range t.names {
		v, ok := values[n]
		if !ok {
			return Rendered{}, &TemplateError{FieldError: flywheel.FieldError{Field: "values." + n, Err: fmt.Errorf("missing: %w", flywheel.ErrInvalid)}}
		}
		if len(v) > maxValue {
			return Rendered{}, &TemplateError{FieldError: flywheel.FieldError{Field: "values." + n, Err: fmt.Errorf("longer than 64 KiB: %w", flywheel.ErrLimit)}}
		}
	}
	var r Rendered
	var err error
	if r.Subject, err = Header("Subject", fill(t.subject, values)); err != nil {
		return Rendered{}, err
	}
	r.Text = fill(t.text, values)
	var html strings.Builder
	if err := t.html.Execute(&html, values); err != nil {
		return Rendered{}, &TemplateError{FieldError: flywheel.FieldError{Field: "html", Err: fmt.Errorf("%v: %w", cause(err), flywheel.ErrInvalid)}}
	}
	r.HTML = html.String()
	return r, nil
}

func fill(pieces []piece, values map[string]string) string {
	var b strings.Builder
	for _, p := range pieces {
		if p.name != "" {
			b.WriteString(values[p.name])
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String()
}
