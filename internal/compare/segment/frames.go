package main

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// frame is features and what is to be predicted.
type frame struct {
	x [][]float64
	y []bool
}

func (f frame) write(w *csv.Writer) error {
	for i, row := range f.x {
		line := make([]string, 0, len(row)+1)
		for _, v := range row {
			line = append(line, text(v))
		}
		line = append(line, map[bool]string{false: "0", true: "1"}[f.y[i]])
		if err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// task is learned from one frame and measured on the other.
type task struct {
	name        string
	train, test frame
}

// tasks are the ones of the tests of segment/predict: who visits after a mail, and who buys in the
// 90 days after three origins.
func tasks(data string) ([]task, error) {
	mails, err := hillstrom(filepath.Join(data, "store", "hillstrom-email", "customers.csv.gz"))
	if err != nil {
		return nil, err
	}
	year, err := onlineRetail(filepath.Join(data, "store", "online-retail", "transactions.csv.gz"))
	return append([]task{mails}, year...), err
}

func read(path string) (map[string]int, [][]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, nil, err
	}
	rows, err := csv.NewReader(unzipped).ReadAll()
	if err != nil {
		return nil, nil, err
	}
	columns := map[string]int{}
	for i, name := range rows[0] {
		columns[name] = i
	}
	return columns, rows[1:], nil
}

func hillstrom(path string) (task, error) {
	t := task{name: "visit"}
	at, rows, err := read(path)
	if err != nil {
		return t, err
	}
	for i, r := range rows {
		is := func(column, value string) float64 {
			if r[at[column]] == value {
				return 1
			}
			return 0
		}
		num := func(column string) float64 {
			v, bad := strconv.ParseFloat(r[at[column]], 64)
			if bad != nil {
				err = bad
			}
			return v
		}
		row := []float64{num("recency"), num("history"), math.Log1p(num("history")), num("mens"), num("womens"), num("newbie"),
			is("zip_code", "Rural"), is("zip_code", "Urban"), is("channel", "Phone"), is("channel", "Web"), is("segment", "Mens E-Mail"), is("segment", "Womens E-Mail")}
		h := fnv.New32a()
		fmt.Fprint(h, "half", i)
		half := &t.train
		if h.Sum32()>>16&1 == 1 {
			half = &t.test
		}
		half.x, half.y = append(half.x, row), append(half.y, r[at["visit"]] == "1")
	}
	return t, err
}

// line is a line of an invoice.
type line struct {
	at    time.Time
	value float64
	order string
}

func onlineRetail(path string) ([]task, error) {
	at, rows, err := read(path)
	if err != nil {
		return nil, err
	}
	log := map[string][]line{}
	for _, r := range rows {
		id := r[at["CustomerID"]]
		if id == "" || r[at["InvoiceNo"]][0] == 'C' {
			continue
		}
		day, err := time.Parse("2006-01-02 15:04:05", r[at["InvoiceDate"]])
		if err != nil {
			return nil, err
		}
		quantity, err := strconv.ParseFloat(r[at["Quantity"]], 64)
		if err != nil {
			return nil, err
		}
		price, err := strconv.ParseFloat(r[at["UnitPrice"]], 64)
		if err != nil {
			return nil, err
		}
		log[id] = append(log[id], line{day, quantity * price, r[at["InvoiceNo"]]})
	}
	var ids []string
	for id := range log {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var list []task
	for _, origin := range []time.Time{time.Date(2011, 6, 1, 0, 0, 0, 0, time.UTC), time.Date(2011, 7, 15, 0, 0, 0, 0, time.UTC), time.Date(2011, 9, 1, 0, 0, 0, 0, time.UTC)} {
		list = append(list, task{origin.Format("2006-01-02"), buyers(log, ids, origin.AddDate(0, 0, -90)), buyers(log, ids, origin)})
	}
	return list, nil
}

// buyers is what is known of customers at an origin, and who buys in the 90 days after it.
func buyers(log map[string][]line, ids []string, origin time.Time) (f frame) {
	for _, id := range ids {
		orders, days, recent := map[string]bool{}, map[string]bool{}, map[string]bool{}
		var first, last time.Time
		value, lines := 0.0, 0.0
		buys := false
		for _, l := range log[id] {
			if !l.at.Before(origin) {
				buys = buys || l.at.Before(origin.AddDate(0, 0, 90))
				continue
			}
			orders[l.order] = true
			days[l.at.Format(time.DateOnly)] = true
			if origin.Sub(l.at) < 60*24*time.Hour {
				recent[l.order] = true
			}
			value += l.value
			lines++
			if first.IsZero() || l.at.Before(first) {
				first = l.at
			}
			if l.at.After(last) {
				last = l.at
			}
		}
		if first.IsZero() {
			continue
		}
		n := float64(len(orders))
		age, gone := origin.Sub(first).Hours()/24, origin.Sub(last).Hours()/24
		f.x = append(f.x, []float64{gone, age, math.Log(n), math.Log1p(math.Max(0, value)), float64(len(recent)), lines / n, math.Log1p(math.Max(0, value/n)),
			float64(len(days)), n / (age + 30), gone / (age + 1), (age - gone) / math.Max(1, n-1)})
		f.y = append(f.y, buys)
	}
	return f
}
