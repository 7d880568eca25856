package house_test

import (
	"fmt"
	"go/ast"
	"go/constant"
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

// TestAPI keeps testdata/api.txt, every exported name of the library with its type and
// every tag of its fields, equal to what the packages export, so that no change of the
// API goes unseen.
func TestAPI(t *testing.T) {
	c, err := compile()
	require.NoError(t, err)
	var now []string
	for _, p := range c.packages {
		name := p.name()
		if name == "" {
			name = "flywheel"
		}
		for _, line := range exported(c.typed(t, p)) {
			now = append(now, name+": "+line)
		}
	}
	slices.Sort(now)
	now = slices.Compact(now)
	require.Greater(t, len(now), 5000, "packages were missed")
	path := filepath.Join("testdata", "api.txt")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(strings.Join(now, "\n")+"\n"), 0o644))
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	recorded := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	gone, added := without(recorded, now), without(now, recorded)
	if len(gone) > 0 || len(added) > 0 {
		t.Errorf("the API is not as recorded. Gone or changed, which breaks users:\n%s\nAdded:\n%s\nAccept with: go test ./internal/house -run TestAPI -update",
			strings.Join(gone, "\n"), strings.Join(added, "\n"))
	}
}

// without returns the lines of a that b does not have.
func without(a, b []string) (rest []string) {
	has := map[string]bool{}
	for _, line := range b {
		has[line] = true
	}
	for _, line := range a {
		if !has[line] {
			rest = append(rest, "  "+line)
		}
	}
	return rest
}

// exported returns a line for each exported name of a package, and for each exported
// field and method of its types.
func exported(of *types.Package) (lines []string) {
	short := func(p *types.Package) string {
		switch p.Path() {
		case of.Path():
			return ""
		case module:
			return "flywheel"
		}
		return strings.TrimPrefix(p.Path(), module+"/")
	}
	text := func(t types.Type) string { return types.TypeString(unnamed(t), short) }
	for _, name := range of.Scope().Names() {
		o := of.Scope().Lookup(name)
		if !o.Exported() {
			continue
		}
		switch o := o.(type) {
		case *types.Const:
			v := o.Val().ExactString()
			if o.Val().Kind() == constant.Float {
				v = o.Val().String()
			}
			lines = append(lines, fmt.Sprintf("const %s %s = %s", name, text(o.Type()), v))
		case *types.Var:
			lines = append(lines, fmt.Sprintf("var %s %s", name, text(o.Type())))
		case *types.Func:
			lines = append(lines, "func "+name+strings.TrimPrefix(text(o.Type()), "func"))
		case *types.TypeName:
			lines = append(lines, ofType(o, text)...)
		}
	}
	return lines
}

func ofType(o *types.TypeName, text func(types.Type) string) (lines []string) {
	name := o.Name()
	if o.IsAlias() {
		return []string{fmt.Sprintf("type %s = %s", name, text(types.Unalias(o.Type())))}
	}
	named := o.Type().(*types.Named)
	head := "type " + text(named)
	if n := named.TypeParams().Len(); n > 0 {
		params := make([]string, n)
		for i := range params {
			params[i] = named.TypeParams().At(i).Obj().Name() + " " + text(named.TypeParams().At(i).Constraint())
		}
		head = "type " + name + "[" + strings.Join(params, ", ") + "]"
	}
	switch u := named.Underlying().(type) {
	case *types.Struct:
		lines = append(lines, head+" struct")
		for i := range u.NumFields() {
			f := u.Field(i)
			if !f.Exported() {
				continue
			}
			line := fmt.Sprintf("type %s struct, %s %s", name, f.Name(), text(f.Type()))
			if f.Embedded() {
				line = fmt.Sprintf("type %s struct, embedded %s", name, text(f.Type()))
			}
			if tag := u.Tag(i); tag != "" {
				line += " `" + tag + "`"
			}
			lines = append(lines, line)
		}
	case *types.Interface:
		lines = append(lines, head+" interface")
		for i := range u.NumEmbeddeds() {
			lines = append(lines, fmt.Sprintf("type %s interface, embedded %s", name, text(u.EmbeddedType(i))))
		}
		for i := range u.NumExplicitMethods() {
			m := u.ExplicitMethod(i)
			if !m.Exported() {
				lines = append(lines, fmt.Sprintf("type %s interface, and what only this package implements", name))
				continue
			}
			lines = append(lines, fmt.Sprintf("type %s interface, %s%s", name, m.Name(), strings.TrimPrefix(text(m.Type()), "func")))
		}
	default:
		lines = append(lines, head+" "+text(u))
	}
	for i := range named.NumMethods() {
		m := named.Method(i)
		if !m.Exported() {
			continue
		}
		pointer := ""
		if _, ok := m.Signature().Recv().Type().(*types.Pointer); ok {
			pointer = "*"
		}
		lines = append(lines, fmt.Sprintf("method (%s%s) %s%s", pointer, name, m.Name(), strings.TrimPrefix(text(m.Type()), "func")))
	}
	return lines
}

// unnamed is a signature without the names of its parameters, which callers do not use.
func unnamed(t types.Type) types.Type {
	s, ok := t.(*types.Signature)
	if !ok || s.TypeParams() != nil { // type parameters belong to one signature
		return t
	}
	strip := func(of *types.Tuple) *types.Tuple {
		vars := make([]*types.Var, of.Len())
		for i := range vars {
			vars[i] = types.NewParam(of.At(i).Pos(), of.At(i).Pkg(), "", unnamed(of.At(i).Type()))
		}
		return types.NewTuple(vars...)
	}
	return types.NewSignatureType(nil, nil, nil, strip(s.Params()), strip(s.Results()), s.Variadic())
}

// What is exported is recorded in full, and nothing else.
func TestExportedLines(t *testing.T) {
	const source = `package p

import "time"

type (
	S[T any] struct {
		A, b int ` + "`json:\"a\"`" + `
		time.Time
	}
	I interface {
		M(when time.Time) (err error)
		m()
	}
	F func(x int) string
	hidden int
	Same = hidden
)

const Size float32 = 2.5
const Kind = "k"

var V map[string]S[int]

func New[T comparable](a T, more ...int) *S[T] { return nil }
func Plain(a, b int) (n int, err error) { return }
func (s *S[T]) Do(now time.Time) error { return nil }
func (s S[T]) do() {}
func private() {}
`
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, "p.go", source, 0)
	require.NoError(t, err)
	c, err := compile()
	require.NoError(t, err)
	p, err := (&types.Config{Importer: c.importer}).Check("p", set, []*ast.File{f}, nil)
	require.NoError(t, err)
	lines := exported(p)
	slices.Sort(lines)
	require.Equal(t, []string{
		"const Kind untyped string = \"k\"",
		"const Size float32 = 2.5",
		"func New[T comparable](a T, more ...int) *S[T]",
		"func Plain(int, int) (int, error)",
		"method (*S) Do(time.Time) error",
		"type F func(int) string",
		"type I interface",
		"type I interface, M(time.Time) error",
		"type I interface, and what only this package implements",
		"type S struct, A int `json:\"a\"`",
		"type S struct, embedded time.Time",
		"type S[T any] struct",
		"type Same = hidden",
		"var V map[string]S[int]",
	}, lines)
	require.Equal(t, []string{"  b"}, without([]string{"a", "b"}, []string{"c", "a"}))
}
