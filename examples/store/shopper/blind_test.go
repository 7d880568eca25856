package shopper

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
)

// told are the words in which somebody could be told what they are in.
var told = regexp.MustCompile(`(?i)experiment|\barms?\b|_arm|flag|variant|treat|control|bucket|feature|exposure|group`)

// Nothing in this package can ask what somebody is in: it imports a clock, arithmetic, and the word
// for an item. Its code, comments apart, does not even have the words.
func TestImports(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	seen := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		seen++
		src, err := os.ReadFile(name)
		require.NoError(t, err)
		f, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
		require.NoError(t, err)
		for _, i := range f.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			require.NoError(t, err)
			require.Contains(t, []string{"context", "math", "time", "github.com/flywheel-go/flywheel"}, path, "%s imports it", name)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "flywheel" {
					require.Equal(t, "SKU", n.Sel.Name, "%s: the only word of the root", name)
				}
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "context" {
					require.Equal(t, "Context", n.Sel.Name, "%s: passed on and nothing else", name)
				}
				require.NotEqual(t, "Value", n.Sel.Name, "%s: nothing is read from a context", name)
			case *ast.Ident:
				require.NotRegexp(t, told, n.Name, name)
			case *ast.BasicLit:
				require.NotRegexp(t, told, n.Value, name)
			}
			return true
		})
	}
	require.GreaterOrEqual(t, seen, 5)
}

// Everything that can be reached from what a shop shows is listed here: a new field is looked at by
// whoever adds it.
func TestView(t *testing.T) {
	fields := map[string][]string{
		"View":     {"Now time.Time", "Categories []string", "Items []shopper.Offer", "More []shopper.Offer", "Cart []shopper.CartLine", "Total int64"},
		"Offer":    {"SKU flywheel.SKU", "Position int", "Words []string", "Price int64", "Was int64", "Rating float64", "Reviews int", "Days int", "SoldOut bool"},
		"CartLine": {"SKU flywheel.SKU", "Kind string", "Quantity int64", "SoldOut bool"},
		"Message":  {"Subject string", "At time.Time"},
		"Parcel":   {"Order string", "SKU flywheel.SKU", "Quality float64"},
	}
	reached := map[reflect.Type]bool{}
	var reach func(x reflect.Type)
	reach = func(x reflect.Type) {
		if reached[x] || x == reflect.TypeFor[time.Time]() || x == reflect.TypeFor[flywheel.SKU]() {
			return
		}
		reached[x] = true
		switch x.Kind() {
		case reflect.Slice:
			reach(x.Elem())
		case reflect.Struct:
			var have []string
			for i := range x.NumField() {
				f := x.Field(i)
				require.NotRegexp(t, told, f.Name)
				have = append(have, f.Name+" "+f.Type.String())
				reach(f.Type)
			}
			require.Equal(t, fields[x.Name()], have, x.Name())
		case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
		default:
			t.Errorf("%v can be reached from a view: a %v may say anything", x, x.Kind())
		}
	}
	for _, x := range []reflect.Type{reflect.TypeFor[View](), reflect.TypeFor[Message](), reflect.TypeFor[Parcel]()} {
		reach(x)
	}

	// A shop answers with nothing but views, and whether it sold.
	shop := reflect.TypeFor[Shop]()
	for i := range shop.NumMethod() {
		m := shop.Method(i)
		for k := range m.Type.NumOut() {
			out := m.Type.Out(k)
			require.Contains(t, []string{"shopper.View", "bool", "error"}, out.String(), m.Name)
		}
	}
	require.Equal(t, 6, shop.NumMethod())
}
