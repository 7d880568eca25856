package house_test

import (
	"flag"
	"fmt"
	"go/doc"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write llms.txt anew")

// TestLLMs keeps llms.txt, the map of the packages for machines that read, equal to
// what the package comments say.
func TestLLMs(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Flywheel\n\n> Commerce building blocks for Go: packages that you import into your own service to build a shop, a\n" +
		"> marketplace or a loyalty program. Pure Go, no server, exact money, honest statistics.\n\n" +
		"Start with README.md, then ARCHITECTURE.md. Each package page opens with the problem and a program.\n\n## Packages\n\n")
	pkgs := list(t, "./...")
	slices.SortFunc(pkgs, func(a, b pkg) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	for _, programs := range []bool{false, true} {
		if programs {
			b.WriteString("\n## Programs\n\n")
		}
		for _, p := range pkgs {
			if isInternal(p.name()) || (topFolder(p.name()) == "examples") != programs || len(p.GoFiles) == 0 {
				continue
			}
			fset := token.NewFileSet()
			files, _ := parse(t, fset, p.Dir)
			d, err := doc.NewFromFiles(fset, files, p.ImportPath)
			require.NoError(t, err)
			fmt.Fprintf(&b, "- [%s](https://pkg.go.dev/%s): %s\n", strings.TrimPrefix(p.ImportPath, filepath.Dir(module)+"/"), p.ImportPath, d.Synopsis(d.Doc))
		}
	}
	path := filepath.Join(root(t), "llms.txt")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o644))
	}
	have, err := os.ReadFile(path)
	require.NoError(t, err)
	if b.String() != string(have) {
		t.Error("llms.txt is stale: go test ./internal/house -run LLMs -update")
	}
}
