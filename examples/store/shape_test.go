package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/flywheel-go/flywheel"

// The shape that teams copy: main wires, web knows no shop, what is neither is short.
func TestShape(t *testing.T) {
	lines := func(name string) int {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		n := 0
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") && !strings.HasPrefix(line, `"`) && !strings.HasPrefix(line, `_ "`) {
				n++ // neither blank, nor a comment, nor an import
			}
		}
		return n
	}
	require.LessOrEqual(t, lines("main.go")+lines("simulate.go"), 150, "the command and its flags")
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	glue := 0
	for _, name := range names {
		if name != "main.go" && name != "simulate.go" && !strings.HasSuffix(name, "_test.go") {
			glue += lines(name)
		}
	}
	require.LessOrEqual(t, glue, 300)

	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{join .Imports "\n"}}`, "./web").Output()
	require.NoError(t, err)
	for imported := range strings.Lines(string(out)) {
		imported = strings.TrimSpace(imported)
		require.False(t, strings.HasPrefix(imported, module+"/"), "web imports %s", imported)
	}
}

// pages is the package of the pages with its types.
func pages(t *testing.T) (*token.FileSet, []*ast.File, *types.Package, *types.Info) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Export", "./page").Output()
	require.NoError(t, err)
	exports := map[string]string{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ ImportPath, Export string }
		err := dec.Decode(&p)
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		exports[p.ImportPath] = p.Export
	}
	fset := token.NewFileSet()
	names, err := filepath.Glob("page/*.go")
	require.NoError(t, err)
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		require.NoError(t, err)
		files = append(files, f)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Selections: map[*ast.SelectorExpr]*types.Selection{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	pkg, err := conf.Check(module+"/examples/store/page", fset, files, info)
	require.NoError(t, err)
	return fset, files, pkg, info
}

// ours reports whether an object belongs to the library.
func ours(o types.Object) bool {
	return o != nil && o.Pkg() != nil && strings.HasPrefix(o.Pkg().Path(), module) && !strings.HasPrefix(o.Pkg().Path(), module+"/examples/")
}

// A page reads the request, asks at most three services and fills a view. It implements no
// interface of the library, and computes nothing on money, stock or points.
func TestPagesComputeNothing(t *testing.T) {
	fset, files, pkg, info := pages(t)

	// No type of the pages implements an interface that a neighbor asks for.
	wanted := map[string]*types.Interface{}
	for _, imported := range pkg.Imports() {
		if !strings.HasPrefix(imported.Path(), module) || strings.HasPrefix(imported.Path(), module+"/examples/") {
			continue
		}
		for _, name := range imported.Scope().Names() {
			o, named := imported.Scope().Lookup(name).(*types.TypeName)
			if !named || !o.Exported() {
				continue
			}
			if i, ok := o.Type().Underlying().(*types.Interface); ok && i.NumMethods() > 0 && i.IsMethodSet() {
				wanted[imported.Path()+"."+name] = i
			}
		}
	}
	require.Greater(t, len(wanted), 20)
	for _, name := range pkg.Scope().Names() {
		o, named := pkg.Scope().Lookup(name).(*types.TypeName)
		if !named || types.IsInterface(o.Type()) {
			continue
		}
		for of, i := range wanted {
			require.False(t, types.Implements(types.NewPointer(o.Type()), i) && !embeds(o.Type(), i), "page.%s implements %s", name, of)
		}
	}

	arithmetic := []string{"Add", "Sub", "Times", "Mul", "MulRate", "Allocate", "Neg", "Convert", "Div", "Quo"}
	for _, f := range files {
		name := filepath.Base(fset.Position(f.Pos()).Filename)
		services := map[string]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				s := info.Selections[n]
				if s == nil {
					return true
				}
				if s.Kind() == types.MethodVal && ours(s.Obj()) && strings.HasSuffix(s.Obj().Pkg().Path(), "/pricing/money") && slices.Contains(arithmetic, s.Obj().Name()) {
					t.Errorf("%s computes on money: %s", fset.Position(n.Pos()), s.Obj().Name())
				}
				if s.Kind() == types.FieldVal && isShop(s.Recv()) && isService(s.Obj().Type()) {
					services[s.Obj().Name()] = true
				}
			case *ast.BinaryExpr:
				if n.Op != token.ADD && n.Op != token.SUB && n.Op != token.MUL && n.Op != token.QUO && n.Op != token.REM {
					return true
				}
				for _, side := range []ast.Expr{n.X, n.Y} {
					if what := counted(info, side); what != "" {
						t.Errorf("%s computes on %s", fset.Position(n.Pos()), what)
					}
				}
			}
			return true
		})
		if most := 3; len(services) > most && name != "shop.go" {
			t.Errorf("%s asks %d services: %v", name, len(services), slices.Sorted(maps.Keys(services)))
		}
	}
}

// embeds reports whether a struct has its methods from an embedded value of the library.
func embeds(t types.Type, i *types.Interface) bool {
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for f := range s.Fields() {
		if f.Embedded() && (types.Implements(f.Type(), i) || types.Implements(types.NewPointer(f.Type()), i)) {
			return true
		}
	}
	return false
}

func isShop(t types.Type) bool {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := t.(*types.Named)
	return ok && named.Obj().Name() == "Shop"
}

// isService reports whether a field of the shop is a service of the library.
func isService(t types.Type) bool {
	p, ok := t.(*types.Pointer)
	if !ok {
		return false
	}
	named, ok := p.Elem().(*types.Named)
	return ok && ours(named.Obj())
}

// counted returns what a number in an expression is taken from: a field or a method of
// the library's money, stock, points or orders.
func counted(info *types.Info, e ast.Expr) (what string) {
	basic, ok := info.Types[e].Type.Underlying().(*types.Basic)
	if !ok || basic.Info()&types.IsNumeric == 0 {
		return ""
	}
	ast.Inspect(e, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && what == "" {
			if of := info.Selections[s]; of != nil && ours(of.Obj()) {
				for _, area := range []string{"/pricing", "/inventory", "/loyalty", "/cart"} {
					if strings.HasPrefix(of.Obj().Pkg().Path(), module+area) {
						what = fmt.Sprintf("%s.%s", of.Obj().Pkg().Name(), of.Obj().Name())
					}
				}
			}
		}
		return what == ""
	})
	return what
}
