package supplier_test

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory/supplier"
)

// olist reads a file of the Olist sample as maps by header.
func olist(t *testing.T, name string, row func(cells map[string]string)) {
	f, err := os.Open(testkit.Data(t, "store/olist-sample/"+name))
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	r := csv.NewReader(z)
	header, err := r.Read()
	require.NoError(t, err)
	cells := map[string]string{}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		for i, h := range header {
			cells[h] = fields[i]
		}
		row(cells)
	}
}

// sellerPair is an order of a seller.
type sellerPair struct {
	purchase, carrier, delivered, estimate, limit time.Time
	items                                         int
	revenue                                       float64
	review                                        *float64
}

// TestReferenceOlist scores the sellers of the Olist sample and compares with the
// figures computed by another program. The file is public data and read from there.
func TestReferenceOlist(t *testing.T) {
	var ref struct {
		Schema string `json:"schema"`
		Rules  string `json:"rules"`
		Pool   struct {
			Pairs    int     `json:"pairs"`
			Sellers  int     `json:"sellers"`
			OnTime   float64 `json:"on_time_rate"`
			Shipped  float64 `json:"ship_on_time_rate"`
			LeadMean float64 `json:"lead_mean_days"`
			Review   float64 `json:"review_mean"`
			Reviews  int     `json:"reviews"`
		} `json:"pool"`
		Cases []struct {
			Seller  string     `json:"seller_id"`
			Orders  int        `json:"orders"`
			OnTime  int        `json:"on_time"`
			Rate    float64    `json:"on_time_rate"`
			Wilson  [2]float64 `json:"on_time_wilson95"`
			Shrunk  float64    `json:"on_time_shrunk"`
			Shipped int        `json:"ship_on_time"`
			Lead    struct {
				Mean   float64 `json:"mean"`
				SD     float64 `json:"sd"`
				Median float64 `json:"median"`
				P90    float64 `json:"p90"`
			} `json:"lead_days"`
			Handling     float64 `json:"handling_days_mean"`
			Reviews      int     `json:"reviews"`
			Review       float64 `json:"review_mean"`
			ReviewShrunk float64 `json:"review_shrunk"`
			Items        int     `json:"items"`
			Revenue      float64 `json:"revenue"`
		} `json:"cases"`
	}
	file := testkit.Data(t, "supplier/olist_sellers.json")
	if override := os.Getenv("FLYWHEEL_REFERENCE"); override != "" {
		file = filepath.Join(override, "supplier", "olist_sellers.json")
		if _, err := os.Stat(file); err != nil {
			t.Skipf("olist_sellers.json is not in the override folder")
		}
	}
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	testkit.Strict(t, data, &ref)

	at := func(text string) time.Time {
		v, err := time.Parse(time.DateTime, text)
		require.NoError(t, err)
		return v
	}
	type order struct{ purchase, carrier, delivered, estimate time.Time }
	orders := map[string]order{}
	olist(t, "orders.csv.gz", func(c map[string]string) {
		if c["order_status"] != "delivered" || c["order_delivered_carrier_date"] == "" || c["order_delivered_customer_date"] == "" {
			return
		}
		orders[c["order_id"]] = order{
			at(c["order_purchase_timestamp"]), at(c["order_delivered_carrier_date"]), at(c["order_delivered_customer_date"]), at(c["order_estimated_delivery_date"]),
		}
	})
	reviews := map[string][2]float64{}
	olist(t, "order_reviews.csv.gz", func(c map[string]string) {
		score, err := strconv.ParseFloat(c["review_score"], 64)
		require.NoError(t, err)
		r := reviews[c["order_id"]]
		reviews[c["order_id"]] = [2]float64{r[0] + score, r[1] + 1}
	})
	sellers := map[string]map[string]*sellerPair{}
	pairs := 0
	olist(t, "order_items.csv.gz", func(c map[string]string) {
		o, ok := orders[c["order_id"]]
		if !ok {
			return
		}
		if sellers[c["seller_id"]] == nil {
			sellers[c["seller_id"]] = map[string]*sellerPair{}
		}
		p := sellers[c["seller_id"]][c["order_id"]]
		if p == nil {
			p = &sellerPair{purchase: o.purchase, carrier: o.carrier, delivered: o.delivered, estimate: o.estimate}
			if r, ok := reviews[c["order_id"]]; ok {
				mean := r[0] / r[1]
				p.review = &mean
			}
			sellers[c["seller_id"]][c["order_id"]] = p
			pairs++
		}
		if limit := at(c["shipping_limit_date"]); limit.After(p.limit) {
			p.limit = limit
		}
		price, err := strconv.ParseFloat(c["price"], 64)
		require.NoError(t, err)
		p.items++
		p.revenue += price
	})
	require.Equal(t, []int{ref.Pool.Pairs, ref.Pool.Sellers}, []int{pairs, len(sellers)})

	// Each pair is an order line of one unit: on time is the scorecard's definition,
	// by calendar days.
	lines := func(of map[string]*sellerPair) []supplier.ScoredLine {
		var out []supplier.ScoredLine
		for _, p := range of {
			l := supplier.ScoredLine{Ordered: 1, OrderedOn: p.purchase, Promised: p.estimate, Receipts: []supplier.Delivery{{Date: p.delivered, Quantity: 1}}}
			out = append(out, l)
		}
		return out
	}
	var pool []supplier.ScoredLine
	reviewed, reviewSum := 0, 0.0
	for _, of := range sellers {
		pool = append(pool, lines(of)...)
		for _, p := range of {
			if p.review != nil {
				reviewed++
				reviewSum += *p.review
			}
		}
	}
	pooled, err := supplier.Score(pool, supplier.ScoreRules{})
	require.NoError(t, err)
	require.InEpsilon(t, ref.Pool.OnTime, *pooled.OnTime, 1e-9)
	require.Equal(t, ref.Pool.Reviews, reviewed)
	require.InEpsilon(t, ref.Pool.Review, reviewSum/float64(reviewed), 1e-9)
	for _, c := range ref.Cases {
		t.Run(c.Seller, func(t *testing.T) {
			of := sellers[c.Seller]
			card, err := supplier.Score(lines(of), supplier.ScoreRules{})
			require.NoError(t, err)
			require.Equal(t, c.Orders, card.Lines)
			require.InEpsilon(t, c.Rate, *card.OnTime, 1e-9)
			s, err := supplier.Shrink(float64(c.OnTime), float64(c.Orders), supplier.Prior{Mean: *pooled.OnTime, Strength: 20}, 0.95)
			require.NoError(t, err)
			require.InEpsilon(t, c.Shrunk, s.Estimate, 1e-9)
			require.InEpsilon(t, c.Wilson[0], s.Wilson.Lower, 1e-9)
			require.InEpsilon(t, c.Wilson[1], s.Wilson.Upper, 1e-9)
			var leads []float64
			handling, shipped, items, revenue, n, sum := 0.0, 0, 0, 0.0, 0.0, 0.0
			for _, p := range of {
				leads = append(leads, p.delivered.Sub(p.purchase).Hours()/24)
				handling += p.carrier.Sub(p.purchase).Hours() / 24
				if !p.carrier.After(p.limit) {
					shipped++
				}
				items += p.items
				revenue += p.revenue
				if p.review != nil {
					n++
					sum += *p.review
				}
			}
			slices.Sort(leads)
			quantile := func(q float64) float64 {
				h := q * float64(len(leads)-1)
				i := int(h)
				return leads[i] + (h-float64(i))*(leads[min(i+1, len(leads)-1)]-leads[i])
			}
			mean, ss := 0.0, 0.0
			for _, l := range leads {
				mean += l / float64(len(leads))
			}
			for _, l := range leads {
				ss += (l - mean) * (l - mean)
			}
			require.InEpsilon(t, c.Lead.Mean, mean, 1e-9)
			require.InEpsilon(t, c.Lead.SD, math.Sqrt(ss/float64(len(leads)-1)), 1e-9)
			require.InEpsilon(t, c.Lead.Median, quantile(0.5), 1e-9)
			require.InEpsilon(t, c.Lead.P90, quantile(0.9), 1e-9)
			require.InEpsilon(t, c.Handling, handling/float64(len(of)), 1e-9)
			require.Equal(t, []int{c.Shipped, c.Items, c.Reviews}, []int{shipped, items, int(n)})
			require.InDelta(t, c.Revenue, revenue, 0.005)
			require.InEpsilon(t, c.Review, sum/n, 1e-9)
			r, err := supplier.ShrinkMean(sum/n, n, ref.Pool.Review, 10)
			require.NoError(t, err)
			require.InEpsilon(t, c.ReviewShrunk, r, 1e-9)
		})
	}
}
