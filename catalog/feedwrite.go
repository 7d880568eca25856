package catalog

import (
	"bufio"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// The formats in which feeds are written.
const (
	XMLFormat       = "xml"   // RSS 2.0 with Google's names
	TSVFormat       = "tsv"   // a table with the columns that rows use
	JSONLinesFormat = "jsonl" // an object a line
)

// FeedReport counts what a feed has.
type FeedReport struct {
	Rows    int
	Dropped int // rows that were left out
	// Issues are the first MaxFeedIssues, More is how many came after them.
	Issues []FeedIssue
	More   int
}

// MaxFeedIssues is how many issues of a feed a report keeps, so that it does not grow
// with the feed; [Service.FeedRows] tells all.
const MaxFeedIssues = 10_000

// WriteFeed writes a feed to w, a few hundred products at a time: for Google as XML
// or TSV, for agents as JSON lines. A TSV file is made in two passes, the first of
// which finds its columns.
func (s *Service) WriteFeed(ctx context.Context, w io.Writer, f Feed, format string) (FeedReport, error) {
	var report FeedReport
	out := bufio.NewWriterSize(w, 64<<10)
	var begin, end string
	var write func(FeedRow) error
	switch {
	case format == XMLFormat && f.Form == GoogleFeed:
		link := f.Link
		if link == "" {
			link = DefaultLink
		}
		if i := strings.IndexByte(link, '{'); i >= 0 {
			link = link[:i]
		}
		begin = xml.Header + `<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">` + "\n<channel>\n<title>" + xmlText(string(f.Channel)) + "</title>\n<link>" +
			xmlText(link) + "</link>\n<description>" + xmlText(string(f.Channel)) + "</description>\n"
		end = "</channel>\n</rss>\n"
		write = func(r FeedRow) error { return writeItem(out, r) }
	case format == TSVFormat && f.Form == GoogleFeed:
		used := map[string]bool{}
		err := s.FeedRows(ctx, f, func(r FeedRow) error {
			for _, field := range r.Fields {
				used[field.Name] = true
			}
			return nil
		}, nil)
		if err != nil {
			return report, err
		}
		var columns []string
		for _, name := range googleFields {
			if used[name] {
				columns = append(columns, name)
			}
		}
		begin = strings.Join(columns, "\t") + "\n"
		write = func(r FeedRow) error { return writeLine(out, columns, r) }
	case format == JSONLinesFormat:
		write = func(r FeedRow) error { return writeObject(out, r) }
	default:
		return report, fieldError("format", flywheel.ErrInvalid, "%q is no format of form %q", format, f.Form)
	}
	last := flywheel.SKU("")
	_, err := out.WriteString(begin)
	if err == nil {
		err = s.FeedRows(ctx, f, func(r FeedRow) error {
			report.Rows++
			return write(r)
		}, func(i FeedIssue) {
			if len(report.Issues) < MaxFeedIssues {
				report.Issues = append(report.Issues, i)
			} else {
				report.More++
			}
			if i.Dropped && i.SKU != last {
				report.Dropped++
				last = i.SKU
			}
		})
	}
	if err != nil {
		return report, err
	}
	if _, err := out.WriteString(end); err != nil {
		return report, fmt.Errorf("catalog: feed: %w", err)
	}
	if err := out.Flush(); err != nil {
		return report, fmt.Errorf("catalog: feed: %w", err)
	}
	return report, nil
}

// xmlText returns a text escaped for XML, without what XML 1.0 cannot hold.
func xmlText(s string) string {
	plain := 0
	for plain < len(s) && s[plain] >= 0x20 && s[plain] < utf8.RuneSelf && s[plain] != '&' && s[plain] != '<' && s[plain] != '>' && s[plain] != '"' {
		plain++
	}
	if plain == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\t', r == '\n', r >= 0x20 && r <= 0xd7ff, r >= 0xe000 && r <= 0xfffd, r >= 0x10000:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func texts(v any) []string {
	switch v := v.(type) {
	case []string:
		return v
	case string:
		return []string{v}
	}
	return []string{termValue(v)}
}

// writeElement writes an element; out keeps errors.
func writeElement(out *bufio.Writer, name, text string) {
	out.WriteString("<g:")
	out.WriteString(name)
	out.WriteByte('>')
	out.WriteString(xmlText(text))
	out.WriteString("</g:")
	out.WriteString(name)
	out.WriteString(">\n")
}

func writeItem(out *bufio.Writer, r FeedRow) error {
	out.WriteString("<item>\n")
	for _, f := range r.Fields {
		if text, ok := f.Value.(string); ok {
			writeElement(out, f.Name, text)
			continue
		}
		for _, text := range texts(f.Value) {
			writeElement(out, f.Name, text)
		}
	}
	_, err := out.WriteString("</item>\n") // tells earlier errors too
	if err != nil {
		return fmt.Errorf("catalog: feed: %w", err)
	}
	return nil
}

var lineCleaner = strings.NewReplacer("\t", " ", "\r\n", " ", "\n", " ", "\r", " ")

func writeLine(out *bufio.Writer, columns []string, r FeedRow) error {
	for i, name := range columns {
		if i > 0 {
			out.WriteByte('\t')
		}
		switch v := r.Get(name).(type) {
		case nil:
		case []string:
			for n, link := range v {
				if n > 0 {
					out.WriteByte(',')
				}
				out.WriteString(lineCleaner.Replace(strings.ReplaceAll(link, ",", "%2C")))
			}
		default:
			out.WriteString(lineCleaner.Replace(termValue(v)))
		}
	}
	if err := out.WriteByte('\n'); err != nil {
		return fmt.Errorf("catalog: feed: %w", err)
	}
	return nil
}

func writeObject(out *bufio.Writer, r FeedRow) error {
	out.WriteString(objectText(r.Fields))
	if err := out.WriteByte('\n'); err != nil {
		return fmt.Errorf("catalog: feed: %w", err)
	}
	return nil
}

// objectText is fields as a JSON object, in their order.
func objectText(fields []FeedField) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(jsonText(f.Name) + ":")
		if nested, ok := f.Value.([]FeedField); ok {
			b.WriteString(objectText(nested))
		} else {
			b.WriteString(jsonText(f.Value))
		}
	}
	b.WriteByte('}')
	return b.String()
}

// MarshalJSON implements [encoding/json.Marshaler]: the fields as an object, in
// their order.
func (r FeedRow) MarshalJSON() ([]byte, error) { return []byte(objectText(r.Fields)), nil }
