package catalog

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// record is one record of a CSV file, at the line where it begins.
type record struct {
	line  int
	cells []string
}

// sheet is a CSV file: its header and its records, blank ones left out.
type sheet struct {
	delimiter rune
	header    record
	records   []record
}

// delimiters that are tried, in this order.
var delimiters = []rune{',', ';', '\t', '|'}

// readSheet reads a CSV file in UTF-8 (RFC 4180). A delimiter of 0 is found: a first
// line sep=X tells it, else it is the one by which the first ten records have the
// same, largest number of fields.
func readSheet(data []byte, delimiter rune) (*sheet, *ImportError) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return nil, fileError(lineOfBad(data), "not UTF-8")
	}
	offset := 0
	if first, rest, found := bytes.Cut(data, []byte("\n")); found || len(first) > 0 {
		line := strings.TrimSuffix(string(first), "\r")
		if text, ok := strings.CutPrefix(line, "sep="); ok && utf8.RuneCountInString(text) == 1 {
			if r, _ := utf8.DecodeRuneInString(text); delimiter == 0 {
				delimiter = r
			}
			data, offset = rest, 1
		}
	}
	if delimiter == 0 {
		delimiter = findDelimiter(data)
	}
	if delimiter == '"' || delimiter == '\r' || delimiter == '\n' || !utf8.ValidRune(delimiter) || delimiter == utf8.RuneError {
		return nil, fileError(1, "%q is no delimiter", delimiter)
	}
	s := &sheet{delimiter: delimiter}
	r := newCSV(data, delimiter)
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line := 1
			if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
				line = wrong.StartLine
			}
			return nil, fileError(line+offset, "%v", err)
		}
		line, _ := r.FieldPos(0)
		if blank(cells) {
			continue
		}
		if s.header.cells == nil {
			s.header = record{line + offset, cells}
			continue
		}
		s.records = append(s.records, record{line + offset, cells})
	}
	if s.header.cells == nil {
		return nil, fileError(1, "no header")
	}
	return s, nil
}

func newCSV(data []byte, delimiter rune) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.FieldsPerRecord = delimiter, -1
	return r
}

func fileError(line int, format string, args ...any) *ImportError {
	return &ImportError{Line: line, Err: fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), flywheel.ErrInvalid)}
}

func lineOfBad(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size <= 1 {
			break
		}
		if r == '\n' {
			line++
		}
		data = data[size:]
	}
	return line
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// findDelimiter returns the delimiter by which the first ten records all have the
// same, largest number of fields, a comma where none parts them.
func findDelimiter(data []byte) rune {
	best, most := ',', 1
	for _, d := range delimiters {
		r := newCSV(data, d)
		fields := 0
		for n := 0; n < 10; {
			cells, err := r.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || fields != 0 && len(cells) != fields {
				fields = 0
				break
			}
			fields = len(cells)
			n++
		}
		if fields > most {
			best, most = d, fields
		}
	}
	return best
}
