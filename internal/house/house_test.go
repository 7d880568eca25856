// Package house_test keeps the house in order: who may import whom, what the
// library links, and that everything exported is explained and shown.
package house_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/flywheel-go/flywheel"

// floors orders the packages: a package imports only packages of a smaller
// number. Each package that is built has its line here; tens are the floors of
// ARCHITECTURE.md, units the order within one.
var floors = map[string]int{
	"pricing/money": 0,
	"":              1, // the root, on pricing/money

	"pricing/money/locale": 5,

	"segment/rule":          5,
	"segment/rfm":           5,
	"experiment/stats":      5,
	"experiment/bandit":     6,
	"pricing/coupon":        6,
	"pricing/markdown":      6,
	"pricing/tax":           6,
	"inventory/forecast":    5,
	"inventory/replenish":   6,
	"inventory/fulfillment": 6,

	"inventory/forecast/hierarchy": 5,

	"segment/clv":     5,
	"segment/cohort":  5,
	"segment/funnel":  5,
	"segment/cluster": 5,
	"segment/heatmap": 5,
	"segment/live":    6,
	"segment/collect": 6,
	"segment/imports": 5,
	"segment/consent": 5,
	"segment/predict": 5,

	"recommend/rerank":     5,
	"campaign/utm":         5,
	"campaign/attribution": 6,
	"campaign/budget":      5,
	"inventory/supplier":   7,
	"catalog/assortment":   5,
	"catalog/market":       6,
	"catalog/search":       6,

	"catalog/review/moderation": 5,
	"loyalty/community":         5,
	"segment/audit":             5,
	"campaign/message/outbound": 5,
	"campaign/message":          5,
	"campaign/message/smtp":     6,
	"loyalty/referral":          5,
	"catalog/review":            11,
	"catalog/live":              11,

	"experiment/flag": 11,

	"catalog":    10,
	"experiment": 10,
	"inventory":  10,
	"pricing":    10,
	"recommend":  10,
	"segment":    10,

	"cart/payment":     20,
	"cart/service":     20,
	"cart":             20,
	"cart/wish":        20,
	"loyalty":          20,
	"cart/order":       21,
	"cart/order/paper": 22,
	"cart/checkout":    22,
	"cart/draft":       23,

	"cart/payment/credit": 21,
	"cart/payment/stripe": 21,

	"campaign": 30,
	"examples": 49,
}

// links says what a package may link beside the standard library and this
// module; "" holds for all.
var links = map[string][]string{
	"":                     {"github.com/shopspring/decimal", "github.com/google/uuid"},
	"inventory/forecast":   {"gonum.org/v1/gonum"},
	"inventory/replenish":  {"gonum.org/v1/gonum"},
	"recommend":            {"gonum.org/v1/gonum"},
	"campaign/attribution": {"gonum.org/v1/gonum"},
	"campaign/budget":      {"gonum.org/v1/gonum"},
	"inventory/supplier":   {"gonum.org/v1/gonum"},
	"catalog/assortment":   {"gonum.org/v1/gonum"},
	"catalog/market":       {"gonum.org/v1/gonum"},
	"experiment":           {"gonum.org/v1/gonum"},
	"segment":              {"gonum.org/v1/gonum", "github.com/RoaringBitmap/roaring/v2", "github.com/bits-and-blooms/bitset", "golang.org/x/sys"},
}

type pkg struct {
	ImportPath, Dir string
	Standard        bool
	Imports, Deps   []string
	GoFiles         []string
}

// name is the import path within the module.
func (p pkg) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

func root(t *testing.T) string {
	dir, err := filepath.Abs("../..")
	require.NoError(t, err)
	return dir
}

func list(t *testing.T, args ...string) []pkg {
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Standard,Imports,Deps,GoFiles"}, args...)...)
	cmd.Dir = root(t)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var pkgs []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return pkgs
		}
		require.NoError(t, err)
		pkgs = append(pkgs, p)
	}
}

// floor returns the floor of a package by its name within the module. The SQL
// stores and test suites beside a package stand just above it.
func floor(name string) (int, bool) {
	if strings.HasPrefix(name, "examples/") {
		// A program's own packages are below it, and its pages, and what its shoppers are let
		// loose on, above the rest of them.
		// What runs them all under load stands above these.
		below := 3 * strings.Count(name, "/")
		switch path.Base(name) {
		case "page", "wheel", "crowd":
			below--
		case "load":
			below -= 2
		}
		return floors["examples"] - below, true
	}
	base := path.Base(name)
	if parent := path.Dir(name); parent != "." {
		owner := path.Base(parent)
		if base == owner+"sql" || base == owner+"test" {
			f, ok := floors[parent]
			return f + 1, ok
		}
	}
	f, ok := floors[name]
	return f, ok
}

func isInternal(name string) bool {
	return strings.HasPrefix(name, "internal/") || strings.Contains(name, "/internal/")
}

func TestImportsGoDown(t *testing.T) {
	for _, p := range list(t, "./...") {
		if isInternal(p.name()) {
			continue
		}
		own, ok := floor(p.name())
		if !ok {
			t.Errorf("%s has no floor: add it to the table above", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			name, inside := strings.CutPrefix(imported, module)
			name = strings.TrimPrefix(name, "/")
			if !inside || isInternal(name) {
				continue
			}
			other, ok := floor(name)
			sameFloorOutside := other/10 == own/10 && own >= 10 && topFolder(name) != topFolder(p.name())
			if !ok || other >= own || sameFloorOutside {
				t.Errorf("%s (floor %d) imports %s (floor %d)", p.name(), own, name, other)
			}
		}
	}
}

func topFolder(name string) string {
	top, _, _ := strings.Cut(name, "/")
	return top
}

// Internal packages serve every floor, so they may know the root's words and
// each other, nothing above.
func TestInternalPackagesStandBelow(t *testing.T) {
	for _, p := range list(t, "./internal/...") {
		for _, imported := range p.Imports {
			name, inside := strings.CutPrefix(imported, module)
			name = strings.TrimPrefix(name, "/")
			if inside && name != "" && name != "pricing/money" && !isInternal(name) {
				t.Errorf("%s imports %s", p.ImportPath, name)
			}
		}
	}
}

func TestLibraryLinksLittle(t *testing.T) {
	standard := map[string]bool{}
	for _, p := range list(t, "std") {
		standard[p.ImportPath] = true
	}
	for _, p := range list(t, "./...") {
		if isInternal(p.name()) || topFolder(p.name()) == "examples" {
			continue
		}
		allowed := slices.Clone(links[""])
		if p.name() == "" || p.name() == "pricing/money" {
			allowed = []string{"github.com/shopspring/decimal"}
		}
		for prefix, more := range links {
			if prefix != "" && (p.name() == prefix || strings.HasPrefix(p.name(), prefix+"/")) {
				allowed = append(allowed, more...)
			}
		}
		testKit := strings.HasSuffix(p.name(), "test")
		for _, dep := range p.Deps {
			if dep == "testing" && !testKit {
				t.Errorf("%s links package testing", p.name())
			}
			if standard[dep] || strings.HasPrefix(dep, "vendor/") || dep == module || strings.HasPrefix(dep, module+"/") {
				continue
			}
			if !slices.ContainsFunc(allowed, func(a string) bool { return dep == a || strings.HasPrefix(dep, a+"/") }) {
				t.Errorf("%s links %s", p.name(), dep)
			}
		}
	}
}

// TestExportedIsDocumentedAndShown holds each library package to its habits:
// a package comment that opens doc.go, a comment on every exported identifier,
// and an example that runs for every exported function and type.
func TestExportedIsDocumentedAndShown(t *testing.T) {
	for _, p := range list(t, "./...") {
		if topFolder(p.name()) == "examples" || p.name() == "internal/house" || len(p.GoFiles) == 0 {
			continue
		}
		t.Run(p.ImportPath, func(t *testing.T) {
			fset := token.NewFileSet()
			files, tests := parse(t, fset, p.Dir)
			d, err := doc.NewFromFiles(fset, slices.Concat(files, tests), p.ImportPath)
			require.NoError(t, err)
			if d.Doc == "" {
				t.Error("no package comment")
			}
			undocumented(t, d)
			if isInternal(p.name()) {
				return
			}
			if !slices.Contains(p.GoFiles, "doc.go") {
				t.Error("no doc.go")
			}
			unshown(t, d, tests)
		})
	}
}

func parse(t *testing.T, fset *token.FileSet, dir string) (files, tests []*ast.File) {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != ".go" {
			continue
		}
		f, err := parser.ParseFile(fset, filepath.Join(dir, e.Name()), nil, parser.ParseComments)
		require.NoError(t, err)
		if strings.HasSuffix(e.Name(), "_test.go") {
			tests = append(tests, f)
		} else {
			files = append(files, f)
		}
	}
	return files, tests
}

func undocumented(t *testing.T, d *doc.Package) {
	values := func(vs []*doc.Value) {
		for _, v := range vs {
			for _, spec := range v.Decl.Specs {
				s := spec.(*ast.ValueSpec)
				for _, name := range s.Names {
					if name.IsExported() && v.Doc == "" && s.Doc.Text() == "" && s.Comment.Text() == "" {
						t.Errorf("%s has no comment", name.Name)
					}
				}
			}
		}
	}
	functions := func(owner string, fs []*doc.Func) {
		for _, f := range fs {
			if f.Doc == "" && !plainMethod(owner, f) {
				t.Errorf("%s%s has no comment", owner, f.Name)
			}
		}
	}
	values(d.Consts)
	values(d.Vars)
	functions("", d.Funcs)
	for _, typ := range d.Types {
		if typ.Doc == "" {
			t.Errorf("%s has no comment", typ.Name)
		}
		values(typ.Consts)
		values(typ.Vars)
		functions("", typ.Funcs)
		functions(typ.Name+".", typ.Methods)
	}
}

// plainMethod reports whether f is one whose meaning its interface fixes.
func plainMethod(owner string, f *doc.Func) bool {
	return owner != "" && slices.Contains([]string{"Error", "String", "Unwrap", "Is"}, f.Name)
}

// unshown reports exported functions and types that no example names: neither
// as ExampleX nor within an example's body.
func unshown(t *testing.T, d *doc.Package, tests []*ast.File) {
	shown := map[string]bool{}
	for _, f := range tests {
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(fn.Name.Name, "Example") {
				continue
			}
			for name := range strings.SplitSeq(strings.TrimPrefix(fn.Name.Name, "Example"), "_") {
				shown[name] = true
			}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					shown[id.Name] = true
				}
				return true
			})
		}
	}
	report := func(fs []*doc.Func) {
		for _, f := range fs {
			if !shown[f.Name] {
				t.Errorf("no example shows %s", f.Name)
			}
		}
	}
	report(d.Funcs)
	for _, typ := range d.Types {
		// A type is shown by name, by one of its constructors, or as what an
		// example's call returns or takes.
		any := shown[typ.Name]
		for _, f := range typ.Funcs {
			any = any || shown[f.Name]
		}
		for _, m := range typ.Methods {
			any = any || shown[m.Name]
		}
		if !any && !usedBy(typ.Name, d, shown) {
			t.Errorf("no example shows %s", typ.Name)
		}
		report(typ.Funcs)
	}
}

// usedBy reports whether a shown function, method or field has the type in its
// signature.
func usedBy(name string, d *doc.Package, shown map[string]bool) bool {
	mentions := func(n ast.Node) (found bool) {
		ast.Inspect(n, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && id.Name == name {
				found = true
			}
			return !found
		})
		return found
	}
	functions := func(fs []*doc.Func) bool {
		return slices.ContainsFunc(fs, func(f *doc.Func) bool { return shown[f.Name] && mentions(f.Decl.Type) })
	}
	if functions(d.Funcs) {
		return true
	}
	for _, typ := range d.Types {
		if functions(typ.Funcs) || functions(typ.Methods) {
			return true
		}
		if typ.Name != name && shown[typ.Name] && mentions(typ.Decl) {
			return true
		}
	}
	return false
}

// TestNoPathsOfOneMachine keeps absolute paths of a developer's machine out.
func TestNoPathsOfOneMachine(t *testing.T) {
	forbidden := []string{"/wo" + "rk/", "/tm" + "p/", "/ho" + "me/"}
	err := filepath.WalkDir(root(t), func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if name := e.Name(); name == ".git" || name == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		if ext := filepath.Ext(file); ext != ".go" && ext != ".md" && ext != ".sql" {
			return nil
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, f := range forbidden {
			if strings.Contains(string(data), f) {
				t.Errorf("%s names %s", file, f)
			}
		}
		return nil
	})
	require.NoError(t, err)
}
