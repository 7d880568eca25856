package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/table"
)

func output(t *testing.T, args ...string) string {
	var out bytes.Buffer
	require.NoError(t, run(args, &out))
	return out.String()
}

// fields returns the words of the line that begins with a prefix.
func fields(t *testing.T, text, prefix string) []string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, prefix) {
			return strings.Fields(line)
		}
	}
	t.Fatalf("no line begins with %q in\n%s", prefix, text)
	return nil
}

func TestBuiltInShop(t *testing.T) {
	text := output(t)
	require.Equal(t, text, output(t), "the same input gives the same bytes")
	for _, want := range []string{"What to order now, for a fill rate of 95.0 %", "dead: 1178.00 tied up", "Why:", "Service against cost", "cheapest"} {
		require.Contains(t, text, want)
	}
	// York is short of mugs, which come in dozens; Leeds has too many cake tins.
	quantity, err := strconv.Atoi(fields(t, text, "mug            York")[7])
	require.NoError(t, err)
	require.Positive(t, quantity)
	require.Zero(t, quantity%12)
	require.Contains(t, text, "excess")

	// More service needs more stock, and the simulated service is no less than
	// the target.
	_, curve, ok := strings.Cut(text, "Service against cost")
	require.True(t, ok)
	before := 0.0
	for _, target := range targets {
		row := fields(t, curve, fmt.Sprintf("%6.1f%%", 100*target))
		fill, err := strconv.ParseFloat(strings.TrimSuffix(row[1], "%"), 64)
		require.NoError(t, err)
		require.GreaterOrEqual(t, fill, 100*target-0.1)
		stock, err := strconv.ParseFloat(row[2], 64)
		require.NoError(t, err)
		require.GreaterOrEqual(t, stock, before)
		before = stock
	}
}

func TestBudget(t *testing.T) {
	text := output(t, "-budget", "300")
	require.Contains(t, text, "of a budget of 300.00")
	require.Contains(t, text, "wanted")
	spent, err := strconv.ParseFloat(fields(t, text, "Orders of")[2], 64)
	require.NoError(t, err)
	require.LessOrEqual(t, spent, 300.0)
	require.Greater(t, spent, 200.0)
}

func TestOwnFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "stock.csv")
	require.NoError(t, os.WriteFile(file, []byte("sku,location,on_hand,on_order,lead_time,cost,pack,demand\nnail,Hull,5,0,1,0.10,1,9;11;10;12;8;10;9;11\n"), 0o600))
	text := output(t, "-in", file, "-weeks", "4")
	require.Contains(t, text, "nail at Hull: position 5")
}

// Other headers, a delimiter, a decimal comma and an encoding of one's own.
func TestOtherForms(t *testing.T) {
	file := filepath.Join(t.TempDir(), "stock.csv")
	require.NoError(t, os.WriteFile(file, []byte("Artikel|warehouse|Stock|incoming|lead|unit cost|pack size|Absatz\nN\xe4gel|Hull|5|0|1|0,10|1|9;11;10;12;8;10;9;11\n"), 0o600))
	text := output(t, "-in", file, "-weeks", "4", "-map", "sku=Artikel", "-map", "demand=Absatz", "-encoding", "windows-1252")
	require.Contains(t, text, "Nägel at Hull: position 5")
}

func TestBadInput(t *testing.T) {
	const head = "sku,location,on_hand,on_order,lead_time,cost,pack,demand\n"
	for want, content := range map[string]string{
		"line 1: the table is empty":               "",
		"line 1 (demand): the header has no":       "sku,location,on_hand,on_order,lead_time,cost,pack,volume\n",
		"has no items":                             head,
		"line 2, column 1 (sku): the cell is em":   head + ",a,1,0,1,1,1,1\n",
		"line 2, column 3 (on_hand): \"x\"":        head + "a,a,x,0,1,1,1,1\n",
		"(lead_time): \"-1\"":                      head + "a,a,1,0,-1,1,1,1\n",
		"(cost): \"NaN\" is no number":             head + "a,a,1,0,1,NaN,1,1\n",
		"(demand): week 2 is \"-3\"":               head + "a,a,1,0,1,1,1,1;-3\n",
		"line 3, column 1 (sku): a at b was there": head + "a,b,1,0,1,1,1,1\na,b,1,0,1,1,1,1\n",
		"3 cells, but the header has 8":            head + "a,b,1\n",
		"week 1 is \"1e400\", want a ":             head + "a,b,1,0,1,1,1,1e400\n",
	} {
		_, err := read("stock.csv", strings.NewReader(content), table.Spec{})
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "stock.csv")
	}
	var out bytes.Buffer
	for _, args := range [][]string{
		{"-in", "missing.csv"}, {"-fill", "1"}, {"-fill", "NaN"}, {"-weeks", "0"}, {"-budget", "-1"}, {"-holding", "-1"}, {"extra"}, {"-unknown"},
	} {
		require.Error(t, run(args, &out), args)
	}
	require.Empty(t, out.String())
}

func FuzzRead(f *testing.F) {
	f.Add(string(shop[:400]))
	f.Add("sku,location,on_hand,on_order,lead_time,cost,pack,demand\na,b,1,0,1,1,1,1;2\n")
	f.Add("sku,location,on_hand,on_order,lead_time,cost,pack,demand\n0,,0,0,0,0,0,") // of no history, as TestItemWithoutHistory
	f.Fuzz(func(t *testing.T, text string) {
		items, err := read("fuzz", strings.NewReader(text), table.Spec{})
		if err == nil && len(items) == 0 {
			t.Fatal("neither items nor an error")
		}
		for _, it := range items {
			if it.sku == "" || it.lead < 0 || it.pack < 0 {
				t.Fatalf("%+v", it)
			}
		}
	})
}

// An item that was never sold stops no other; it is named, and the program fails.
func TestItemWithoutHistory(t *testing.T) {
	name := filepath.Join(t.TempDir(), "stock.csv")
	require.NoError(t, os.WriteFile(name, []byte("sku,location,on_hand,on_order,lead_time,cost,pack,demand\n"+
		"new,main,5,0,2,3,1,\nold,main,5,0,2,3,1,4;5;6;4;5;6;4;5;6;4;5;6\n"), 0o600))
	var out bytes.Buffer
	err := run([]string{"-in", name}, &out)
	require.ErrorIs(t, err, errUnplanned)
	require.ErrorContains(t, err, "new at main")
	require.Contains(t, out.String(), "old")
	require.NotContains(t, out.String(), "new ")
}

// A bad row stops no other, in whichever field it is.
func TestBadRows(t *testing.T) {
	name := filepath.Join(t.TempDir(), "stock.csv")
	good := "old,main,5,0,2,3,1,4;5;6;4;5;6;4;5;6;4;5;6\n"
	require.NoError(t, os.WriteFile(name, []byte("sku,location,on_hand,on_order,lead_time,cost,pack,demand\n"+
		"odd,main,many,0,2,3,1,1;2;3\n"+good+"sad,main,1,0,2,3,1,1;-2;3\n"+good+"young,main,5,0,2,3,1,4;5;6;4;5;6;4;5;6;4;5;6\n"), 0o600))
	var out bytes.Buffer
	err := run([]string{"-in", name}, &out)
	require.ErrorIs(t, err, errUnplanned)
	for _, want := range []string{"line 2, column 3 (on_hand)", "line 4, column 8 (demand)", "line 5, column 1 (sku)"} {
		require.ErrorContains(t, err, want)
	}
	require.Contains(t, out.String(), "young")
	require.NoError(t, os.WriteFile(name, []byte("sku,location,on_hand,on_order,lead_time,cost,pack,demand\n"+good+strings.Repeat("x,y,no,0,0,0,0,0\n", 200)), 0o600))
	out.Reset()
	require.ErrorContains(t, run([]string{"-in", name}, &out), "has 100 rows that cannot be read")
	require.Empty(t, out.String())
}
