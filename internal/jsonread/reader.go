package jsonread

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Reader reads one JSON value from its beginning to its end. It is not safe for
// concurrent use.
type Reader struct {
	text   string
	pos    int
	depth  int // of Value
	failed bool
}

// maxDepth is how deeply values may be nested, as in encoding/json.
const maxDepth = 10_000

// New returns a reader of a text.
func New(text string) Reader { return Reader{text: text} }

// fail makes the reader end.
func (r *Reader) fail() { r.pos, r.failed = len(r.text), true }

// Done reports whether the whole text was one value as it was expected.
func (r *Reader) Done() bool { return r.peek() == 0 && r.pos == len(r.text) && !r.failed }

// peek passes over white space and returns the byte there, 0 at the end.
func (r *Reader) peek() byte {
	for ; r.pos < len(r.text); r.pos++ {
		switch c := r.text[r.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// Open passes over the beginning of an object, '{', or of an array, '['.
func (r *Reader) Open(c byte) {
	if r.peek() != c {
		r.fail()
		return
	}
	r.pos++
}

// More reports whether the object or array that is open goes on, and passes over the
// comma before what follows, or over the end.
func (r *Reader) More() bool {
	switch r.peek() {
	case ',':
		r.pos++
	case '}', ']':
		r.pos++
		return false
	case 0:
		r.fail()
		return false
	}
	return true
}

// Key returns the name of a member and passes over its colon.
func (r *Reader) Key() string {
	key := r.Text()
	if r.peek() != ':' {
		r.fail()
		return ""
	}
	r.pos++
	return key
}

// Null reports whether the value is null, and passes over it.
func (r *Reader) Null() bool {
	if r.peek() != 'n' {
		return false
	}
	r.word("null")
	return true
}

func (r *Reader) word(w string) {
	if !strings.HasPrefix(r.text[r.pos:], w) {
		r.fail()
		return
	}
	r.pos += len(w)
}

// Bool reads a bool.
func (r *Reader) Bool() bool {
	if r.peek() == 't' {
		r.word("true")
		return !r.failed
	}
	r.word("false")
	return false
}

// number returns the text of a number.
func (r *Reader) number() string {
	r.peek()
	from := r.pos
	for ; r.pos < len(r.text); r.pos++ {
		switch c := r.text[r.pos]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
			continue
		}
		break
	}
	return r.text[from:r.pos]
}

// Int reads an integer of 64 bits.
func (r *Reader) Int() int64 {
	n, err := strconv.ParseInt(r.number(), 10, 64)
	if err != nil {
		r.fail()
		return 0
	}
	return n
}

// Text reads a text.
func (r *Reader) Text() string {
	if r.peek() != '"' {
		r.fail()
		return ""
	}
	from := r.pos + 1
	for i := from; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '"':
			r.pos = i + 1
			return r.text[from:i]
		case c == '\\':
			return r.escaped(from, i)
		case c < ' ':
			r.fail()
			return ""
		}
	}
	r.fail()
	return ""
}

// escaped reads a text that begins at from and has its first escape at i.
func (r *Reader) escaped(from, i int) string {
	out := make([]byte, 0, 2*(i-from)+32)
	for i < len(r.text) {
		next := strings.IndexAny(r.text[i:], `"\`)
		if next < 0 {
			break
		}
		out = append(out, r.text[from:i+next]...)
		if i += next; r.text[i] == '"' {
			r.pos = i + 1
			return string(out)
		}
		if i+1 == len(r.text) {
			break
		}
		c := r.text[i+1]
		i += 2
		switch at := strings.IndexByte(`"\/bfnrt`, c); {
		case at >= 0:
			out = append(out, "\"\\/\b\f\n\r\t"[at])
		case c == 'u':
			u := r.hex(i)
			if i += 4; utf16.IsSurrogate(u) {
				pair := rune(utf8.RuneError)
				if strings.HasPrefix(r.text[min(i, len(r.text)):], `\u`) {
					pair = utf16.DecodeRune(u, r.hex(i+2))
				}
				if u = pair; u != utf8.RuneError {
					i += 6
				}
			}
			out = utf8.AppendRune(out, u)
		default:
			r.fail()
			return ""
		}
		if from = i; r.failed {
			return ""
		}
	}
	r.fail()
	return ""
}

// hex returns the unit that four digits at i write.
func (r *Reader) hex(i int) rune {
	if i+4 <= len(r.text) {
		if u, err := strconv.ParseUint(r.text[i:i+4], 16, 16); err == nil {
			return rune(u)
		}
	}
	r.fail()
	return utf8.RuneError
}

// Raw passes over a value and returns its text.
func (r *Reader) Raw() string {
	r.peek()
	from, depth := r.pos, 0
	for {
		switch c := r.peek(); c {
		case '{', '[':
			r.pos++
			depth++
		case '}', ']':
			r.pos++
			depth--
		case ',', ':':
			r.pos++
		case '"':
			r.skipText()
		case 't', 'f':
			r.Bool()
		case 'n':
			r.Null()
		default:
			if r.number() == "" {
				r.fail()
			}
		}
		if r.failed || depth < 0 {
			r.fail()
			return ""
		}
		if depth == 0 {
			return r.text[from:r.pos]
		}
	}
}

func (r *Reader) skipText() {
	for r.pos++; r.pos < len(r.text); r.pos++ {
		switch r.text[r.pos] {
		case '"':
			r.pos++
			return
		case '\\':
			r.pos++
		}
	}
	r.fail()
}

// Value reads any value: a text, an int64, a [json.Number] of another number, a bool,
// nil, a []any or a map[string]any.
func (r *Reader) Value() any {
	if r.depth++; r.depth > maxDepth {
		r.fail()
	}
	v := r.value()
	r.depth--
	return v
}

func (r *Reader) value() any {
	switch r.peek() {
	case '"':
		return r.Text()
	case '{':
		m := map[string]any{}
		for r.Open('{'); r.More(); {
			key := r.Key()
			m[key] = r.Value()
		}
		return m
	case '[':
		list := []any{}
		for r.Open('['); r.More(); {
			list = append(list, r.Value())
		}
		return list
	case 't', 'f':
		return r.Bool()
	case 'n':
		r.Null()
		return nil
	}
	text := r.number()
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if text == "" {
		r.fail()
	}
	return json.Number(text)
}
