package clv_test

import (
	"flag"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/clv"
)

// tenth reads the customers of CDNOW_master whose id ends with a digit. The
// published sample is none of these ten.
func tenth(t testing.TB, digit int) []clv.Purchase {
	data, err := os.ReadFile(testkit.Data(t, "segment/CDNOW_master.txt"))
	require.NoError(t, err)
	var purchases []clv.Purchase
	for i, line := range strings.Split(string(data), "\n") {
		f := strings.Fields(line)
		if i == 0 || len(f) == 0 || !strings.HasSuffix(f[0], strconv.Itoa(digit)) {
			continue
		}
		at, err := time.Parse("20060102", f[1])
		require.NoError(t, err)
		purchases = append(purchases, clv.Purchase{Customer: flywheel.CustomerID(f[0]), At: at, Value: number(t, f[3])})
	}
	return purchases
}

var allSamples = flag.Bool("samples", false, "compare on all ten tenths of CDNOW instead of one")

// TestChoiceBeatsPareto holds the automatic predictor against the Pareto/NBD on tenths of CDNOW
// that it was not made on: numbers per customer, and the shop's running total.
func TestChoiceBeatsPareto(t *testing.T) {
	digits := []int{7}
	if testkit.Often(1, 0) == 0 && !*allSamples {
		t.Skip("the same without the race detector")
	}
	if *allSamples {
		digits = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	}
	var mean [2][4]float64
	wins := 0
	for _, digit := range digits {
		purchases := tenth(t, digit)
		choice, err := clv.Choose(purchases, calibrated)
		require.NoError(t, err)
		pareto, err := clv.Backtest(choice.Fits["pareto_nbd"].Model, purchases, calibrated, 39)
		require.NoError(t, err)
		auto, err := clv.Backtest(choice, purchases, calibrated, 39)
		require.NoError(t, err)
		weekly, mape := tracked(choice, auto)
		p := [4]float64{pareto.MAE, pareto.RMSE, pareto.WeeklyMAE, pareto.CumulativeMAPE}
		a := [4]float64{auto.MAE, auto.RMSE, weekly, mape}
		t.Logf("%d %s MAE %.4f (%.4f) RMSE %.4f (%.4f) weekly %.2f (%.2f) MAPE %.2f (%.2f)", digit, choice.Name, a[0], p[0], a[1], p[1], a[2], p[2], a[3], p[3])
		for i := range p {
			mean[0][i] += p[i] / float64(len(digits))
			mean[1][i] += a[i] / float64(len(digits))
		}
		if a[0] < p[0] {
			wins++
		}
	}
	t.Logf("mean of Pareto/NBD %.4f, of the choice %.4f; MAE lower in %d of %d", mean[0], mean[1], wins, len(digits))
	if *allSamples {
		for i := range mean[0] {
			require.Less(t, mean[1][i], mean[0][i])
		}
		require.GreaterOrEqual(t, wins, 8)
	} else {
		require.Less(t, mean[1][0], mean[0][0])
	}
}

// tracked is the weekly MAE and cumulative MAPE of a choice, whose running total begins
// with what is known.
func tracked(c *clv.Choice, b *clv.Backtested) (weekly, mape float64) {
	known, n := 0.0, 39
	for w := range 39 {
		known += b.Weekly[w]
	}
	actual := known
	for w := range n {
		actual += b.Weekly[39+w]
		weekly += math.Abs(b.Weekly[39+w]-(c.Track(float64(w+1))-c.Track(float64(w)))) / float64(n)
		mape += 100 * math.Abs(known+c.Track(float64(w+1))-actual) / actual / float64(n)
	}
	return weekly, mape
}
