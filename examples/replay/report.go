package main

import (
	"bufio"
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// table is one result, the same in every form of the report.
type table struct {
	file    string // name of the CSV file, without its ending
	title   string
	note    string
	columns []string
	rows    [][]string
	charts  []template.HTML
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// writeText prints the tables for a person at a terminal, numbers to the right.
func writeText(w io.Writer, tables []table) error {
	out := bufio.NewWriter(w)
	for i := range tables {
		t := &tables[i]
		fmt.Fprintf(out, "%s\n", strings.ToUpper(t.title))
		widths := make([]int, len(t.columns))
		for _, row := range append([][]string{t.columns}, t.rows...) {
			for c, cell := range row {
				widths[c] = max(widths[c], utf8.RuneCountInString(cell))
			}
		}
		for _, row := range append([][]string{t.columns}, t.rows...) {
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
		if t.note != "" {
			fmt.Fprintf(out, "  (%s)\n", t.note)
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

//go:embed report.html.tmpl
var templates embed.FS

func writeHTML(w io.Writer, title string, tables []table) error {
	type section struct {
		Title, Note string
		Columns     []string
		Rows        [][]string
		Charts      []template.HTML
		More        int
	}
	const most = 60
	var sections []section
	for i := range tables {
		t := &tables[i]
		s := section{t.title, t.note, t.columns, t.rows, t.charts, 0}
		if len(s.Rows) > most {
			s.Rows, s.More = s.Rows[:most], len(s.Rows)-most
		}
		sections = append(sections, s)
	}
	page, err := template.ParseFS(templates, "report.html.tmpl")
	if err != nil {
		return err
	}
	return page.Execute(w, struct {
		Title    string
		Sections []section
	}{title, sections})
}

func writeCSV(w io.Writer, t *table) error {
	out := csv.NewWriter(w)
	if err := out.Write(t.columns); err != nil {
		return err
	}
	cells := make([]string, len(t.columns))
	for _, row := range t.rows {
		for c, cell := range row {
			cells[c] = harmless(cell)
		}
		if err := out.Write(cells[:len(row)]); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// harmless quotes a text that a spreadsheet would run as a formula. Numbers
// keep their sign.
func harmless(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r'", rune(cell[0])) {
		return cell
	}
	if cell[0] == '-' && strings.Trim(cell[1:], "0123456789.,") == "" {
		return cell
	}
	return "'" + cell
}

// writeFolder writes report.html and a CSV file for each table into folder. It
// makes all of them beside the folder first, so that a full disk or another
// error leaves the folder as it was.
func writeFolder(folder, title string, tables []table) (err error) {
	folder = filepath.Clean(folder)
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(filepath.Dir(folder), "."+filepath.Base(folder)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if removed := os.RemoveAll(scratch); err == nil {
			err = removed
		}
	}()
	var names []string
	write := func(name string, content func(io.Writer) error) error {
		var b bytes.Buffer
		if err := content(&b); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		names = append(names, name)
		return writeSynced(filepath.Join(scratch, name), b.Bytes())
	}
	if err := write("report.html", func(w io.Writer) error { return writeHTML(w, title, tables) }); err != nil {
		return err
	}
	for i := range tables {
		if err := write(tables[i].file+".csv", func(w io.Writer) error { return writeCSV(w, &tables[i]) }); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, name := range names {
		if err := os.Rename(filepath.Join(scratch, name), filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}

func writeSynced(name string, data []byte) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
