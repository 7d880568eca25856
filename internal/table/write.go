package table

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// WriteCSV writes a header and rows as CSV. A cell that a spreadsheet would run
// as a formula gets an apostrophe before it.
func WriteCSV(w io.Writer, columns []string, rows [][]string) error {
	out := csv.NewWriter(w)
	write := func(row []string) error {
		cells := make([]string, len(row))
		for c, cell := range row {
			cells[c] = harmless(cell)
		}
		return out.Write(cells)
	}
	if err := write(columns); err != nil {
		return err
	}
	for _, row := range rows {
		if err := write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// harmless is Guard for cells of which some are numbers: those keep their sign.
func harmless(cell string) string {
	if strings.HasPrefix(cell, "-") && strings.Trim(cell[1:], "0123456789.,") == "" {
		return cell
	}
	return Guard(cell)
}

// Guard returns a text as a cell that a spreadsheet does not compute: one that begins
// with =, +, -, @, a tab, a carriage return or a full-width form of these gets an
// apostrophe before it, and so does one that begins with an apostrophe and one of
// them, so that [Unguard] is exact. Cells of numbers are not guarded.
func Guard(text string) string {
	if computed(text) {
		return "'" + text
	}
	return text
}

// Unguard returns the text that Guard was given.
func Unguard(cell string) string {
	if text, guarded := strings.CutPrefix(cell, "'"); guarded && computed(text) {
		return text
	}
	return cell
}

// computed reports whether a text, behind any apostrophes, begins as a formula does.
func computed(text string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, "'"))
	return strings.ContainsRune("=+-@\t\r\uff1d\uff0b\uff0d\uff20", r)
}

// WriteText prints a header and rows for a person at a terminal: the first
// column to the left, the others to the right.
func WriteText(w io.Writer, columns []string, rows [][]string) error {
	out := bufio.NewWriter(w)
	all := append([][]string{columns}, rows...)
	var widths []int
	for _, row := range all {
		for c, cell := range row {
			if c == len(widths) {
				widths = append(widths, 0)
			}
			widths[c] = max(widths[c], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range all {
		for c, cell := range row {
			pad := strings.Repeat(" ", widths[c]-utf8.RuneCountInString(cell))
			switch {
			case c == 0 && len(row) > 1:
				fmt.Fprintf(out, "  %s%s", cell, pad)
			case c == 0:
				fmt.Fprintf(out, "  %s", cell)
			default:
				fmt.Fprintf(out, "  %s%s", pad, cell)
			}
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}
