package house_test

import (
	"go/doc"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStatefulPagesSayHowTheyAreRun wants the page of each package that has a store in
// SQL to say what happens with two processes and after a restart.
func TestStatefulPagesSayHowTheyAreRun(t *testing.T) {
	packages := list(t, "./...")
	for _, p := range packages {
		store := path.Join(p.name(), path.Base(p.name())+"sql")
		if p.name() == "" || isInternal(p.name()) || !slices.ContainsFunc(packages, func(o pkg) bool { return o.name() == store }) {
			continue
		}
		fset := token.NewFileSet()
		files, _ := parse(t, fset, p.Dir)
		d, err := doc.NewFromFiles(fset, files, p.ImportPath)
		require.NoError(t, err)
		page := strings.ToLower(d.Doc)
		for _, word := range []string{"two processes", "restart"} {
			if !strings.Contains(page, word) {
				t.Errorf("%s has %s, and its page does not speak of %q", p.ImportPath, store, word)
			}
		}
	}
}
