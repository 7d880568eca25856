package clv_test

import (
	"compress/gzip"
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/clv"
)

// onlineRetail reads who bought on which day of the year of Online Retail.
func onlineRetail(t testing.TB) (purchases []clv.Purchase) {
	file, err := os.Open(testkit.Data(t, "store/online-retail/transactions.csv.gz"))
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	rows, err := csv.NewReader(unzipped).ReadAll()
	require.NoError(t, err)
	id, order, day := slices.Index(rows[0], "CustomerID"), slices.Index(rows[0], "InvoiceNo"), slices.Index(rows[0], "InvoiceDate")
	quantity, price := slices.Index(rows[0], "Quantity"), slices.Index(rows[0], "UnitPrice")
	for _, r := range rows[1:] {
		if r[id] == "" || r[order][0] == 'C' {
			continue
		}
		at, err := time.Parse(time.DateOnly, r[day][:10])
		require.NoError(t, err)
		n, err := strconv.ParseFloat(r[quantity], 64)
		require.NoError(t, err)
		each, err := strconv.ParseFloat(r[price], 64)
		require.NoError(t, err)
		purchases = append(purchases, clv.Purchase{Customer: flywheel.CustomerID(r[id]), At: at, Value: n * each})
	}
	return purchases
}

// TestPublishedAndYear reports the choice beside the Pareto/NBD on the published sample of CDNOW and
// on half a year of Online Retail after the half before it.
func TestPublishedAndYear(t *testing.T) {
	if !*allSamples {
		t.Skip("a report: -samples makes it")
	}
	for _, set := range []struct {
		name      string
		purchases []clv.Purchase
		until     time.Time
		weeks     int
	}{{"published sample", sample(t), calibrated, 39}, {"Online Retail", onlineRetail(t), time.Date(2011, 6, 10, 0, 0, 0, 0, time.UTC), 26}} {
		choice, err := clv.Choose(set.purchases, set.until)
		require.NoError(t, err)
		pareto, err := clv.Backtest(choice.Fits["pareto_nbd"].Model, set.purchases, set.until, set.weeks)
		require.NoError(t, err)
		auto, err := clv.Backtest(choice, set.purchases, set.until, set.weeks)
		require.NoError(t, err)
		if set.weeks == 39 {
			auto.WeeklyMAE, auto.CumulativeMAPE = tracked(choice, auto)
		}
		for _, r := range []struct {
			name string
			*clv.Backtested
		}{{choice.Name, auto}, {"pareto_nbd", pareto}} {
			t.Logf("%s, %s: MAE %.4f RMSE %.4f weekly %.2f MAPE %.2f, %.0f predicted, %.0f came", set.name, r.name, r.MAE, r.RMSE, r.WeeklyMAE, r.CumulativeMAPE, r.Predicted, r.Actual)
		}
		require.Less(t, auto.MAE, pareto.MAE, set.name)
	}
}
