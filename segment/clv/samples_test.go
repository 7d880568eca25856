package clv_test

import (
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

// tenth reads the customers of CDNOW_master whose id ends with a digit; the
// published sample is those of 4.
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

func TestScratch(t *testing.T) {
	for digit := range 10 {
		purchases := tenth(t, digit)
		rows, err := clv.Summarize(purchases, calibrated)
		require.NoError(t, err)
		for _, fit := range []func([]clv.Row, *clv.FitOptions) (*clv.Fit, error){clv.FitBG, clv.FitMBG, clv.FitPareto} {
			start := time.Now()
			f, err := fit(rows, nil)
			require.NoError(t, err)
			took := time.Since(start)
			b, err := clv.Backtest(f.Model, purchases, calibrated, 39)
			require.NoError(t, err)
			t.Logf("%d %-10s %.2f MAE %.4f RMSE %.4f weekly %.3f MAPE %.3f  pred %.0f of %.0f  %v steps %d %v", digit, f.Model.Name(), f.LogLikelihood, b.MAE, b.RMSE, b.WeeklyMAE, b.CumulativeMAPE, b.Predicted, b.Actual, took, f.Steps, f.Warnings)
		}
	}
}
