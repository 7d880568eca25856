package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/table"
)

func write(t *testing.T, name, content string) string {
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

// shop makes the orders of a year and a half: customers of three kinds, some in dollars, some without a name.
func shop() string {
	var b strings.Builder
	b.WriteString("Client;Order Date;Total;Currency\n")
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 240 {
		for n, day := 0, i%150; day < 540 && n <= i%9; n, day = n+1, day+9+i*13%70 {
			fmt.Fprintf(&b, "c%03d;%s;%d,50;EUR\n", i, start.AddDate(0, 0, day).Format("2006-01-02"), 10+i%40)
		}
	}
	b.WriteString("us;2024-05-01;10,00;USD\n;2024-05-01;10,00;EUR\nc001;2024-06-01;-5,00;EUR\n")
	return b.String()
}

func TestReport(t *testing.T) {
	in, out := write(t, "orders.csv", shop()), filepath.Join(t.TempDir(), "report")
	var said, progress bytes.Buffer
	require.NoError(t, run([]string{"-in", in, "-out", out, "-weeks", "26"}, nil, &said, &progress))
	require.Contains(t, said.String(), "customers")
	require.Contains(t, said.String(), "1 rows in USD are not part of this report")
	require.Contains(t, said.String(), "have no customer")
	require.Empty(t, progress.String(), "no progress where nobody looks")
	for _, name := range []string{"report.html", "customers.csv", "churn.csv", "cohorts.csv", "cohorts.svg", "lifecycle.svg", "segments.svg", "segment_value.svg", "top.svg"} {
		data, err := os.ReadFile(filepath.Join(out, name))
		require.NoError(t, err)
		require.NotEmpty(t, data)
		require.NotContains(t, string(data), "NaN", name)
	}
	r, err := table.Open(filepath.Join(out, "customers.csv"), table.Spec{Columns: []table.Column{{Name: "customer"}, {Name: "alive"}, {Name: "expected_purchases"}, {Name: "low"}, {Name: "high"}, {Name: "lifetime_value"}, {Name: "r"}}})
	require.NoError(t, err)
	defer r.Close()
	n := 0
	for r.Next() {
		n++
		_, err := r.NumberBetween(1, 0, 1)
		require.NoError(t, err)
		low, err := r.Number(3)
		require.NoError(t, err)
		_, err = r.NumberBetween(4, low, 1e6)
		require.NoError(t, err)
		_, err = r.Int(6, 1, 5)
		require.NoError(t, err)
	}
	require.NoError(t, r.Err())
	require.Equal(t, 240, n)

	// The same file gives the same report, byte by byte.
	again := filepath.Join(t.TempDir(), "again")
	require.NoError(t, run([]string{"-in", in, "-out", again, "-weeks", "26"}, nil, &said, &progress))
	for _, name := range []string{"report.html", "customers.csv", "churn.csv"} {
		a, err := os.ReadFile(filepath.Join(out, name))
		require.NoError(t, err)
		b, err := os.ReadFile(filepath.Join(again, name))
		require.NoError(t, err)
		require.Equal(t, string(a), string(b))
	}
}

// TestOddOrders: little, strange or broken input is an answer or an error that names the place.
func TestOddOrders(t *testing.T) {
	out := t.TempDir()
	for what, c := range map[string]struct{ file, want string }{
		"one purchase in all": {"customer,date,amount\na,2024-01-01,5\n", ""},
		"two on a day":        {"customer,date,amount\na,2024-01-01,5\na,2024-01-01,7\n", ""},
		"quantity and price":  {"CustomerID,InvoiceDate,Quantity,UnitPrice\na,2024-01-01 10:00,2,3.5\nb,2024-02-01 10:00,1,1\n", ""},
		"no amount":           {"customer,date\na,2024-01-01\n", "amount"},
		"no date":             {"customer,date,amount\na,never,5\n", "line 2"},
		"no number":           {"customer,date,amount\na,2024-01-01,lots\n", "line 2"},
		"only refunds":        {"customer,date,amount\na,2024-01-01,-5\n", errNothing.Error()},
		"nobody":              {"customer,date,amount\n,2024-01-01,5\n", "no orders"},
		"empty":               {"", ""},
	} {
		err := run([]string{"-in", write(t, "o.csv", c.file), "-out", out}, nil, &bytes.Buffer{}, &bytes.Buffer{})
		switch {
		case what == "empty":
			require.Error(t, err)
		case c.want == "":
			require.NoError(t, err, what)
		default:
			require.ErrorContains(t, err, c.want, what)
		}
	}
	in := write(t, "o.csv", "customer,date,amount\na,2024-01-01,5\na,soon,5\n")
	var said bytes.Buffer
	require.NoError(t, run([]string{"-in", in, "-out", out, "-lenient"}, nil, &said, &bytes.Buffer{}))
	require.Contains(t, said.String(), "1 rows could not be read")
	for _, args := range [][]string{{}, {"-in", "a", "-events", "b"}, {"-events", "a"}, {"-in", in, "-weeks", "0"}, {"-in", in, "-level", "1"}, {"-in", in, "-currency", "XXX", "-out", out}, {"-in", in, "more"}, {"-in", "absent.csv"}} {
		require.Error(t, run(args, nil, &bytes.Buffer{}, &bytes.Buffer{}), "%v", args)
	}
}

const segments = `[{"name": "hot", "leaves": {"n": {"events": ["view"], "where": {"category": "tea"}, "window": "P1D"}}, "rule": {"n": {"$gte": 2}}},
	{"name": "rich", "leaves": {"sum": {"events": ["purchase"], "agg": "sum"}}, "rule": {"sum": {"$gte": 20}}}]`

func TestFollow(t *testing.T) {
	defs := write(t, "segments.json", segments)
	events := write(t, "events.csv", "time,event,customer,category,value,currency\n2026-03-01T10:00:00Z,view,ann,tea,,\n2026-03-01T11:00:00Z,view,ann,tea,,\n"+
		"2026-03-01T12:00:00Z,view,ann,pots,,\n2026-03-01T12:30:00Z,purchase,ann,tea,25.00,EUR\n2026-03-03T09:00:00Z,view,bob,tea,,\n")
	var said bytes.Buffer
	require.NoError(t, run([]string{"-events", events, "-segments", defs}, nil, &said, &bytes.Buffer{}))
	require.Equal(t, `2026-03-01T11:00:00Z ann enters hot (event): n $gte 2: yes, is 2, until 2026-03-02T10:00:00Z
2026-03-01T12:30:00Z ann enters rich (event): sum $gte 20: yes, is 25
2026-03-02T10:00:00Z ann leaves hot (time): n $gte 2: no, is 1
5 events until 2026-03-03T09:00:00Z
hot: 0 members
rich: 1 members
`, said.String())

	said.Reset()
	line := `{"id": "1", "name": "purchase", "time": "2026-03-01T10:00:00Z", "customer": "ann", "value": {"amount": "30.00", "currency": "EUR"}}` + "\n"
	require.NoError(t, run([]string{"-events", "-", "-segments", defs}, strings.NewReader(line), &said, &bytes.Buffer{}))
	require.Contains(t, said.String(), "ann enters rich")
	err := run([]string{"-events", "-", "-segments", defs}, strings.NewReader(line+"{\"id\": 5}\n"), &said, &bytes.Buffer{})
	require.ErrorContains(t, err, "line 2")
	require.Error(t, run([]string{"-events", events, "-segments", write(t, "bad.json", `[{"name": "x", "leaves": {"n": {"agg": "median"}}, "rule": {"n": 1}}]`)}, nil, &said, &bytes.Buffer{}))
	require.Error(t, run([]string{"-events", write(t, "none.csv", "time,name,customer\n"), "-segments", defs}, nil, &said, &bytes.Buffer{}))
	require.False(t, errors.Is(err, os.ErrNotExist))
}
