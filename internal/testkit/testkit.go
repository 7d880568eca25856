// Package testkit finds the data that tests of several packages read: public
// data that is never committed, and reference cases that can be replaced.
//
// Three environment variables steer it. FLYWHEEL_DATA is the folder of the
// public data, by default ../shared/reference beside the module's root.
// FLYWHEEL_REQUIRE, when not empty, makes missing data a failure where it
// would otherwise skip the test. FLYWHEEL_REFERENCE is a folder whose files
// <area>/<file> are run instead of testdata/<file>, so that other cases of the
// same form can be run against a package.
//
// FLYWHEEL_LONG makes tests that do less under the race detector do all (see
// [Often]).
package testkit

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Data returns the path of a public data file, given relative to the reference
// folder with slashes. Where it is absent the test skips, or fails when
// FLYWHEEL_REQUIRE is set.
func Data(tb testing.TB, name string) string {
	tb.Helper()
	dir := os.Getenv("FLYWHEEL_DATA")
	if dir == "" {
		dir = filepath.Join(moduleRoot(tb), "..", "shared", "reference")
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		Missing(tb, "public data %s is not at %s (set FLYWHEEL_DATA)", name, path)
	}
	return path
}

// Reference returns the reference cases testdata/<file> of the package under
// test, or $FLYWHEEL_REFERENCE/<area>/<file> when that variable is set. A file
// absent from the override folder skips the test; one absent from testdata
// fails it.
func Reference(tb testing.TB, area, file string) []byte {
	tb.Helper()
	return ReferenceOf(tb, ".", area, file)
}

// ReferenceOf is Reference for cases that lie with another package, whose folder
// is given as the package under test sees it.
func ReferenceOf(tb testing.TB, folder, area, file string) []byte {
	tb.Helper()
	path := filepath.Join(filepath.FromSlash(folder), "testdata", file)
	override := os.Getenv("FLYWHEEL_REFERENCE")
	if override != "" {
		path = filepath.Join(override, area, file)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		if override != "" && errors.Is(err, fs.ErrNotExist) {
			tb.Skipf("%s/%s is not in the override folder %s", area, file, override)
		}
		tb.Fatalf("reference cases: %v", err)
	}
	return data
}

// PublicReference is Reference for cases that are public data, which is never
// committed: without an override they are read from the data folder (see [Data]).
func PublicReference(tb testing.TB, area, file string) []byte {
	tb.Helper()
	if Overridden() {
		return Reference(tb, area, file)
	}
	data, err := os.ReadFile(Data(tb, area+"/"+file))
	if err != nil {
		tb.Fatalf("reference cases: %v", err)
	}
	return data
}

// Overridden reports whether other cases than the module's own are run: then
// their number is not known, and a file may hold only some of the sections.
func Overridden() bool { return os.Getenv("FLYWHEEL_REFERENCE") != "" }

// Missing skips the test because something outside the module is not there, or
// fails it when FLYWHEEL_REQUIRE is set.
func Missing(tb testing.TB, format string, args ...any) {
	tb.Helper()
	if os.Getenv("FLYWHEEL_REQUIRE") != "" {
		tb.Fatalf("required by FLYWHEEL_REQUIRE: "+format, args...)
	}
	tb.Skipf(format, args...)
}

// moduleRoot returns the folder of go.mod above the test's working directory.
func moduleRoot(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Fatal("no go.mod above the working directory")
		}
		dir = parent
	}
}
