package testkit

import (
	"flag"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// Often returns how often a test does what it does many times over: full, or
// under the race detector fewer, which makes SQLite in Go ten times slower. With
// FLYWHEEL_LONG set, it is full there too.
func Often(full, fewer int) int {
	if raceDetector && os.Getenv("FLYWHEEL_LONG") == "" {
		return fewer
	}
	return full
}

// Checks is Often for the properties that a test checks with rapid from now on:
// how many cases each is tried on, unless -rapid.checks says it.
func Checks(tb testing.TB, full, fewer int) {
	tb.Helper()
	f := flag.Lookup("rapid.checks")
	if f == nil {
		tb.Fatal("testkit: the test does not import rapid")
	}
	before := f.Value.String()
	if before != f.DefValue {
		return
	}
	if err := f.Value.Set(strconv.Itoa(Often(full, fewer))); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { f.Value.Set(before) })
}

// Bytes returns n bytes that look random and are the same each time: a seed for fuzz
// targets that draw from their input.
func Bytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b) // never fails
	return b
}
