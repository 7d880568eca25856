package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const before = `package p

func least(a, b int) (int, error) {
	var err error
	defer done()
	if a < b && a > 1 {
		return a + 2, err
	}
	a += b
	return b, err
}

func done() {}
`

// Each change differs from the source, parses, and is named by its line.
func TestChanges(t *testing.T) {
	changes, err := inFile("p.go", []byte(before))
	require.NoError(t, err)
	found := map[string]int{}
	for _, c := range changes {
		found[c.what] = c.line
		changed := c.apply([]byte(before))
		require.NotEqual(t, before, string(changed), c.what)
		again, err := inFile("p.go", changed)
		require.NoError(t, err, c.what)
		require.NotEmpty(t, again)
	}
	require.Equal(t, map[string]int{
		"the statement is left out": 5, "the condition is negated": 6, "&& is ||": 6, "< is <=": 6, "> is >=": 6, "1 is 2": 6,
		"+ is -": 7, "2 is 3": 7, "the error is dropped": 10, "+= is -=": 9,
	}, found)
	require.Len(t, changes, 11, "the error is dropped in two places")
	_, err = inFile("p.go", []byte("package"))
	require.Error(t, err)
}

// A module of its own, of which one function is tested and one is not.
func TestRun(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"go.mod":            "module example.com/m\n\ngo 1.26\n",
		"p/p.go":            "package p\n\nfunc Tested(a int) bool { return a < 10 }\n",
		"p/p_test.go":       "package p\n\nimport \"testing\"\n\nfunc TestIt(t *testing.T) {\n\tif !Tested(9) || Tested(10) {\n\t\tt.Fatal()\n\t}\n}\n",
		"q/q.go":            "package q\n\nfunc Untested(a int) bool { return a < 10 }\n",
		"q/q_test.go":       "package q\n\nimport \"testing\"\n\nfunc TestIt(t *testing.T) {}\n",
		"r/doc.go":          "// Package r has nothing to change.\npackage r\n",
		"p/testdata/odd.go": "no Go\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
	}
	var out bytes.Buffer
	code, err := run([]string{"-least", "0.5", "-list", "p"}, &out)
	require.NoError(t, err)
	require.Zero(t, code, out.String())
	require.Contains(t, out.String(), "2 of 2 changes caught (100.0 %)")
	out.Reset()
	code, err = run([]string{"-least", "0.5", "./q"}, &out)
	require.NoError(t, err)
	require.Equal(t, 1, code)
	require.Contains(t, out.String(), "q/q.go:3: < is <=: survived")
	require.Contains(t, out.String(), "0 of 2 changes caught")
	out.Reset()
	code, err = run([]string{"-at", "q/q.go:3,q/q.go:9", "q"}, &out)
	require.NoError(t, err)
	require.Zero(t, code)
	require.Contains(t, out.String(), "drawn from 2 ")
	out.Reset()
	_, err = run([]string{"-at", "q/q.go:9", "q"}, &out)
	require.NoError(t, err)
	require.Contains(t, out.String(), "nothing to change")
	out.Reset()
	code, err = run([]string{"r"}, &out)
	require.NoError(t, err)
	require.Zero(t, code)
	require.Contains(t, out.String(), "nothing to change")
	code, err = run([]string{"missing"}, &out)
	require.Error(t, err)
	require.Equal(t, 2, code)
}
