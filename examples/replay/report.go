package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/flywheel-go/flywheel/internal/chart"
	report "github.com/flywheel-go/flywheel/internal/table"
)

// table is one result, the same in every form of the report.
type table struct {
	file    string // name of the CSV file, without its ending
	title   string
	note    string
	columns []string
	rows    [][]string
	charts  []chart.Figure
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// writeText prints the tables for a person at a terminal, numbers to the right.
func writeText(w io.Writer, tables []table) error {
	out := bufio.NewWriter(w)
	for i := range tables {
		t := &tables[i]
		fmt.Fprintf(out, "%s\n", strings.ToUpper(t.title))
		if err := out.Flush(); err != nil {
			return err
		}
		if err := report.WriteText(w, t.columns, t.rows); err != nil {
			return err
		}
		if t.note != "" {
			fmt.Fprintf(out, "  (%s)\n", t.note)
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

func writeHTML(w io.Writer, title string, tables []table) error {
	const most = 60
	var sections []chart.Section
	for i := range tables {
		t := &tables[i]
		s := chart.Section{Title: t.title, Note: t.note, Figures: t.charts, Columns: t.columns, Rows: t.rows, Most: most}
		if len(t.rows) > most {
			s.Note = strings.TrimPrefix(s.Note+"; all rows are in the CSV file", "; ")
		}
		sections = append(sections, s)
	}
	return chart.Write(w, title, sections...)
}

func writeCSV(w io.Writer, t *table) error { return report.WriteCSV(w, t.columns, t.rows) }

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
