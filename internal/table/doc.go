// Package table reads the tables that people hand to a program: CSV, TSV and
// their dialects, as spreadsheets and databases write them.
//
//	r, err := table.Open("sales.csv", table.Spec{Columns: []table.Column{
//		{Name: "sku", Aliases: []string{"item", "article"}},
//		{Name: "units", Aliases: []string{"quantity", "qty"}},
//		{Name: "cost", Optional: true},
//	}})
//	if err != nil { … }
//	defer r.Close()
//	for r.Next() {
//		sku, err := r.Text(0)
//		units, err := r.Number(1)
//	}
//	if err := r.Err(); err != nil { … }
//
// # What is understood
//
// Gzip, a byte order mark, UTF-8, UTF-16 of either order with or without its
// mark, and Windows-1252 where it is asked for. Lines that end in LF, CRLF or
// CR. A first line "sep=;". The delimiter is the one of comma, semicolon, tab
// and bar under which the header holds most of the wanted columns and the first
// lines have equally many cells; [Spec.Delimiter] sets it.
//
// A header matches a column by its name or one of its aliases, without regard
// to case, blanks, underscores, hyphens and dots; [Spec.Map] names it outright.
// A column that is matched twice is refused, one that is missing is refused
// unless it is optional, and the error lists the headers. Other columns are
// ignored, but [Reader.Find] reaches them.
//
// Numbers may be written 1234.5, 1,234.5, 1234,5, 1.234,5 or 1 234,5. Where a
// cell can be read in two ways (1,234) and no earlier cell of the file decides,
// it is refused with the flag that settles it, and so is a file that mixes both.
// Dates are those of ISO 8601 with or without time and zone, 2.1.2026, 2/1/2026
// and 1/2/2026, of which the last two are told apart in the same way.
//
// # Errors and bounds
//
// Every error about the content is a [*CellError] with file, line, column and
// field; it wraps flywheel.ErrInvalid, flywheel.ErrOutOfRange or, where a bound
// of [Spec] is passed, flywheel.ErrLimit. Memory is that of one row.
package table
