package clv

import (
	"fmt"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Backtested is how a model's predictions compare with what happened after
// the calibration.
type Backtested struct {
	// Alive is the expected number of customers who are still there at the end of
	// the calibration, Predicted and Actual the purchase days after it.
	Alive, Predicted, Actual float64
	// MAE, RMSE and Correlation are of the customers' numbers.
	MAE, RMSE, Correlation float64
	// WeeklyMAE is of the weekly repeat purchases after calibration, CumulativeMAPE
	// the mean absolute percentage error of their running total since the start.
	WeeklyMAE, CumulativeMAPE float64
	// Weekly are the repeat purchases of week 1, 2, … and Expected what the model
	// expected in total by the end of each.
	Weekly, Expected []float64
	// Customers are all of them, with what was predicted and what came.
	Customers []Outcome
}

// Outcome is one customer of a backtest.
type Outcome struct {
	Row
	Predicted, Actual float64
}

// Group is a group of customers of a backtest: mean numbers of purchases.
type Group struct {
	Customers         int
	Predicted, Actual float64
}

// Frequency is the group of the customers with from to to repeat purchases.
func (b *Backtested) Frequency(from, to int) Group {
	var g Group
	for _, c := range b.Customers {
		if c.X >= float64(from) && c.X <= float64(to) {
			g.Customers++
			g.Predicted += c.Predicted
			g.Actual += c.Actual
		}
	}
	if g.Customers > 0 {
		g.Predicted /= float64(g.Customers)
		g.Actual /= float64(g.Customers)
	}
	return g
}

// Predictor is what a backtest asks: a Model, or one chosen by [Choose].
type Predictor interface {
	Alive(h History) float64
	Expect(h History, t float64) float64
	New(t float64) float64
}

// Backtest compares a model, fitted to the purchases up to and including the day of
// end, with the purchases of the weeks after it. Purchases of one day are one.
func Backtest(m Predictor, purchases []Purchase, end time.Time, weeks int) (*Backtested, error) {
	if weeks < 1 || weeks > 10_000 {
		return nil, fmt.Errorf("clv: a backtest over %d weeks: %w", weeks, flywheel.ErrOutOfRange)
	}
	rows, firsts, err := summarize(purchases, end)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("clv: no purchases by %v: %w", end, flywheel.ErrInvalid)
	}
	b := &Backtested{}
	origin, last := firsts[0], dayOf(end)
	place := map[flywheel.CustomerID]int{}
	for i, first := range firsts {
		origin = min(origin, first)
		place[rows[i].Customer] = i
	}
	horizon := last + int64(7*weeks)
	calibration := int(last-origin+6) / 7
	b.Weekly = make([]float64, calibration+weeks)
	type visit struct {
		customer int
		day      int64
	}
	seen := map[visit]bool{}
	actual := make([]float64, len(rows))
	for _, p := range purchases {
		i, ok := place[p.Customer]
		d := dayOf(p.At)
		if !ok || d <= firsts[i] || d > horizon || seen[visit{i, d}] {
			continue
		}
		seen[visit{i, d}] = true
		if w := int(d-origin+6) / 7; w <= len(b.Weekly) {
			b.Weekly[w-1]++
		}
		if d > last {
			actual[i]++
		}
	}
	b.Expected = make([]float64, len(b.Weekly))
	cohorts := map[int64]float64{}
	for _, first := range firsts {
		cohorts[first-origin]++
	}
	for w := range b.Expected {
		for birth := int64(0); birth <= last-origin; birth++ {
			if n := cohorts[birth]; n > 0 {
				if age := float64(w+1) - float64(birth)/7; age > 0 {
					b.Expected[w] += n * m.New(age)
				}
			}
		}
	}
	b.score(m, rows, actual, float64(weeks), calibration)
	return b, nil
}

func (b *Backtested) score(m Predictor, rows []Row, actual []float64, weeks float64, calibration int) {
	n := float64(len(rows))
	var sx, sy, sxx, syy, sxy float64
	for i, row := range rows {
		e := m.Expect(row.History, weeks)
		b.Alive += m.Alive(row.History)
		b.Customers = append(b.Customers, Outcome{row, e, actual[i]})
		b.MAE += math.Abs(e-actual[i]) / n
		b.RMSE += (e - actual[i]) * (e - actual[i]) / n
		sx, sy, sxx, syy, sxy = sx+e, sy+actual[i], sxx+e*e, syy+actual[i]*actual[i], sxy+e*actual[i]
	}
	b.Predicted, b.Actual = sx, sy
	b.RMSE = math.Sqrt(b.RMSE)
	b.Correlation = (n*sxy - sx*sy) / math.Sqrt((n*sxx-sx*sx)*(n*syy-sy*sy))
	total, counted := 0.0, 0.0
	for w, actual := range b.Weekly {
		total += actual
		if w < calibration {
			continue
		}
		before := 0.0
		if w > 0 {
			before = b.Expected[w-1]
		}
		b.WeeklyMAE += math.Abs(actual - (b.Expected[w] - before))
		b.CumulativeMAPE += 100 * math.Abs(b.Expected[w]-total) / total
		counted++
	}
	b.WeeklyMAE /= counted
	b.CumulativeMAPE /= counted
}
