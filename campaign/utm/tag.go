package utm

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Options say how links are tagged. The zero value adds what is missing and
// returns links unchanged that cannot be tagged.
type Options struct {
	// Overwrite replaces parameters that are there already, in place, and
	// removes later ones of the same key.
	Overwrite bool
	// Domains are the hosts that are tagged, with their subdomains; all when
	// empty.
	Domains []string
	// Strict makes a link that cannot be tagged an error that matches
	// [ErrNotTaggable].
	Strict bool
}

// ErrNotTaggable reports a link that is not absolute http or https, that holds a
// template placeholder, or whose host is outside the domains. It matches
// flywheel.ErrInvalid.
var ErrNotTaggable = fmt.Errorf("utm: not taggable: %w", flywheel.ErrInvalid)

// LinkError names the link that cannot be tagged or read.
type LinkError struct {
	Link string // at most 200 bytes of it
	Err  error  // wraps a kind
}

func (e *LinkError) Error() string { return fmt.Sprintf("utm: link %q: %v", e.Link, e.Err) }

// Unwrap returns the cause.
func (e *LinkError) Unwrap() error { return e.Err }

func linkError(link string, err error) error {
	if len(link) > 200 {
		link = strings.ToValidUTF8(link[:200], "") + "…"
	}
	return &LinkError{Link: link, Err: err}
}

// Tagger tags links with fixed parameters. It is immutable and safe for
// concurrent use.
type Tagger struct {
	pairs   []pair
	length  int // of all pairs with their separators
	domains []string
	opts    Options
}

// pair is a parameter that is set, ready to be written.
type pair struct{ key, text, value string } // text is key=value, value is encoded

// NewTagger compiles parameters. A value that is too long or not UTF-8 is a
// [*ParamError]; an empty domain is invalid.
func NewTagger(p Params, opts Options) (*Tagger, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	t := &Tagger{opts: opts}
	for i, k := range keys {
		if v := *p.field(i); v != "" {
			value := encode(v)
			t.pairs = append(t.pairs, pair{k, k + "=" + value, value})
			t.length += len(k) + len(value) + 2
		}
	}
	for i, d := range opts.Domains {
		d = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(d), "."))
		if d == "" || strings.ContainsAny(d, "/?#@ ") {
			return nil, refuse(fmt.Sprintf("domains[%d]", i), fmt.Errorf("%q is no host: %w", opts.Domains[i], flywheel.ErrInvalid))
		}
		t.domains = append(t.domains, d)
	}
	t.opts.Domains = slices.Clone(t.domains)
	return t, nil
}

// Tag returns link with the parameters. Without [Options.Strict] the error is
// always nil. A link that needs no change is returned as it is; else Tag
// allocates once.
func (t *Tagger) Tag(link string) (string, error) {
	if err := t.taggable(link); err != nil {
		if t.opts.Strict {
			return link, linkError(link, err)
		}
		return link, nil
	}
	if len(t.pairs) == 0 {
		return link, nil
	}
	rest, fragment := link, ""
	if i := strings.IndexByte(link, '#'); i >= 0 {
		rest, fragment = link[:i], link[i:]
	}
	path, query := rest, ""
	mark := strings.IndexByte(rest, '?')
	if mark >= 0 {
		path, query = rest[:mark], rest[mark+1:]
	}
	var b strings.Builder
	b.Grow(len(link) + 1 + t.length)
	b.WriteString(path)
	var seen uint16
	if mark >= 0 {
		b.WriteByte('?')
		if t.opts.Overwrite {
			seen = t.overwrite(&b, query)
		} else {
			seen = t.present(query)
			b.WriteString(query)
		}
	}
	separator := byte('&')
	if mark < 0 {
		separator = '?'
	} else if written := b.String(); written[len(written)-1] == '&' || len(written) == mark+1 {
		separator = 0
	}
	for i := range t.pairs {
		if seen&(1<<i) != 0 {
			continue
		}
		if separator != 0 {
			b.WriteByte(separator)
		}
		b.WriteString(t.pairs[i].text)
		separator = '&'
	}
	b.WriteString(fragment)
	return b.String(), nil
}

var (
	errTemplate = errors.New("it holds a template placeholder")
	errScheme   = errors.New("it is not an absolute http or https link")
	errHost     = errors.New("its host is outside the domains")
)

func (t *Tagger) taggable(link string) error {
	host, ok := hostOf(link)
	switch {
	case !ok:
		return fmt.Errorf("%w: %w", errScheme, ErrNotTaggable)
	case strings.Contains(link, "{{"):
		return fmt.Errorf("%w: %w", errTemplate, ErrNotTaggable)
	case len(t.domains) > 0 && !within(host, t.domains):
		return fmt.Errorf("%w: %w", errHost, ErrNotTaggable)
	}
	return nil
}

// present returns which pairs the query has, as bits.
func (t *Tagger) present(query string) (seen uint16) {
	for query != "" {
		part := query
		if i := strings.IndexByte(query, '&'); i >= 0 {
			part, query = query[:i], query[i+1:]
		} else {
			query = ""
		}
		if i := t.pairOf(part); i >= 0 {
			seen |= 1 << i
		}
	}
	return seen
}

// pairOf returns the pair whose key a part of the query has, or -1.
func (t *Tagger) pairOf(part string) int {
	if part == "" || part[0] != 'u' && part[0] != '%' {
		return -1
	}
	key := part
	if i := strings.IndexByte(part, '='); i >= 0 {
		key = part[:i]
	}
	for i := range t.pairs {
		if sameKey(key, t.pairs[i].key) {
			return i
		}
	}
	return -1
}

// overwrite writes the query with the values of pairs replaced and without
// repeated ones.
func (t *Tagger) overwrite(b *strings.Builder, query string) (seen uint16) {
	for first := true; ; {
		part, rest, more := query, "", false
		if i := strings.IndexByte(query, '&'); i >= 0 {
			part, rest, more = query[:i], query[i+1:], true
		}
		i := t.pairOf(part)
		if i < 0 || seen&(1<<i) == 0 {
			if !first {
				b.WriteByte('&')
			}
			first = false
			if i >= 0 {
				seen |= 1 << i
				key := part
				if j := strings.IndexByte(part, '='); j >= 0 {
					key = part[:j]
				}
				b.WriteString(key)
				b.WriteByte('=')
				part = t.pairs[i].value
			}
			b.WriteString(part)
		}
		if !more {
			return seen
		}
		query = rest
	}
}

// sameKey compares a key as it stands in a link, after percent-decoding.
func sameKey(raw, key string) bool {
	if strings.IndexByte(raw, '%') < 0 {
		return raw == key
	}
	j := 0
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '%' && i+2 < len(raw) && isHex(raw[i+1]) && isHex(raw[i+2]) {
			c = unhex(raw[i+1])<<4 | unhex(raw[i+2])
			i += 2
		}
		if j == len(key) || key[j] != c {
			return false
		}
		j++
	}
	return j == len(key)
}

// encode percent-encodes all but the unreserved characters of RFC 3986.
func encode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}
