package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/clv"
	"github.com/flywheel-go/flywheel/segment/cohort"
	"github.com/flywheel-go/flywheel/segment/predict"
	"github.com/flywheel-go/flywheel/segment/rfm"
)

// order is one of the generated orders.
type order struct {
	customer flywheel.CustomerID
	at       int64 // seconds since 1970, as in a column of pandas
	cents    int64
}

// generate makes n orders of a fifth as many customers over two years. Each ID is in memory
// once, as it is in a column that pandas has read.
func generate(n int) []order {
	r := rand.New(rand.NewPCG(14, 2))
	ids := make([]flywheel.CustomerID, max(1, n/5))
	for i := range ids {
		ids[i] = flywheel.CustomerID(fmt.Sprintf("c%07d", i))
	}
	list := make([]order, n)
	for i := range list {
		who := min(r.IntN(max(1, n/5)), r.IntN(max(1, n/5)))
		at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Unix() + r.Int64N(730*86400)
		list[i] = order{ids[who], at, 100 + r.Int64N(20000)}
	}
	return list
}

// histories makes the purchase histories of n customers, in weeks, counted in days as the
// log of a shop has them.
func histories(n int) []clv.History {
	r := rand.New(rand.NewPCG(14, 3))
	list := make([]clv.History, n)
	for i := range list {
		days := 140 + r.IntN(590)
		h := clv.History{T: float64(days) / 7}
		if r.IntN(2) == 0 {
			h.X = float64(1 + r.IntN(min(30, days)))
			h.Recency = float64(int(h.X)+r.IntN(days-int(h.X)+1)) / 7
		}
		list[i] = h
	}
	return list
}

// write writes rows to a file of the folder.
func write(folder, name string, rows func(w *csv.Writer) error) error {
	file, err := os.Create(filepath.Join(folder, name))
	if err != nil {
		return err
	}
	defer file.Close()
	w := csv.NewWriter(file)
	if err := rows(w); err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}

func text(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// run compares all, and fails where the answers differ.
func run(to io.Writer, data string, n int) error {
	folder, err := os.MkdirTemp("", "segment")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	all := generate(n)
	err = write(folder, "orders.csv", func(w *csv.Writer) error {
		if err := w.Write([]string{"customer", "at", "cents"}); err != nil {
			return err
		}
		for _, o := range all {
			if err := w.Write([]string{string(o.customer), strconv.FormatInt(o.at, 10), strconv.FormatInt(o.cents, 10)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	hs := histories(n)
	cdnow, err := summary(data)
	if err != nil {
		return err
	}
	for name, list := range map[string][]clv.History{"histories.csv": hs, "cdnow.csv": cdnow} {
		err := write(folder, name, func(w *csv.Writer) error {
			if err := w.Write([]string{"x", "tx", "T"}); err != nil {
				return err
			}
			for _, h := range list {
				if err := w.Write([]string{text(h.X), text(h.Recency), text(h.T)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	tasks, err := tasks(data)
	if err != nil {
		return err
	}
	var names []string
	for _, t := range tasks {
		names = append(names, t.name)
		for side, part := range map[string]frame{"train": t.train, "test": t.test} {
			if err := write(folder, t.name+"-"+side+".csv", part.write); err != nil {
				return err
			}
		}
	}
	theirs, err := python(folder, names...)
	if err != nil {
		return err
	}
	fmt.Fprintf(to, "%s\n\n| task | Python, s | Flywheel, s | times as fast | Python | Flywheel |\n| --- | ---: | ---: | ---: | ---: | ---: |\n", theirs["versions"].Text)
	compare := func(name string, repeat int, tolerance float64, ours func() ([]float64, error)) error {
		a, err := timed(repeat, ours)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		b, ok := theirs[name]
		if !ok || len(a.Result) != len(b.Result) {
			return fmt.Errorf("%s: %v beside %v", name, a.Result, b.Result)
		}
		fmt.Fprintf(to, "| %s | %.4g | %.4g | %.3g | %.6g | %.6g |\n", name, b.Seconds, a.Seconds, b.Seconds/a.Seconds, b.Result[0], a.Result[0])
		for i := range a.Result {
			if math.Abs(a.Result[i]-b.Result[i]) > tolerance*math.Max(1, math.Abs(b.Result[i])) {
				return fmt.Errorf("%s: we say %v, Python %v", name, a.Result, b.Result)
			}
		}
		return nil
	}
	if err := compare("rfm", 3, 1e-12, func() ([]float64, error) { return scored(all) }); err != nil {
		return err
	}
	activities := make([]cohort.Activity, len(all)) // read before, as the data frame is
	for i, o := range all {
		activities[i] = cohort.Activity{Customer: o.customer, At: time.Unix(o.at, 0).UTC(), Value: o.cents}
	}
	if err := compare("cohorts", 3, 1e-12, func() ([]float64, error) { return cohorts(activities) }); err != nil {
		return err
	}
	if err := compare("scores", 3, 1e-9, func() ([]float64, error) {
		m := clv.BG{R: 0.243, Alpha: 4.414, A: 0.793, B: 2.426}
		list, err := clv.Estimates(m, hs, 39)
		expect, alive := 0.0, 0.0
		for _, e := range list {
			expect += e.Expected
			alive += e.Alive
		}
		return []float64{expect, alive}, err
	}); err != nil {
		return err
	}
	rows := make([]clv.Row, len(cdnow))
	for i, h := range cdnow {
		rows[i].History = h
	}
	for _, model := range []struct {
		name string
		fit  func([]clv.Row, *clv.FitOptions) (*clv.Fit, error)
	}{{"fit BG/NBD", clv.FitBG}, {"fit Pareto/NBD", clv.FitPareto}} {
		if err := compare(model.name, 5, 1e-5, func() ([]float64, error) {
			f, err := model.fit(rows, nil)
			if err != nil {
				return nil, err
			}
			return []float64{f.LogLikelihood}, nil
		}); err != nil {
			return err
		}
	}
	for _, t := range tasks { // ours may be better, and worse by .005
		name, auc := "AUC "+t.name, 0.0
		err := compare(name, 1, 1, func() ([]float64, error) {
			list, err := t.auc()
			if err == nil {
				auc = list[0]
			}
			return list, err
		})
		if err != nil {
			return err
		}
		if least := theirs[name].Result[0] - 0.005; auc < least {
			return fmt.Errorf("%s: ours is %.4f, at least %.4f was asked", name, auc, least)
		}
	}
	return nil
}

// scored scores the customers of all orders.
func scored(all []order) ([]float64, error) {
	var table rfm.Table
	end := int64(0)
	for _, o := range all {
		if err := table.Add(o.customer, time.Unix(o.at, 0).UTC(), o.cents); err != nil {
			return nil, err
		}
		end = max(end, o.at)
	}
	inputs, err := table.Inputs(time.Unix(end, 0).UTC().Truncate(24 * time.Hour).Add(24 * time.Hour))
	if err != nil {
		return nil, err
	}
	scores, err := rfm.Quantile{}.Score(inputs)
	if err != nil {
		return nil, err
	}
	sum := []float64{float64(len(scores)), 0, 0, 0}
	for _, s := range scores {
		sum[1] += float64(s.R)
		sum[2] += float64(s.F)
		sum[3] += float64(s.M)
	}
	return sum, nil
}

// cohorts counts the months of all activities.
func cohorts(all []cohort.Activity) ([]float64, error) {
	table, err := cohort.New(all, cohort.Month, nil)
	if err != nil {
		return nil, err
	}
	sum := []float64{0, 0, 0}
	for _, row := range table.Rows {
		for k := range row.Active {
			sum[0] += float64(row.Active[k])
			sum[1] += float64(row.Value[k])
			sum[2] += float64(k * row.Active[k])
		}
	}
	return sum, nil
}

// summary reads the histories of CDNOW.
func summary(data string) ([]clv.History, error) {
	file, err := os.Open(filepath.Join(data, "segment", "cdnow_customers_summary.csv"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, err
	}
	var list []clv.History
	for _, row := range rows[1:] {
		var v [3]float64
		for i := range v {
			if v[i], err = strconv.ParseFloat(row[i+1], 64); err != nil {
				return nil, err
			}
		}
		list = append(list, clv.History{X: v[0], Recency: v[1], T: v[2]})
	}
	return list, nil
}

// auc is how well the test part is ranked.
func (t task) auc() ([]float64, error) {
	m, err := predict.Fit(t.train.x, t.train.y, nil)
	if err != nil {
		return nil, err
	}
	scores := make([]float64, len(t.test.x))
	for i, row := range t.test.x {
		scores[i] = m.Score(row)
	}
	auc, err := predict.AUC(scores, t.test.y)
	return []float64{auc}, err
}
