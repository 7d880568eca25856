package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// compiled are the types of packages as the compiler wrote them.
type compiled struct {
	importer types.Importer
	packages []tested // what users import, by path
}

var compile = sync.OnceValues(func() (compiled, error) {
	// What tests import is compiled too, but nothing for one test alone.
	var c compiled
	args := []string{"-deps", "-export", "-json=ImportPath,Export", "./..."}
	err := each([]string{"-json=ImportPath,Dir,GoFiles,TestGoFiles,XTestGoFiles,TestImports,XTestImports", "./..."}, func(p tested) {
		args = append(append(args, p.TestImports...), p.XTestImports...)
		if name := p.name(); !isInternal(name) && topFolder(name) != "examples" && len(p.GoFiles) > 0 {
			c.packages = append(c.packages, p)
		}
	})
	if err != nil {
		return compiled{}, err
	}
	slices.Sort(args[4:])
	args = slices.Compact(args)
	exports := map[string]string{}
	if err := each(args, func(p tested) { exports[p.ImportPath] = p.Export }); err != nil {
		return compiled{}, err
	}
	c.importer = importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("%s was not compiled", path)
		}
		return os.Open(exports[path])
	})
	return c, nil
})

// tested is a package with its tests, and where its types are.
type tested struct {
	pkg
	Export                    string
	TestGoFiles, XTestGoFiles []string
	TestImports, XTestImports []string
}

// each calls fn with what go list prints.
func each(args []string, fn func(p tested)) error {
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Dir, cmd.Stderr = "../..", os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p tested
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		fn(p)
	}
}

// typed returns the types of a package.
func (c compiled) typed(t *testing.T, p tested) *types.Package {
	of, err := c.importer.Import(p.ImportPath)
	require.NoError(t, err)
	return of
}
