package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/market"
)

func output(t *testing.T, args ...string) string {
	t.Helper()
	var out, messages bytes.Buffer
	require.NoError(t, run(args, &out, &messages))
	return strings.Join(strings.Fields(out.String()), " ")
}

func write(t *testing.T, text string) string {
	file := filepath.Join(t.TempDir(), "series.csv")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestBuiltIn(t *testing.T) {
	dir := t.TempDir()
	csv, html := filepath.Join(dir, "points.csv"), filepath.Join(dir, "report.html")
	got := output(t, "-csv", csv, "-html", html)
	require.Contains(t, got, "Incidents: 3")
	for _, day := range []string{"2025-07-25", "2025-08-19", "2025-11-02"} { // checkout, mention, competitor
		require.Contains(t, got, day)
	}
	for _, cause := range []string{"easter", "autumn sale", "price", "out of stock"} {
		require.Contains(t, got, cause)
	}
	require.Equal(t, got, output(t))
	data, err := os.ReadFile(csv)
	require.NoError(t, err)
	require.Equal(t, 366, bytes.Count(data, []byte("\n")))
	page, err := os.ReadFile(html)
	require.NoError(t, err)
	require.Contains(t, string(page), "<svg")
	require.Contains(t, string(page), "autumn sale")
}

func TestPlain(t *testing.T) {
	var b strings.Builder
	b.WriteString("timestamp,value\n")
	for i := range 600 {
		x := i * 7 % 11
		if i == 500 {
			x = 90
		}
		fmt.Fprintf(&b, "2026-01-%02d %02d:%02d:00,%d\n", 1+i/144, i/6%24, i%6*10, x)
	}
	got := output(t, "-plain", "-in", write(t, b.String()))
	require.Contains(t, got, "Incidents: 1 ")
	require.Contains(t, got, "2026-01-04 11:20")
}

func TestRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		kind error
		says string
	}{
		"time stands still": {"date,value\n2026-01-01,3\n2026-01-01,4\n", market.ErrOrder, "line 3"},
		"no number":         {"date,value\n2026-01-01,3\n2026-01-02,x\n", flywheel.ErrInvalid, "line 3"},
		"negative count":    {"date,value\n2026-01-01,3\n2026-01-02,-4\n", flywheel.ErrOutOfRange, "value"},
		"one point":         {"date,value\n2026-01-01,3\n", nil, "two points"},
		"no date":           {"day2,value\n1,3\n", flywheel.ErrInvalid, "date"},
	} {
		var out, messages bytes.Buffer
		err := run([]string{"-in", write(t, c.text)}, &out, &messages)
		require.ErrorContains(t, err, c.says, name)
		if c.kind != nil {
			require.ErrorIs(t, err, c.kind, name)
		}
		require.Empty(t, out.String())
	}
	for _, args := range [][]string{{"x"}, {"-season", "-1"}, {"-threshold", "0.1"}} {
		var out, messages bytes.Buffer
		require.Error(t, run(args, &out, &messages), args)
	}
}

// A constant series has no news and no changes.
func TestConstant(t *testing.T) {
	var b strings.Builder
	b.WriteString("date,value\n")
	for i := range 200 {
		fmt.Fprintf(&b, "2026-%02d-%02d,5\n", 1+i/28, 1+i%28)
	}
	got := output(t, "-in", write(t, b.String()))
	require.Contains(t, got, "Incidents: 0")
	require.Contains(t, got, "The level changed 0 times")
}
