package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
)

// change is one change to one file.
type change struct {
	file string
	line int
	what string
	// The bytes from to end of the file are replaced by with.
	from, end int
	with      string
}

// apply returns the text of the changed file.
func (c change) apply(text []byte) []byte {
	return slices.Concat(text[:c.from], []byte(c.with), text[c.end:])
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

// inFile returns the changes to one file.
func inFile(file string, text []byte) ([]change, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, text, 0)
	if err != nil {
		return nil, err
	}
	var changes []change
	// note records that text[from:end] is replaced. The line is that of at.
	note := func(at, from, end token.Pos, with, what string) {
		changes = append(changes, change{file: file, line: set.Position(at).Line, what: what,
			from: set.Position(from).Offset, end: set.Position(end).Offset, with: with})
	}
	operator := func(at token.Pos, from token.Token) {
		if to, ok := swaps[from]; ok {
			note(at, at, at+token.Pos(len(from.String())), to.String(), fmt.Sprintf("%s is %s", from, to))
		}
	}
	for _, decl := range tree.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue // constants and types are what the rest is about
		}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				operator(n.OpPos, n.Op)
			case *ast.AssignStmt:
				operator(n.TokPos, n.Tok)
			case *ast.IfStmt:
				from, end := n.Cond.Pos(), n.Cond.End()
				with := "!(" + string(text[set.Position(from).Offset:set.Position(end).Offset]) + ")"
				note(n.Pos(), from, end, with, "the condition is negated")
			case *ast.BasicLit:
				if v, err := strconv.ParseInt(n.Value, 0, 64); n.Kind == token.INT && err == nil {
					to := strconv.FormatInt(v+1, 10)
					note(n.Pos(), n.Pos(), n.End(), to, fmt.Sprintf("%s is %s", n.Value, to))
				}
			case *ast.ReturnStmt:
				if k := len(n.Results) - 1; k >= 0 {
					if id, ok := n.Results[k].(*ast.Ident); ok && id.Name == "err" {
						note(n.Pos(), id.Pos(), id.End(), "nil", "the error is dropped")
					}
				}
			case *ast.BlockStmt:
				for _, statement := range n.List {
					switch statement.(type) {
					case *ast.ExprStmt, *ast.IncDecStmt, *ast.DeferStmt:
						note(statement.Pos(), statement.Pos(), statement.End(), "", "the statement is left out")
					}
				}
			}
			return true
		})
	}
	return changes, nil
}
