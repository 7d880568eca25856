package house_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestExamplesCall compares, by package, how many of its functions and methods of
// weight its examples use with testdata/shown.txt: none may show a smaller share than
// recorded. What counts is what the code of an example resolves to, not the example's name.
func TestExamplesCall(t *testing.T) {
	c, err := compile()
	require.NoError(t, err)
	path := filepath.Join("testdata", "shown.txt")
	recorded := map[string][2]int{}
	text, err := os.ReadFile(path)
	if !*update {
		require.NoError(t, err)
	}
	for line := range strings.Lines(string(text)) {
		var name string
		var shown, of int
		_, err := fmt.Sscanf(line, "%s %d of %d\n", &name, &shown, &of)
		require.NoError(t, err, line)
		recorded[name] = [2]int{shown, of}
	}
	var now strings.Builder
	for _, p := range c.packages {
		name := p.name()
		if name == "" {
			name = "flywheel"
		}
		heavy := c.heavy(t, p)
		called := c.called(t, p)
		var missing []string
		for _, f := range heavy {
			if !called[f] {
				missing = append(missing, f)
			}
		}
		shown := len(heavy) - len(missing)
		fmt.Fprintf(&now, "%s %d of %d\n", name, shown, len(heavy))
		was, ok := recorded[name]
		if testing.Verbose() {
			t.Logf("%s: %d of %d; not shown: %s", name, shown, len(heavy), strings.Join(missing, " "))
		}
		switch {
		case *update:
		case !ok:
			t.Errorf("%s is not in %s: go test ./internal/house -run ExamplesCall -update", name, path)
		case shown*was[1] < was[0]*len(heavy):
			t.Errorf("examples of %s call %d of %d, recorded are %d of %d; none calls %s", name, shown, len(heavy), was[0], was[1], strings.Join(missing, ", "))
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(now.String()), 0o644))
	}
}

// light are methods whose meaning is fixed elsewhere, or that only stores and runners
// call.
var light = []string{
	"Clone", "Normal", "Stored", "Erased", "IsZero", "Deliver",
	"Error", "String", "GoString", "Format", "Unwrap", "Is", "As", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText",
	"MarshalBinary", "UnmarshalBinary", "Scan", "Value", "Len", "Less", "Swap", "Handle", "LogValue",
}

// heavy returns the exported functions of a package and the exported methods of its
// exported types, but for those of which the meaning is fixed elsewhere: light ones, and
// what a type has to have to implement an interface that is exported here, by the package
// that it is beside, or by the root.
func (c compiled) heavy(t *testing.T, p tested) (names []string) {
	of := c.typed(t, p)
	interfaces := interfacesOf(of)
	for _, beside := range c.packages {
		if beside.name() == "" || filepath.Dir(p.name()) == beside.name() {
			interfaces = append(interfaces, interfacesOf(c.typed(t, beside))...)
		}
	}
	for _, name := range of.Scope().Names() {
		switch o := of.Scope().Lookup(name).(type) {
		case *types.Func:
			if o.Exported() {
				names = append(names, name)
			}
		case *types.TypeName:
			named, ok := o.Type().(*types.Named)
			if !ok || o.IsAlias() || !o.Exported() || types.IsInterface(named) {
				continue
			}
			fixed := map[string]bool{}
			if named.TypeParams() == nil {
				for _, i := range interfaces {
					if types.Implements(types.NewPointer(named), i) {
						for m := range i.Methods() {
							fixed[m.Name()] = true
						}
					}
				}
			}
			for m := range named.Methods() {
				if m.Exported() && !fixed[m.Name()] && !slices.Contains(light, m.Name()) {
					names = append(names, name+"."+m.Name())
				}
			}
		}
	}
	return names
}

func interfacesOf(p *types.Package) (all []*types.Interface) {
	for _, name := range p.Scope().Names() {
		o, ok := p.Scope().Lookup(name).(*types.TypeName)
		if !ok || !o.Exported() {
			continue
		}
		if i, ok := o.Type().Underlying().(*types.Interface); ok && i.NumMethods() > 0 && i.IsMethodSet() {
			all = append(all, i)
		}
	}
	return all
}

// called returns which functions and methods of a package its examples use. Of a file
// that holds one example and no test the whole is shown, as on its page.
func (c compiled) called(t *testing.T, p tested) map[string]bool {
	called := map[string]bool{}
	set := token.NewFileSet()
	parsed := func(names []string) (files []*ast.File) {
		for _, name := range names {
			f, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			files = append(files, f)
		}
		return files
	}
	check := func(path string, own, tests []*ast.File) {
		if !slices.ContainsFunc(tests, func(f *ast.File) bool { return len(examplesIn(f)) > 0 }) {
			return
		}
		info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
		// What only test files declare, or two forms of one package, may not fit: uses
		// are known all the same.
		config := types.Config{Importer: c.importer, Error: func(error) {}}
		_, _ = config.Check(path, set, slices.Concat(own, tests), info)
		for _, f := range tests {
			for _, n := range examplesIn(f) {
				ast.Inspect(n, func(n ast.Node) bool {
					id, ok := n.(*ast.Ident)
					if !ok {
						return true
					}
					if fn, ok := info.Uses[id].(*types.Func); ok && fn.Pkg() != nil && fn.Pkg().Path() == p.ImportPath {
						called[nameOf(fn.Origin())] = true
					}
					return true
				})
			}
		}
	}
	check(p.ImportPath, parsed(p.GoFiles), parsed(p.TestGoFiles))
	check(p.ImportPath+"_test", nil, parsed(p.XTestGoFiles))
	return called
}

// examplesIn returns what a test file shows.
func examplesIn(f *ast.File) (shown []ast.Node) {
	alone := true
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil {
			continue
		}
		for _, kind := range []string{"Test", "Benchmark", "Fuzz"} {
			alone = alone && !strings.HasPrefix(fn.Name.Name, kind)
		}
		if strings.HasPrefix(fn.Name.Name, "Example") {
			shown = append(shown, fn)
		}
	}
	if alone && len(shown) == 1 {
		return []ast.Node{f}
	}
	return shown
}

// nameOf is a function's name, or type and name of a method.
func nameOf(fn *types.Func) string {
	recv := fn.Signature().Recv()
	if recv == nil {
		return fn.Name()
	}
	t := recv.Type()
	if pointer, ok := t.(*types.Pointer); ok {
		t = pointer.Elem()
	}
	if named, ok := t.(*types.Named); ok {
		return named.Obj().Name() + "." + fn.Name()
	}
	return fn.Name()
}
