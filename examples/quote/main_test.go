package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
)

// The report of the sample is the one that was read through by hand.
func TestSample(t *testing.T) {
	want, err := os.ReadFile(filepath.Join("testdata", "sample.txt"))
	require.NoError(t, err)
	for _, args := range [][]string{nil, {"-in", "sample.json"}} {
		var out bytes.Buffer
		require.NoError(t, run(args, nil, &out))
		require.Equal(t, string(want), out.String())
	}
}

// For machines the same comes as JSON, also of standard input.
func TestJSON(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run([]string{"-json", "-in", "-"}, bytes.NewReader(sample), &out))
	var a answer
	require.NoError(t, json.Unmarshal(out.Bytes(), &a))
	require.Equal(t, "139.50 EUR", a.Quote.Total.String())
	require.Len(t, a.Payments, 2)
	require.True(t, a.Due.IsZero())
	require.Len(t, a.Quote.Refused, 6)
	require.NotEmpty(t, a.Quote.Lines[0].Trace)
}

func TestBadInput(t *testing.T) {
	for text, part := range map[string]string{
		``:                               "-:",
		`{"basket":{}}`:                  "currency",
		`{"basket":{"total":1}}`:         "basket.total",
		`{"basket":{"currency":"XXL"}}`:  "XXL",
		`{"config":{"promotions":[{}]}}`: "promotions[0].id",
		`{"config":{"groups":[{"id":"a","within":"b"},{"id":"b","within":"a"}]}}`: "groups[0].within",
		string(sample) + "{}": "behind",
		`{"basket":{"currency":"EUR","at":"2026-03-14T10:30:00Z","lines":[{"id":"1","sku":"a","quantity":-1}]}}`: "lines[0].quantity",
	} {
		var out bytes.Buffer
		err := run([]string{"-in", "-"}, strings.NewReader(text), &out)
		require.ErrorContains(t, err, part, text)
		require.ErrorIs(t, err, flywheel.ErrInvalid, text)
		require.Empty(t, out.String())
	}
	require.Error(t, run([]string{"-in", "nowhere.json"}, nil, &bytes.Buffer{}))
	require.Error(t, run([]string{"superfluous"}, nil, &bytes.Buffer{}))
}

// A writer that fails is no success.
func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full on this system")
	}
	defer full.Close()
	require.Error(t, run(nil, nil, full))
	require.Error(t, run([]string{"-json"}, nil, full))
}
