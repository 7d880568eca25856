package table

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// Reader reads one table, row by row. It is not safe for concurrent use.
type Reader struct {
	spec   Spec
	name   string
	file   io.Closer
	text   *text
	csv    *csv.Reader
	header []string
	at     []int // column of each wanted one, -1 for none
	fields []string
	row    []string
	line   int
	rows   int64
	skip   int // lines before what csv counts
	err    error

	decimal     rune // as the cells have shown
	decimalLine int
	dates       DateOrder
	datesLine   int
}

// Open opens a file and reads its header. The caller closes the Reader.
func Open(name string, spec Spec) (*Reader, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	r, err := New(name, file, spec)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	r.file = file
	return r, nil
}

// New reads the header of a table from in; name is what errors call it.
func New(name string, in io.Reader, spec Spec) (*Reader, error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	if spec.MaxBytes == 0 {
		spec.MaxBytes = defaultMaxBytes
	}
	if spec.MaxRows == 0 {
		spec.MaxRows = defaultMaxRows
	}
	if spec.MaxRecord == 0 {
		spec.MaxRecord = defaultMaxRecord
	}
	r := &Reader{spec: spec, name: name, decimal: spec.Decimal, dates: spec.Dates}
	if err := r.open(in); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Reader) open(in io.Reader) error {
	fail := func(line int, err error) error {
		return &CellError{File: r.name, Line: line, FieldError: flywheel.FieldError{Err: err}}
	}
	plain, err := unpack(in)
	if err != nil {
		return fail(0, err)
	}
	raw := bufio.NewReaderSize(plain, headBytes)
	head, err := raw.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return fail(0, unreadable(err))
	}
	encoding, mark := encodingOf(head)
	if r.spec.Encoding != "" && r.spec.Encoding != encoding {
		encoding, mark = r.spec.Encoding, 0
	}
	if _, err := raw.Discard(mark); err != nil {
		return fail(0, unreadable(err))
	}
	r.text = &text{
		in: raw, encoding: encoding, left: r.spec.MaxBytes, leftInRow: r.spec.MaxRecord,
		maxBytes: r.spec.MaxBytes, maxRecord: r.spec.MaxRecord,
	}
	buffered := bufio.NewReaderSize(r.text, headBytes)
	start, err := buffered.Peek(headBytes)
	whole := errors.Is(err, io.EOF)
	if err != nil && !whole {
		if !errors.Is(err, errRowLong) || !bytes.ContainsAny(start, "\r\n") {
			return fail(1, unreadable(err))
		}
	}
	start = bytes.Clone(start)
	if bytes.IndexByte(start, '\n') < 0 && bytes.IndexByte(start, '\r') >= 0 {
		r.text.cr = true
		for i, c := range start {
			if c == '\r' {
				start[i] = '\n'
			}
		}
		if _, err := buffered.Discard(len(start)); err != nil {
			return fail(0, unreadable(err))
		}
		buffered = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(start), r.text), headBytes)
	}
	sign := r.spec.Delimiter
	if first, rest, cut := bytes.Cut(start, []byte("\n")); bytes.HasPrefix(bytes.ToLower(first), []byte("sep=")) {
		first = bytes.TrimRight(first, "\r")
		given, _ := utf8.DecodeRune(first[4:])
		if len(first) != 5 || !slices.Contains(delimiters, given) {
			return fail(1, fmt.Errorf("%q names no delimiter: %w", first, flywheel.ErrInvalid))
		}
		if sign == 0 {
			sign = given
		}
		if _, err := buffered.Discard(len(start) - len(rest)); err != nil {
			return fail(1, unreadable(err))
		}
		r.skip, start = 1, rest
		if !cut {
			start = nil
		}
	}
	if sign == 0 {
		sign = r.spec.delimiterOf(start, whole)
	}
	r.csv = csv.NewReader(buffered)
	r.text.leftInRow = r.spec.MaxRecord
	r.csv.Comma, r.csv.ReuseRecord, r.csv.FieldsPerRecord = sign, true, -1
	return r.readHeader()
}

// unreadable gives an error of the input a kind, unless it has one or is one of
// reading itself.
func unreadable(err error) error {
	switch {
	case errors.Is(err, flywheel.ErrInvalid) || errors.Is(err, flywheel.ErrLimit):
		return err
	case errors.Is(err, io.EOF):
		return fmt.Errorf("the table is empty: %w", flywheel.ErrInvalid)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("it breaks off: %w", flywheel.ErrInvalid)
	}
	return fmt.Errorf("%w: %w", err, flywheel.ErrInvalid)
}

func (r *Reader) readHeader() error {
	row, err := r.csv.Read()
	if err != nil {
		return r.located(err)
	}
	line, _ := r.csv.FieldPos(0)
	line += r.skip
	fail := func(column int, field string, format string, args ...any) error {
		e := &CellError{File: r.name, Line: line, Column: column, FieldError: flywheel.FieldError{Field: field}}
		if column > 0 {
			e.Header = r.header[column-1]
		}
		e.Err = fmt.Errorf(format+": %w", append(args, flywheel.ErrInvalid)...)
		return e
	}
	if len(row) > maxColumns {
		return &CellError{File: r.name, Line: line, FieldError: flywheel.FieldError{Err: fmt.Errorf("%d columns, at most %d: %w", len(row), maxColumns, flywheel.ErrLimit)}}
	}
	r.header = make([]string, len(row))
	places := map[string][]int{}
	for i, h := range row {
		if !utf8.ValidString(h) {
			return &CellError{File: r.name, Line: line, Column: i + 1, FieldError: flywheel.FieldError{Err: notUTF8()}}
		}
		r.header[i] = strings.Clone(strings.TrimSpace(h))
		places[fold(r.header[i])] = append(places[fold(r.header[i])], i)
	}
	taken := map[int]string{}
	for _, c := range r.spec.Columns {
		at := -1
		names := append([]string{c.Name}, c.Aliases...)
		if header, ok := r.spec.Map[c.Name]; ok {
			names = []string{header}
		}
		for i, name := range names {
			found := places[fold(name)]
			if len(found) > 1 {
				// Of headers that differ in case or blanks the exact one counts.
				exact := slices.DeleteFunc(slices.Clone(found), func(i int) bool { return r.header[i] != name })
				if len(exact) != 1 {
					return fail(found[1]+1, c.Name, "the column is there twice")
				}
				found = exact
			}
			switch {
			case len(found) == 0 || found[0] == at:
			case at < 0:
				at = found[0]
			case i > 0 && fold(r.header[at]) != fold(c.Name):
				return fail(found[0]+1, c.Name, "the headers %q and %q both mean it; choose one with -map %s=…", r.header[at], r.header[found[0]], c.Name)
			}
		}
		_, mapped := r.spec.Map[c.Name]
		if at < 0 && (!c.Optional || mapped) {
			return fail(0, c.Name, "the header has no %s: %s; name it with -map %s=…", strings.Join(names, ", "), brief(r.header), c.Name)
		}
		if at >= 0 {
			if other, twice := taken[at]; twice {
				return fail(at+1, c.Name, "the column is already %s", other)
			}
			taken[at] = c.Name
		}
		r.at = append(r.at, at)
		r.fields = append(r.fields, c.Name)
	}
	return nil
}

func notUTF8() error {
	return fmt.Errorf("not UTF-8; is it windows-1252? (-encoding): %w", flywheel.ErrInvalid)
}

// brief lists headers, not all where they are many.
func brief(header []string) string {
	const most = 20
	text := header
	more := ""
	if len(header) > most {
		text, more = header[:most], fmt.Sprintf(" and %d more", len(header)-most)
	}
	quoted := make([]string, len(text))
	for i, h := range text {
		if len(h) > 60 {
			h = h[:60] + "…"
		}
		quoted[i] = fmt.Sprintf("%q", h)
	}
	return "it has " + strings.Join(quoted, ", ") + more
}

// located names the line of an error of the syntax.
func (r *Reader) located(err error) error {
	e := &CellError{File: r.name, Line: r.line + 1, FieldError: flywheel.FieldError{Err: err}}
	if r.line == 0 {
		e.Line = 1 + r.skip
	}
	if syntax, ok := errors.AsType[*csv.ParseError](err); ok {
		e.Line, e.Err = syntax.Line+r.skip, syntax.Err
		if errors.Is(syntax.Err, csv.ErrQuote) && syntax.StartLine != syntax.Line {
			e.Err = fmt.Errorf("%w; the row begins in line %d", syntax.Err, syntax.StartLine+r.skip)
		}
	}
	e.Err = unreadable(e.Err)
	return e
}

// Next reads the next row that is not empty. It reports false at the end and at
// the first error, which [Reader.Err] returns.
func (r *Reader) Next() bool {
	for r.err == nil {
		r.text.leftInRow = r.spec.MaxRecord
		row, err := r.csv.Read()
		if errors.Is(err, io.EOF) {
			return false
		}
		if err != nil {
			r.err = r.located(err)
			return false
		}
		line, _ := r.csv.FieldPos(0)
		r.line, r.row = line+r.skip, row
		if blank(row) {
			continue
		}
		if n := len(r.header); len(row) != n && (len(row) < n || !blank(row[n:])) {
			r.err = &CellError{File: r.name, Line: r.line, FieldError: flywheel.FieldError{Err: fmt.Errorf("%d cells, but the header has %d: %w", len(row), n, flywheel.ErrInvalid)}}
			return false
		}
		for i, cell := range row {
			if !utf8.ValidString(cell) {
				r.err = &CellError{File: r.name, Line: r.line, Column: i + 1, Header: r.header[i], FieldError: flywheel.FieldError{Err: notUTF8()}}
				return false
			}
		}
		if r.rows++; r.rows > r.spec.MaxRows {
			r.err = &CellError{File: r.name, Line: r.line, FieldError: flywheel.FieldError{Err: fmt.Errorf("more than %d rows: %w", r.spec.MaxRows, flywheel.ErrLimit)}}
			return false
		}
		return true
	}
	return false
}

func blank(row []string) bool {
	for _, cell := range row {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

// Err returns the error that ended the rows, or nil.
func (r *Reader) Err() error { return r.err }

// Close closes the file that [Open] opened.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// Line returns the line at which the row begins, from 1.
func (r *Reader) Line() int { return r.line }

// Rows returns how many rows were read.
func (r *Reader) Rows() int64 { return r.rows }

// Name returns what errors call the table.
func (r *Reader) Name() string { return r.name }

// Header returns the headers, blanks trimmed. It must not be changed.
func (r *Reader) Header() []string { return r.header }

// Delimiter returns the sign between cells.
func (r *Reader) Delimiter() rune { return r.csv.Comma }

// Has reports whether the table has the k-th wanted column.
func (r *Reader) Has(k int) bool { return r.at[k] >= 0 }

// Find adds the column with the header as a further wanted one and returns its
// k. The header is matched like a name in [Spec.Columns].
func (r *Reader) Find(header string) (int, error) {
	at := -1
	for i, h := range r.header {
		if h != header && (fold(h) != fold(header) || slices.Contains(r.header, header)) {
			continue
		}
		if at >= 0 {
			return 0, &CellError{File: r.name, Line: 1 + r.skip, Column: i + 1, Header: h, FieldError: flywheel.FieldError{Field: header, Err: fmt.Errorf("the column is there twice: %w", flywheel.ErrInvalid)}}
		}
		at = i
	}
	if at < 0 {
		return 0, &CellError{File: r.name, Line: 1 + r.skip, FieldError: flywheel.FieldError{Field: header, Err: fmt.Errorf("the header has no such column: %s: %w", brief(r.header), flywheel.ErrInvalid)}}
	}
	r.at, r.fields = append(r.at, at), append(r.fields, header)
	return len(r.at) - 1, nil
}

// Fail returns a [*CellError] about the k-th wanted column of the row. err
// should wrap a kind of the root; otherwise it becomes invalid.
func (r *Reader) Fail(k int, err error) error {
	if !errors.Is(err, flywheel.ErrInvalid) && !errors.Is(err, flywheel.ErrOutOfRange) && !errors.Is(err, flywheel.ErrLimit) &&
		!errors.Is(err, flywheel.ErrNotFound) && !errors.Is(err, flywheel.ErrConflict) {
		err = fmt.Errorf("%w: %w", err, flywheel.ErrInvalid)
	}
	e := &CellError{File: r.name, Line: r.line, FieldError: flywheel.FieldError{Field: r.fields[k], Err: err}}
	if at := r.at[k]; at >= 0 {
		e.Column, e.Header = at+1, r.header[at]
	}
	return e
}
