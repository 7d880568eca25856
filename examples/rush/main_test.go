package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary be a process of a sale.
func TestMain(m *testing.M) {
	if os.Getenv("RUSH_PART") != "" {
		if err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, "rush:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func sale(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), args, strings.NewReader(""), &out, io.Discard), out.String())
	text := out.String()
	require.Equal(t, 7, strings.Count(text, "ok "), text)
	require.NotContains(t, text, "WRONG")
	require.Contains(t, text, "half within")
	return text
}

func TestMemory(t *testing.T) {
	text := sale(t, "-buyers", "500", "-units", "100", "-faults", "0")
	require.Regexp(t, `got a unit +100\n`, text)
	require.Regexp(t, `came too late +400\n`, text)
	sale(t, "-buyers", "500", "-units", "200", "-faults", "0.5")
	require.Regexp(t, `got a unit +20\n`, sale(t, "-buyers", "20", "-units", "30", "-faults", "0"))
	require.Regexp(t, `got a unit +0\n`, sale(t, "-buyers", "20", "-units", "0"))
}

func TestSQLite(t *testing.T) {
	sale(t, "-store", "sqlite:"+filepath.Join(t.TempDir(), "rush.db"), "-buyers", "150", "-units", "60", "-faults", "0.3", "-at-once", "32")
}

// Two processes share a file; one is killed in the middle and begins again.
func TestProcesses(t *testing.T) {
	text := sale(t, "-store", "sqlite:"+filepath.Join(t.TempDir(), "rush.db"), "-buyers", "120", "-units", "50", "-at-once", "8",
		"-processes", "2", "-connections", "2", "-kill", "1", "-faults", "0.2")
	require.Contains(t, text, "2 processes (1 killed)")
}

func TestRefuses(t *testing.T) {
	for _, args := range [][]string{
		{"more"}, {"-buyers", "0"}, {"-units", "-1"}, {"-faults", "2"}, {"-processes", "2"}, {"-kill", "1"}, {"-at-once", "0"},
		{"-store", "paper"}, {"-store", "sqlite:" + filepath.Join(t.TempDir(), "none", "x.db"), "-buyers", "1"}, {"-compare", "-buyers", "1"},
	} {
		require.Error(t, run(t.Context(), args, strings.NewReader(""), io.Discard, io.Discard), "%q", args)
	}
}

// The checks find what is wrong.
func TestCheckBites(t *testing.T) {
	ctx := t.Context()
	s, err := parse([]string{"-buyers", "10", "-units", "5", "-faults", "0"}, io.Discard)
	require.NoError(t, err)
	for name, spoil := range map[string]func(shop *shop, res *result) error{
		"a buyer who was told otherwise": func(_ *shop, res *result) error { res.outcomes[0].Got = !res.outcomes[0].Got; return nil },
		"a buyer who failed":             func(_ *shop, res *result) error { res.outcomes[3].Err = "no answer"; return nil },
		"a unit too many":                func(shop *shop, _ *result) error { return shop.Receive(ctx, "more", s.line(1)) },
		"a hold of nobody": func(shop *shop, _ *result) error {
			return errors.Join(shop.Receive(ctx, "more", s.line(1)), shop.Reserve(ctx, "nobody", s.line(1)))
		},
	} {
		shop, err := s.open(ctx)
		require.NoError(t, err)
		require.NoError(t, shop.Receive(ctx, "delivery", s.line(5)))
		res := s.here(ctx, shop)
		require.NoError(t, s.check(ctx, io.Discard, shop, &res), name)
		require.NoError(t, spoil(shop, &res), name)
		require.Error(t, s.check(ctx, io.Discard, shop, &res), name)
	}
}

func TestHistogram(t *testing.T) {
	var out bytes.Buffer
	histogram(&out, []time.Duration{3 * time.Microsecond, time.Millisecond, 3 * time.Microsecond})
	require.Contains(t, out.String(), "  < 4µs               2 ##")
	require.Contains(t, out.String(), "all within 1ms")
}
