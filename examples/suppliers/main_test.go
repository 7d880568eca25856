package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/supplier"
)

func output(t *testing.T, args ...string) string {
	t.Helper()
	var out, messages bytes.Buffer
	require.NoError(t, run(args, &out, &messages))
	// The widths of the columns are the table writer's affair.
	return strings.Join(strings.Fields(out.String()), " ")
}

func write(t *testing.T, name, text string) string {
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestBuiltIn(t *testing.T) {
	dir := t.TempDir()
	csv, html := filepath.Join(dir, "cards.csv"), filepath.Join(dir, "report.html")
	got := output(t, "-csv", csv, "-html", html)
	require.Contains(t, got, "orders 213")
	require.Contains(t, got, "Cedar & Sons")
	require.Equal(t, got, output(t), "the same each time, files or not")
	data, err := os.ReadFile(csv)
	require.NoError(t, err)
	require.Equal(t, 6, bytes.Count(data, []byte("\n")))
	page, err := os.ReadFile(html)
	require.NoError(t, err)
	require.Contains(t, string(page), "<svg")
	require.Contains(t, string(page), "Cedar &amp; Sons")
}

const orders = `order,supplier,sku,ordered,price,ordered_on,promised
1,acme,bolt,100,0.0125,2026-01-05,2026-01-20
1,acme,lamp,200,1.20,2026-01-05,2026-01-20
2,acme,rug,50,10,2026-01-10,2026-01-25
3,birch,vase,80,2.5,2026-01-12,2026-01-30
`

const receipts = `order,sku,date,quantity,rejected
1,bolt,2026-01-19,100,2
1,lamp,2026-01-19,150,
1,lamp,2026-01-27,50,5
2,rug,2026-01-26,50,0
3,vase,2026-01-29,78,0
`

func TestFiles(t *testing.T) {
	o, r := write(t, "orders.csv", orders), write(t, "receipts.csv", receipts)
	got := output(t, "-orders", o, "-receipts", r)
	require.Contains(t, got, "received 428")
	require.Contains(t, got, "rejected 7")
	require.Contains(t, got, "value USD 941.25")
	require.Contains(t, got, "still open 2")
}

// One file may hold what came as well, as an export of a purchasing system does.
func TestOneFile(t *testing.T) {
	file := write(t, "book.csv", `PurchaseOrderID,VendorID,ProductID,OrderQty,UnitPrice,OrderDate,DueDate,ReceivedQty,RejectedQty,ShipDate
1,1580,1,4,50.2600,2011-04-16 00:00:00,2011-04-30 00:00:00,3.00,0.00,2011-04-25 00:00:00
2,1496,359,3,45.1200,2011-04-16 00:00:00,2011-04-30 00:00:00,3.00,1.00,2011-04-25 00:00:00
2,1496,360,3,45.5805,2011-04-16 00:00:00,2011-04-30 00:00:00,,,
`)
	got := output(t, "-orders", file)
	require.Contains(t, got, "473.1415")
	require.Contains(t, got, "stocked 5")
}

func TestRefuses(t *testing.T) {
	o := write(t, "orders.csv", orders)
	for name, c := range map[string]struct {
		file string
		kind error
		says string
	}{
		"unknown order":    {"order,sku,date,quantity\n9,bolt,2026-01-19,1\n", flywheel.ErrNotFound, "no such order"},
		"unknown item":     {"order,sku,date,quantity\n1,nut,2026-01-19,1\n", flywheel.ErrNotFound, "not in order 1"},
		"half a unit":      {"order,sku,date,quantity\n1,bolt,2026-01-19,1.5\n", flywheel.ErrInvalid, "whole number"},
		"more bad than in": {"order,sku,date,quantity,rejected\n1,bolt,2026-01-19,1,2\n", flywheel.ErrOutOfRange, "rejected"},
		"no such day":      {"order,sku,date,quantity\n1,bolt,2026-02-30,1\n", flywheel.ErrInvalid, "date"},
	} {
		var out, messages bytes.Buffer
		err := run([]string{"-orders", o, "-receipts", write(t, "receipts.csv", c.file)}, &out, &messages)
		require.ErrorIs(t, err, c.kind, name)
		require.ErrorContains(t, err, c.says, name)
		require.Empty(t, out.String(), "nothing is written before all is known")
	}
	for _, args := range [][]string{{"x"}, {"plan", "x"}, {"plan", "-aql", "3"}, {"plan", "-level", "IV"}, {"plan", "-good", "0.05", "-bad", "0.01"}, {"-receipts", "r.csv"}, {"-as-of", "today"}} {
		var out, messages bytes.Buffer
		require.Error(t, run(args, &out, &messages), args)
	}
}

func TestPlan(t *testing.T) {
	require.Contains(t, output(t, "plan", "-lot", "1000", "-aql", "1", "-sampling", "multiple"), "stage 7")
	require.Contains(t, output(t, "plan", "-lot", "4", "-aql", "2.5"), "That is the whole lot.")
	require.Contains(t, output(t, "plan", "-good", "0.01", "-bad", "0.05"), "Inspect 132 units, accept with 3 or fewer defective.")
	file := filepath.Join(t.TempDir(), "oc.html")
	output(t, "plan", "-html", file)
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(data), "<svg")
}

// purchasingFile is a file in the form that AdventureWorks exports: 4,012 orders with
// 8,845 lines, a row per line without the supplier, and a row per order with it. Its sums
// are those of that book.
func purchasingFile(t *testing.T) (lines, heads string) {
	const orders, rows = 4012, 8845
	ordered, received, rejected := int64(2_348_637), int64(2_327_299), int64(72_700)
	value := decimal.RequireFromString("63791994.838")
	r := rand.New(rand.NewPCG(16, 60))
	var l, h strings.Builder
	l.WriteString("PurchaseOrderID,PurchaseOrderDetailID,DueDate,OrderQty,ProductID,UnitPrice,LineTotal,ReceivedQty,RejectedQty,StockedQty,ModifiedDate\n")
	h.WriteString("PurchaseOrderID,RevisionNumber,Status,EmployeeID,VendorID,ShipMethodID,OrderDate,ShipDate,SubTotal,TaxAmt,Freight,ModifiedDate\n")
	row := 0
	for o := 1; o <= orders; o++ {
		day := time.Date(2011, 4, 16+o/4, 0, 0, 0, 0, time.UTC)
		fmt.Fprintf(&h, "%d,4,4,258,%d,3,%s,%s,201.04,16.0832,5.026,%s\n", o, 1492+2*(o%104), day.Format(time.DateTime), day.AddDate(0, 0, 9).Format(time.DateTime), day.Format(time.DateTime))
		n := 1 + row%2
		if o == orders || rows-row-n < orders-o {
			n = max(1, rows-row-(orders-o))
		} else if left := float64(rows-row) / float64(orders-o+1); left > float64(n) {
			n++
		}
		for k := range n {
			row++
			q := int64(3 + r.IntN(520))
			got := q - int64(r.IntN(6))*int64(r.IntN(2))
			got = max(1, got)
			bad := min(got, int64(r.IntN(17)))
			price := decimal.New(int64(10_000+r.IntN(520_000)), -4)
			if row == rows { // what is left
				q, got, bad = ordered, received, rejected
				price = value.DivRound(decimal.NewFromInt(q), 0)
			}
			if row == rows-1 { // one unit, so that the value comes out exactly
				q, got, bad = 1, 1, 0
				rest := decimal.NewFromInt(ordered - 1)
				price = value.Sub(value.DivRound(rest, 0).Mul(rest))
				for value.Sub(price).DivRound(rest, 0).Mul(rest).Add(price).Cmp(value) != 0 || price.Sign() <= 0 {
					price = price.Add(rest)
				}
			}
			ordered, received, rejected = ordered-q, received-got, rejected-bad
			value = value.Sub(price.Mul(decimal.NewFromInt(q)))
			fmt.Fprintf(&l, "%d,%d,%s,%d,%d,%s,0,%d.00,%d.00,%d.00,%s\n", o, row, day.AddDate(0, 0, 14).Format(time.DateTime), q, 1+k+3*(o%200), price, got, bad, got-bad, day.Format(time.DateTime))
		}
	}
	require.Equal(t, rows, row)
	require.Equal(t, []int64{0, 0, 0}, []int64{ordered, received, rejected})
	require.True(t, value.IsZero(), "%s", value)
	return write(t, "lines.csv", l.String()), write(t, "heads.csv", h.String())
}

func TestPurchasingFile(t *testing.T) {
	lines, heads := purchasingFile(t)
	got := output(t, "-orders", lines, "-heads", heads)
	for _, want := range []string{
		"orders 4012", "lines 8845", "ordered 2348637", "received 2327299", "rejected 72700", "stocked 2254599", "value USD 63791994.838",
	} {
		require.Contains(t, got, want)
	}
}

// What was read is kept; reading it again changes nothing, and without files the report is
// of what is kept.
func TestStore(t *testing.T) {
	o, r := write(t, "orders.csv", orders), write(t, "receipts.csv", receipts)
	store := "sqlite:" + filepath.Join(t.TempDir(), "purchasing.db")
	want := output(t, "-orders", o, "-receipts", r)
	require.Equal(t, want, output(t, "-orders", o, "-receipts", r, "-store", store))
	require.Equal(t, want, output(t, "-orders", o, "-receipts", r, "-store", store))
	require.Equal(t, want, output(t, "-store", store))
	// More arrives.
	r = write(t, "receipts.csv", receipts+"3,vase,2026-02-03,2,0\n")
	require.Contains(t, output(t, "-orders", o, "-receipts", r, "-store", store), "received 430")
	var out, messages bytes.Buffer
	other := write(t, "orders.csv", strings.Replace(orders, "acme,bolt,100", "acme,bolt,101", 1))
	require.ErrorIs(t, run([]string{"-orders", other, "-store", store}, &out, &messages), supplier.ErrReused)
	for _, bad := range []string{"file", "sqlite:", "postgres:"} {
		require.ErrorIs(t, run([]string{"-store", bad}, &out, &messages), flywheel.ErrInvalid, bad)
	}
	require.Empty(t, out.String())
}

func TestHeads(t *testing.T) {
	lines := write(t, "lines.csv", "order,sku,ordered,price,promised,received\n1,bolt,5,2,2026-01-20,5\n2,nut,5,2,2026-01-20,\n")
	heads := write(t, "heads.csv", "order,supplier,ordered_on,received_on\n1,acme,2026-01-05,2026-01-09\n2,acme,2026-01-05,\n")
	require.Contains(t, output(t, "-orders", lines, "-heads", heads), "received 5")
	for text, says := range map[string]string{
		"order,supplier,ordered_on\n1,acme,2026-01-05\n1,acme,2026-01-05\n": "already",
		"order,supplier,ordered_on\n1,acme,2026-01-05\n":                    "received_on",
		"order,supplier,ordered_on\n2,acme,2026-01-05\n":                    "no such order",
	} {
		var out, messages bytes.Buffer
		err := run([]string{"-orders", lines, "-heads", write(t, "heads.csv", text)}, &out, &messages)
		require.ErrorContains(t, err, says)
		require.Empty(t, out.String())
	}
}
