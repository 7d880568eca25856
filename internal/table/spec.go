package table

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Column is one column that a program wants.
type Column struct {
	Name     string   // of the field, in errors and in -map
	Aliases  []string // other headers that mean the same
	Optional bool     // its cells are empty where the table lacks it
}

// Spec says what a table must hold and how it is written. The zero value of each
// field but Columns lets the reader find out.
type Spec struct {
	Columns   []Column
	Map       map[string]string // header by field, beside Columns' own names
	Delimiter rune              // 0 for the one that fits
	Decimal   rune              // '.' or ','; 0 for the one that the cells show
	Dates     DateOrder         // of dates such as 1/2/2026
	Encoding  string            // "utf-8", "utf-16le", "utf-16be", "windows-1252"; "" to detect, which never finds the last
	Location  *time.Location    // of times without a zone; nil for UTC

	MaxBytes  int64 // unpacked; 0 for 4 GiB
	MaxRows   int64 // 0 for 100 million
	MaxRecord int64 // bytes of one row, checked every 64 KiB; 0 for 16 MiB
}

// DateOrder is the order of the parts of a date with slashes.
type DateOrder string

// The orders; the empty one is what the cells show.
const (
	DayFirst   DateOrder = "dmy"
	MonthFirst DateOrder = "mdy"
)

const (
	defaultMaxBytes  = 4 << 30
	defaultMaxRows   = 100_000_000
	defaultMaxRecord = 16 << 20
	maxColumns       = 10_000
)

func (s *Spec) check() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("table: "+format+": %w", append(args, flywheel.ErrInvalid)...)
	}
	seen := map[string]bool{}
	for _, c := range s.Columns {
		if c.Name == "" || seen[c.Name] {
			return fail("column %q is empty or there twice", c.Name)
		}
		seen[c.Name] = true
	}
	for field := range s.Map {
		if !seen[field] {
			return fail("-map %s=%s: the fields are %s", field, s.Map[field], strings.Join(s.names(), ", "))
		}
	}
	switch {
	case s.Delimiter != 0 && !slices.Contains(delimiters, s.Delimiter):
		return fail("the delimiter %q is none of comma, semicolon, tab and bar", s.Delimiter)
	case s.Decimal != 0 && s.Decimal != '.' && s.Decimal != ',':
		return fail("the decimal sign %q is neither a point nor a comma", s.Decimal)
	case s.Dates != "" && s.Dates != DayFirst && s.Dates != MonthFirst:
		return fail("the order of dates %q is neither dmy nor mdy", s.Dates)
	case s.Encoding != "" && !slices.Contains(encodings, s.Encoding):
		return fail("the encoding %q is none of %s", s.Encoding, strings.Join(encodings, ", "))
	case s.MaxBytes < 0 || s.MaxRows < 0 || s.MaxRecord < 0:
		return fail("a bound is negative")
	}
	return nil
}

func (s *Spec) names() []string {
	var names []string
	for _, c := range s.Columns {
		names = append(names, c.Name)
	}
	return names
}

// Flags adds the flags of the dialect to set: -map (repeatable), -delimiter,
// -decimal, -dates and -encoding. They fill s when set is parsed.
func (s *Spec) Flags(set *flag.FlagSet) {
	set.Func("map", "`field=header`: the header of a field that has another name; may be repeated", func(text string) error {
		field, header, ok := strings.Cut(text, "=")
		field, header = strings.TrimSpace(field), strings.TrimSpace(header)
		if !ok || field == "" || header == "" {
			return fmt.Errorf("%q is not of the form field=header", text)
		}
		if s.Map == nil {
			s.Map = map[string]string{}
		}
		if _, twice := s.Map[field]; twice {
			return fmt.Errorf("the field %s is mapped twice", field)
		}
		s.Map[field] = header
		return nil
	})
	set.Func("delimiter", "`sign` between cells: comma, semicolon, tab, bar; found when not given", func(text string) error {
		named := map[string]rune{"comma": ',', "semicolon": ';', "tab": '\t', "bar": '|', ",": ',', ";": ';', "\t": '\t', `\t`: '\t', "|": '|'}
		sign, ok := named[text]
		if !ok {
			return fmt.Errorf("%q is none of comma, semicolon, tab, bar", text)
		}
		s.Delimiter = sign
		return nil
	})
	set.Func("decimal", "decimal `sign`: point or comma; found when not given", func(text string) error {
		named := map[string]rune{"point": '.', ".": '.', "comma": ',', ",": ','}
		sign, ok := named[text]
		if !ok {
			return fmt.Errorf("%q is neither point nor comma", text)
		}
		s.Decimal = sign
		return nil
	})
	set.Func("dates", "`order` of dates such as 1/2/2026: dmy or mdy; found when not given", func(text string) error {
		if s.Dates = DateOrder(text); s.Dates != DayFirst && s.Dates != MonthFirst {
			return fmt.Errorf("%q is neither dmy nor mdy", text)
		}
		return nil
	})
	set.Func("encoding", "`encoding` of the file: "+strings.Join(encodings, ", ")+"; found when not given, but for the last", func(text string) error {
		if s.Encoding = strings.ToLower(text); !slices.Contains(encodings, s.Encoding) {
			return fmt.Errorf("%q is none of %s", text, strings.Join(encodings, ", "))
		}
		return nil
	})
}

// fold is what two headers are compared by.
func fold(header string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '_', '-', '.', '\t':
			return -1
		}
		return r
	}, strings.ToLower(header))
}
