package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"strconv"
)

// change is one change to one file.
type change struct {
	file string
	line int
	what string
	text []byte // of the changed file
}

// find returns all changes to the files, in the order of their places.
func find(files []string) ([]change, error) {
	var all []change
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		changes, err := inFile(file, text)
		if err != nil {
			return nil, err
		}
		all = append(all, changes...)
	}
	return all, nil
}

// swaps are what operators are changed to.
var swaps = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.EQL: token.NEQ, token.NEQ: token.EQL, token.ADD: token.SUB, token.SUB: token.ADD,
	token.LAND: token.LOR, token.LOR: token.LAND, token.MUL: token.ADD, token.QUO: token.MUL,
	token.ADD_ASSIGN: token.SUB_ASSIGN, token.SUB_ASSIGN: token.ADD_ASSIGN,
}

// inFile returns the changes to one file. Each is made to the tree, printed, and taken
// back.
func inFile(file string, text []byte) ([]change, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var changes []change
	var failed error
	note := func(at token.Pos, what string) {
		var out bytes.Buffer
		if err := format.Node(&out, set, tree); err != nil {
			failed = err
			return
		}
		changes = append(changes, change{file, set.Position(at).Line, what, bytes.Clone(out.Bytes())})
	}
	for _, decl := range tree.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue // constants and types are what the rest is about
		}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if to, ok := swaps[n.Op]; ok {
					from := n.Op
					n.Op = to
					note(n.OpPos, fmt.Sprintf("%s is %s", from, to))
					n.Op = from
				}
			case *ast.AssignStmt:
				if to, ok := swaps[n.Tok]; ok {
					from := n.Tok
					n.Tok = to
					note(n.TokPos, fmt.Sprintf("%s is %s", from, to))
					n.Tok = from
				}
			case *ast.IfStmt:
				from := n.Cond
				n.Cond = &ast.UnaryExpr{Op: token.NOT, X: &ast.ParenExpr{X: from}}
				note(n.Pos(), "the condition is negated")
				n.Cond = from
			case *ast.BasicLit:
				if v, err := strconv.ParseInt(n.Value, 0, 64); n.Kind == token.INT && err == nil {
					from := n.Value
					n.Value = strconv.FormatInt(v+1, 10)
					note(n.Pos(), fmt.Sprintf("%s is %s", from, n.Value))
					n.Value = from
				}
			case *ast.ReturnStmt:
				if k := len(n.Results) - 1; k >= 0 {
					if id, ok := n.Results[k].(*ast.Ident); ok && id.Name == "err" {
						id.Name = "nil"
						note(n.Pos(), "the error is dropped")
						id.Name = "err"
					}
				}
			case *ast.BlockStmt:
				for i, statement := range n.List {
					switch statement.(type) {
					case *ast.ExprStmt, *ast.IncDecStmt, *ast.DeferStmt:
						n.List[i] = &ast.EmptyStmt{Semicolon: statement.Pos()}
						note(statement.Pos(), "the statement is left out")
						n.List[i] = statement
					}
				}
			}
			return failed == nil
		})
	}
	return changes, failed
}
