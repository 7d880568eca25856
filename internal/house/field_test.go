package house_test

import (
	"encoding/json"
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
)

// TestField holds testdata/field.txt, which test settles what was reported from the
// field: each test that it names exists, and where the public data is, it has each
// entry. A line is an area, its entries, and tests as package.Name, or docs: and where
// the answer is written.
func TestField(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "field.txt"))
	require.NoError(t, err)
	settled := map[string]map[string]bool{}
	tests := map[string]map[string]bool{} // by package
	for line := range strings.Lines(string(text)) {
		left, right, ok := strings.Cut(strings.TrimSpace(line), " = ")
		require.True(t, ok, line)
		fields := strings.Fields(left)
		if settled[fields[0]] == nil {
			settled[fields[0]] = map[string]bool{}
		}
		for _, id := range fields[1:] {
			require.False(t, settled[fields[0]][id], "%s is there twice", id)
			settled[fields[0]][id] = true
		}
		if strings.HasPrefix(right, "docs: ") {
			continue
		}
		for _, name := range strings.Split(right, ", ") {
			at := strings.LastIndexByte(name, '.')
			require.Positive(t, at, line)
			pkg, test := name[:at], name[at+1:]
			if tests[pkg] == nil {
				tests[pkg] = testsOf(t, strings.TrimPrefix(pkg, "flywheel"))
			}
			if !tests[pkg][test] {
				t.Errorf("%s: %s has no %s", left, pkg, test)
			}
		}
	}
	for area, ids := range settled {
		text, err := os.ReadFile(testkit.Data(t, "field/"+area+".json"))
		require.NoError(t, err)
		var entries []struct{ ID string }
		if json.Unmarshal(text, &entries) != nil {
			var file struct{ Entries []struct{ ID string } }
			require.NoError(t, json.Unmarshal(text, &file))
			entries = file.Entries
		}
		require.NotEmpty(t, entries)
		for _, e := range entries {
			if !ids[e.ID] {
				t.Errorf("no line has %s %s", area, e.ID)
			}
		}
	}
}

// testsOf returns the names of the tests, fuzz targets and benchmarks of a folder.
func testsOf(t *testing.T, dir string) map[string]bool {
	names := map[string]bool{}
	_, files := parse(t, token.NewFileSet(), filepath.Join(root(t), filepath.FromSlash(dir)))
	for _, f := range files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				names[fn.Name.Name] = true
			}
		}
	}
	return names
}
