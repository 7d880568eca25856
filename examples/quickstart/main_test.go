package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

func Example() {
	main()
	// Output:
	// 17.80 EUR - 1.78 EUR + 3.04 EUR = 19.06 EUR paid
	// 1 order, 19.06 EUR in all; 8 mugs left
}

// TestShort keeps main at what fits on a screen.
func TestShort(t *testing.T) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "main.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "main" {
			if n := files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1; n > 32 {
				t.Errorf("main has %d lines, at most 32", n)
			}
			return
		}
	}
	t.Error("there is no main")
}
