package page

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/internal/chart"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/money/locale"
)

// board is what every page of the desk shows: the few figures that matter, charts with their
// values, tables that can be searched and taken along as CSV, and forms.
type board struct {
	Title, Note string
	Alert       string // what went wrong, or what is to be looked at
	Links       []cell
	Words       string // that the tables are searched for
	Filter      string // of the query beside the words, kept by the links of the tables
	Found       bool   // whether the page has searched by itself
	Tiles       []tile
	Charts      []chart.Figure
	Tables      []table
	Forms       []form
}

type tile struct{ Name, Value, Note, Link string }

// table has its columns and rows; the first cell of a row is its head.
type table struct {
	ID, Title, Empty string
	Columns          []string
	Rows             [][]cell
	Next             string // cursor of the page behind
	Numbers          []bool // which columns are numbers; board finds out
}

// cell is text, a number, a link, or a button that posts its fields.
type cell struct {
	Text, Link, Post string
	Fields           []field
	Number           bool
	Why              []string // what explains it, folded
}

type form struct {
	ID, Title, Note, Action, Button string
	Try                             string // a second button, which sends try=1
	Fields                          []field
}

type field struct {
	Name, Label, Type, Value, Hint string
	Choices                        []string
	Optional                       bool
}

func text(s string) cell             { return cell{Text: s} }
func link(s, to string) cell         { return cell{Text: s, Link: to} }
func number[N int | int64](n N) cell { return cell{Text: decimal(int64(n)), Number: true} }
func sum(a money.Amount) cell        { return cell{Text: euros(a), Number: true} }

// button posts hidden fields, given as names and values in turn.
func button(s, to string, fields ...string) cell {
	c := cell{Text: s, Post: to}
	for i := 0; i+1 < len(fields); i += 2 {
		c.Fields = append(c.Fields, field{Name: fields[i], Value: fields[i+1]})
	}
	return c
}

// euros writes an amount as the desk reads it, in English.
func euros(a money.Amount) string {
	l, err := locale.Find("en")
	if err != nil {
		return a.String()
	}
	return l.Format(a)
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

var zone = func() *time.Location {
	l, err := time.LoadLocation(data.Zone)
	if err != nil {
		return time.UTC
	}
	return l
}()

// clock writes an instant as the clock of the store shows it; nothing where there is none.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("2006-01-02 15:04")
}

// board answers with a page of the desk, or with one of its tables as CSV.
func (s *Shop) board(r *web.Request, b board) (web.Answer, error) {
	wanted, err := r.Texts("q", "csv")
	if err != nil {
		return web.Answer{}, err
	}
	b.Words = wanted["q"]
	for i := range b.Tables {
		t := &b.Tables[i]
		if len(t.Rows) > 0 {
			for _, c := range t.Rows[0] {
				t.Numbers = append(t.Numbers, c.Number)
			}
		}
		if !b.Found {
			t.Rows = matching(t.Rows, wanted["q"])
		}
		if wanted["csv"] == t.ID && t.ID != "" {
			return t.download()
		}
	}
	return web.Page("desk", b)
}

// mostRows is how many rows a table is taken along with.
const mostRows = 100_000

// most is how many rows of a table are wanted: so many on the page, all of them as CSV.
func most(r *web.Request, table string, shown int) int {
	if r.FormValue("csv") == table {
		return mostRows
	}
	return shown
}

// matching keeps the rows in which some cell has the words.
func matching(rows [][]cell, words string) [][]cell {
	if words == "" {
		return rows
	}
	var found [][]cell
	for _, row := range rows {
		for _, c := range row {
			if strings.Contains(strings.ToLower(c.Text), strings.ToLower(words)) {
				found = append(found, row)
				break
			}
		}
	}
	return found
}

// download is the table as CSV, with cells that no spreadsheet takes for a formula.
func (t *table) download() (web.Answer, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(t.Columns) //nolint:errcheck // memory
	for _, row := range t.Rows {
		line := make([]string, 0, len(row))
		for _, c := range row {
			if c.Post == "" {
				line = append(line, catalog.GuardCell(c.Text))
			}
		}
		w.Write(line) //nolint:errcheck // memory
	}
	w.Flush()
	return web.Answer{Type: "text/csv; charset=utf-8", Body: b.Bytes(), Name: t.ID + ".csv"}, w.Error()
}
