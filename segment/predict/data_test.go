package predict_test

import (
	"compress/gzip"
	"encoding/csv"
	"flag"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/predict"
)

var public = flag.Bool("public", false, "measure on the Hillstrom mails and a year of Online Retail")

func rowsOf(t testing.TB, name string) (map[string]int, [][]string) {
	file, err := os.Open(testkit.Data(t, name))
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	rows, err := csv.NewReader(unzipped).ReadAll()
	require.NoError(t, err)
	columns := map[string]int{}
	for i, name := range rows[0] {
		columns[name] = i
	}
	return columns, rows[1:]
}

func num(t testing.TB, s string) float64 {
	x, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return x
}

// TestHillstrom: who visits after a mail, and whom a mail brings; learned from one half of the
// customers and measured on the other.
func TestHillstrom(t *testing.T) {
	if !*public {
		t.Skip("a minute: -public measures it")
	}
	at, rows := rowsOf(t, "store/hillstrom-email/customers.csv.gz")
	var x [2][][]float64
	var treated, y [2][]bool
	for i, r := range rows {
		flagOf := func(column, value string) float64 {
			if r[at[column]] == value {
				return 1
			}
			return 0
		}
		row := []float64{num(t, r[at["recency"]]), num(t, r[at["history"]]), math.Log1p(num(t, r[at["history"]])), num(t, r[at["mens"]]), num(t, r[at["womens"]]), num(t, r[at["newbie"]]),
			flagOf("zip_code", "Rural"), flagOf("zip_code", "Urban"), flagOf("channel", "Phone"), flagOf("channel", "Web"),
			flagOf("segment", "Mens E-Mail"), flagOf("segment", "Womens E-Mail")}
		h := fnv.New32a()
		fmt.Fprint(h, "half", i)
		half := int(h.Sum32() >> 16 & 1)
		x[half] = append(x[half], row)
		treated[half] = append(treated[half], r[at["segment"]] != "No E-Mail")
		y[half] = append(y[half], r[at["visit"]] == "1")
	}
	m, err := predict.Fit(x[0], y[0], nil)
	require.NoError(t, err)
	scores, p := make([]float64, len(x[1])), make([]float64, len(x[1]))
	for i, row := range x[1] {
		scores[i], p[i] = m.Score(row), m.Probability(row)
	}
	auc, err := predict.AUC(scores, y[1])
	require.NoError(t, err)
	off, err := predict.CalibrationError(p, y[1])
	require.NoError(t, err)
	without := func(rows [][]float64) (cut [][]float64) {
		for _, r := range rows {
			cut = append(cut, r[:10])
		}
		return cut
	}
	u, err := predict.FitUplift(without(x[0]), treated[0], y[0], nil)
	require.NoError(t, err)
	for i, row := range without(x[1]) {
		scores[i] = u.Score(row)
	}
	q, err := predict.Qini(scores, treated[1], y[1], 1000, 1)
	require.NoError(t, err)
	t.Logf("visit: AUC %.4f, calibration error %.4f; uplift: Qini %.5f (%.5f to %.5f)", auc, off, q.Coefficient, q.Low, q.High)
	require.Less(t, off, 0.02)
	require.Greater(t, q.Low, 0.0)
}

// TestOnlineRetail: who buys in the 90 days after three origins, learned from the origin
// 90 days before, and who is like the best customers.
func TestOnlineRetail(t *testing.T) {
	if !*public {
		t.Skip("a minute: -public measures it")
	}
	at, rows := rowsOf(t, "store/online-retail/transactions.csv.gz")
	type line struct {
		at    time.Time
		value float64
		order string
	}
	log := map[string][]line{}
	for _, r := range rows {
		if r[at["CustomerID"]] == "" || r[at["InvoiceNo"]][0] == 'C' {
			continue
		}
		day, err := time.Parse("2006-01-02 15:04:05", r[at["InvoiceDate"]])
		require.NoError(t, err)
		log[r[at["CustomerID"]]] = append(log[r[at["CustomerID"]]], line{day, num(t, r[at["Quantity"]]) * num(t, r[at["UnitPrice"]]), r[at["InvoiceNo"]]})
	}
	var ids []string
	for id := range log {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	frame := func(origin time.Time) (x [][]float64, y []bool, spent []float64) {
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
			x = append(x, []float64{gone, age, math.Log(n), math.Log1p(math.Max(0, value)), float64(len(recent)), lines / n, math.Log1p(math.Max(0, value/n)), float64(len(days)), n / (age + 30), gone / (age + 1), (age - gone) / math.Max(1, n-1)})
			y = append(y, buys)
			spent = append(spent, value)
		}
		return x, y, spent
	}
	type measured struct {
		p []float64
		y []bool
	}
	say := func(m measured) (off, chance float64) {
		off, err := predict.CalibrationError(m.p, m.y)
		require.NoError(t, err)
		chance, err = predict.CalibrationChance(m.p)
		require.NoError(t, err)
		return off, chance
	}
	var persons, later measured // held-out persons of all origins; and the time after them
	for _, origin := range []time.Time{time.Date(2011, 6, 1, 0, 0, 0, 0, time.UTC), time.Date(2011, 7, 15, 0, 0, 0, 0, time.UTC), time.Date(2011, 9, 1, 0, 0, 0, 0, time.UTC)} {
		x, y, _ := frame(origin.AddDate(0, 0, -90))
		m, err := predict.Fit(x, y, nil)
		require.NoError(t, err)
		nx, ny, spent := frame(origin)
		scores, p := make([]float64, len(nx)), make([]float64, len(nx))
		for i, row := range nx {
			scores[i], p[i] = m.Score(row), m.Probability(row)
		}
		auc, err := predict.AUC(scores, ny)
		require.NoError(t, err)
		off, chance := say(measured{p, ny})
		rate, err := predict.PrecisionAt(p, ny, 1)
		require.NoError(t, err)
		level, err := m.AtRate(nx, rate)
		require.NoError(t, err)
		for i, row := range nx {
			scores[i] = level.Probability(row)
		}
		known, _ := say(measured{scores, ny})
		later = measured{append(later.p, p...), append(later.y, ny...)}
		// The same question of persons who were held out, a quarter at a time.
		held := measured{make([]float64, len(nx)), ny}
		part := func(i int) int {
			h := fnv.New32a()
			fmt.Fprint(h, "quarter", i)
			return int(h.Sum32() >> 16 & 3)
		}
		for quarter := range 4 {
			var fx [][]float64
			var fy []bool
			for i := range nx {
				if part(i) != quarter {
					fx, fy = append(fx, nx[i]), append(fy, ny[i])
				}
			}
			m, err := predict.Fit(fx, fy, nil)
			require.NoError(t, err)
			for i := range nx {
				if part(i) == quarter {
					held.p[i] = m.Probability(nx[i])
				}
			}
		}
		heldAUC, err := predict.AUC(held.p, ny)
		require.NoError(t, err)
		heldOff, heldChance := say(held)
		persons = measured{append(persons.p, held.p...), append(persons.y, ny...)}
		t.Logf("%s: persons held out: AUC %.4f, calibration error %.4f (chance %.4f)", origin.Format(time.DateOnly), heldAUC, heldOff, heldChance)
		// Seeds: half of the customers in the top tenth by value; the other half is to be found
		// among all who are no seeds.
		sorted := slices.Sorted(slices.Values(spent))
		edge := sorted[len(sorted)*9/10]
		var seeds, hidden []bool
		for i, v := range spent {
			seeds = append(seeds, v >= edge && i%2 == 0)
			hidden = append(hidden, v >= edge && i%2 == 1)
		}
		var blind [][]float64 // without what says how much was spent
		for _, row := range nx {
			blind = append(blind, []float64{row[0], row[1], row[2], row[4], row[5], row[7]})
		}
		likeness, err := predict.Lookalike(blind, seeds, nil)
		require.NoError(t, err)
		var s []float64
		var h []bool
		for i := range likeness {
			if !seeds[i] {
				s, h = append(s, likeness[i]), append(h, hidden[i])
			}
		}
		top, err := predict.PrecisionAt(s, h, 0.1)
		require.NoError(t, err)
		base, err := predict.PrecisionAt(s, h, 1)
		require.NoError(t, err)
		t.Logf("%s: %d customers, AUC %.4f, calibration error %.4f (chance %.4f), %.4f were the rate of %.3f known; lookalike precision at 10 %% %.3f, base %.3f", origin.Format(time.DateOnly), len(ny), auc, off, chance, known, rate, top, base)
		require.Greater(t, auc, 0.7)
		require.Greater(t, top, 2*base)
	}
	off, chance := say(persons)
	t.Logf("all origins, persons held out: calibration error %.4f (chance %.4f)", off, chance)
	require.Less(t, off, 0.02)
	off, chance = say(later)
	t.Logf("all origins, the time after: calibration error %.4f (chance %.4f)", off, chance)
}
