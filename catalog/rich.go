package catalog

import (
	"html"
	"strings"
)

// keptElements are those that rich text may have.
var keptElements = set("p", "br", "strong", "em", "b", "i", "u", "ul", "ol", "li", "h2", "h3", "h4", "blockquote", "table", "tr", "td", "th", "a")

// goneElements go with their content; those that are true may nest.
var goneElements = map[string]bool{"script": false, "style": false, "iframe": false, "noscript": true, "object": true, "svg": true, "template": true}

// blockElements begin and end with a space in plain text.
var blockElements = set("p", "div", "br", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "td", "th", "table", "section", "article", "blockquote", "hr")

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// tag is one piece of HTML: a text, or a tag where name is set.
type tag struct {
	text    string // as written, of a text or of a tag's attributes
	name    string // lower case
	closing bool
}

// pieces calls fn for each text and tag of s, in order. What goes with its content
// is passed over, and so are comments and declarations. Linear in s.
func pieces(s string, fn func(tag)) {
	text := func(t string) {
		if t != "" {
			fn(tag{text: t})
		}
	}
	begun, i := 0, 0
	closes := strings.LastIndexByte(s, '>') // behind it nothing ends
	for i < closes {
		at := strings.IndexByte(s[i:closes], '<')
		if at < 0 {
			break
		}
		i += at
		t, end, ok := readTag(s, i)
		if !ok {
			i++
			continue
		}
		text(s[begun:i])
		begun, i = end, end
		if t.name == "" {
			continue
		}
		if nests, gone := goneElements[t.name]; gone {
			if !t.closing && !strings.HasSuffix(t.text, "/") {
				i = behind(s, end, t.name, nests)
				begun = i
			}
			continue
		}
		fn(t)
	}
	text(s[begun:])
}

// readTag reads the tag, comment or declaration that begins at s[i], a "<".
func readTag(s string, i int) (t tag, end int, ok bool) {
	rest := s[i+1:]
	switch {
	case strings.HasPrefix(rest, "!--"):
		if at := strings.Index(rest[3:], "-->"); at >= 0 {
			return t, i + 1 + 3 + at + 3, true
		}
		return t, len(s), true
	case strings.HasPrefix(rest, "!"), strings.HasPrefix(rest, "?"):
		if at := strings.IndexByte(rest, '>'); at >= 0 {
			return t, i + 1 + at + 1, true
		}
		return t, 0, false
	}
	j := i + 1
	if j < len(s) && s[j] == '/' {
		t.closing = true
		j++
	}
	start := j
	for j < len(s) && (isLetter(s[j]) || j > start && (s[j] >= '0' && s[j] <= '9' || s[j] == '-' || s[j] == ':')) {
		j++
	}
	if j == start {
		return t, 0, false
	}
	t.name = strings.ToLower(s[start:j])
	attributes := j
	last, quote := byte(0), byte(0) // last is the last character that is no space
	for ; j < min(len(s), attributes+maxTag); j++ {
		c := s[j]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && last == '=':
			quote = c
		case c == '>':
			t.text = s[attributes:j]
			return t, j + 1, true
		}
		if c > ' ' {
			last = c
		}
	}
	// A quote that does not end ends with the tag.
	if at := strings.IndexByte(s[attributes:], '>'); at >= 0 {
		t.text = s[attributes : attributes+at]
		return t, attributes + at + 1, true
	}
	return t, 0, false
}

// maxTag bounds the attributes of a tag, in bytes, so that reading stays linear.
const maxTag = 4096

// behind returns the place behind the end of an element whose content begins at i.
func behind(s string, i int, name string, nests bool) int {
	for depth := 1; ; {
		at := strings.IndexByte(s[i:], '<')
		if at < 0 {
			return len(s)
		}
		i += at + 1
		closing := i < len(s) && s[i] == '/'
		j := i
		if closing {
			j++
		}
		if len(s)-j < len(name) || !strings.EqualFold(s[j:j+len(name)], name) || len(s) > j+len(name) && isLetter(s[j+len(name)]) {
			continue
		}
		end := strings.IndexByte(s[j:], '>')
		if end < 0 {
			return len(s)
		}
		switch {
		case closing:
			depth--
		case nests && s[j+end-1] != '/':
			depth++
		}
		i = j + end + 1
		if depth == 0 {
			return i
		}
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// richText returns s with the elements only that rich text may have.
func richText(s string) string {
	var b strings.Builder
	pieces(normalText(s), func(t tag) {
		switch {
		case t.name == "":
			escapeText(&b, html.UnescapeString(t.text))
		case !keptElements[t.name]:
		case t.closing:
			if t.name != "br" {
				b.WriteString("</" + t.name + ">")
			}
		case t.name == "a":
			b.WriteString("<a")
			if href, ok := attribute(t.text, "href"); ok && safeLink(href) {
				b.WriteString(` href="`)
				escapeAttribute(&b, href)
				b.WriteByte('"')
			}
			b.WriteByte('>')
		default:
			b.WriteString("<" + t.name + ">")
		}
	})
	return normalText(b.String())
}

var textEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

var attributeEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func escapeText(b *strings.Builder, s string) { textEscaper.WriteString(b, s) }

func escapeAttribute(b *strings.Builder, s string) { attributeEscaper.WriteString(b, s) }

// safeLink reports whether a link of rich text may stay.
func safeLink(href string) bool {
	low := strings.ToLower(href)
	for _, scheme := range []string{"http:", "https:", "mailto:", "tel:", "#"} {
		if strings.HasPrefix(low, scheme) {
			return true
		}
	}
	return strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "//") && !strings.HasPrefix(href, `/\`)
}

// attribute returns the first attribute of a name among those of a tag, entities
// resolved, trimmed.
func attribute(s, name string) (string, bool) {
	for s = strings.TrimLeft(s, " \t\n\f/"); s != ""; s = strings.TrimLeft(s, " \t\n\f/") {
		end := strings.IndexAny(s, " \t\n\f/=")
		if end < 0 {
			end = len(s)
		}
		if end == 0 {
			end = 1
		}
		key := s[:end]
		s = strings.TrimLeft(s[end:], " \t\n\f")
		value := ""
		if strings.HasPrefix(s, "=") {
			s = strings.TrimLeft(s[1:], " \t\n\f")
			switch {
			case s != "" && (s[0] == '"' || s[0] == '\''):
				close := strings.IndexByte(s[1:], s[0])
				if close < 0 {
					return "", false
				}
				value, s = s[1:1+close], s[close+2:]
			default:
				end := strings.IndexAny(s, " \t\n\f")
				if end < 0 {
					end = len(s)
				}
				value, s = s[:end], s[end:]
			}
		}
		if strings.EqualFold(key, name) {
			return strings.TrimSpace(html.UnescapeString(value)), true
		}
	}
	return "", false
}

// PlainText returns the text of an HTML description: elements such as paragraphs
// and rows are parted by a space, scripts are gone, entities are resolved and white
// space is collapsed. O(n).
func PlainText(s string) string {
	var b strings.Builder
	pieces(s, func(t tag) {
		switch {
		case t.name == "":
			b.WriteString(html.UnescapeString(t.text))
		case blockElements[t.name]:
			b.WriteByte(' ')
		}
	})
	return collapse(b.String())
}
