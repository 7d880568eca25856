package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/chart"
)

func sampleTables() []table {
	t := table{file: "sums", title: "Sums", note: "all of them", columns: []string{"kind", "value"}, charts: []chart.Figure{chart.Bars("Bars", nil)}}
	t.add("=cmd()", "-12.50")
	t.add("'+x", "3")
	t.add("<b>", "-")
	return []table{t}
}

func TestWriteText(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, writeText(&b, sampleTables()))
	assert.Equal(t, "SUMS\n  kind     value\n  =cmd()  -12.50\n  '+x          3\n  <b>          -\n  (all of them)\n\n", b.String())
}

func TestWriteFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "report")
	for range 2 { // the second time over the first
		require.NoError(t, writeFolder(dir, "A year", sampleTables()))
	}
	f, err := os.Open(filepath.Join(dir, "sums.csv"))
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, [][]string{{"kind", "value"}, {"'=cmd()", "-12.50"}, {"''+x", "3"}, {"<b>", "-"}}, rows)
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	require.NoError(t, err)
	assert.Contains(t, string(page), "</svg>")
	assert.Contains(t, string(page), "&lt;b&gt;")
	assert.NotContains(t, string(page), "<b>")
	left, err := os.ReadDir(filepath.Dir(dir))
	require.NoError(t, err)
	assert.Len(t, left, 1, "no scratch folder stays behind")
}

func TestWriteFolderLeavesTheFolderAloneOnAnError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "report")
	require.NoError(t, writeFolder(dir, "A year", sampleTables()))
	bad := append(sampleTables(), table{file: "no/such/folder", columns: []string{"x"}})
	bad[0].rows = nil
	require.Error(t, writeFolder(dir, "Another", bad))
	data, err := os.ReadFile(filepath.Join(dir, "sums.csv"))
	require.NoError(t, err)
	assert.Contains(t, string(data), "12.50", "the first report is still there")
	left, err := os.ReadDir(filepath.Dir(dir))
	require.NoError(t, err)
	assert.Len(t, left, 1)

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	assert.Error(t, writeFolder(filepath.Join(file, "report"), "x", sampleTables()), "the parent is a file")
}

func TestGrouped(t *testing.T) {
	for number, want := range map[string]string{
		"0": "0", "999": "999", "1000": "1,000", "-1234567.891": "-1,234,567.891", "-123.45": "-123.45", "541909": "541,909",
	} {
		assert.Equal(t, want, grouped(number))
	}
}
