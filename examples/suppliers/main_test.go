package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
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
