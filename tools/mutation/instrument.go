package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strconv"
)

// instrument returns the text of a file in which all operators that gremlins changes are behind conditions, and these
// operators, which are numbered from first on. No line moves.
func (pkg *source) instrument(file *ast.File, first int) ([]byte, []*point) {
	i := &instrumenter{pkg: pkg, file: file, first: first, imports: map[string]string{}}
	for _, spec := range file.Imports {
		of, _ := strconv.Unquote(spec.Path.Value)
		i.imports[of] = path.Base(of)
		if spec.Name != nil {
			i.imports[of] = spec.Name.Name
		}
	}
	i.visit(file, false)
	return apply(pkg.text[file], i.edits), i.points
}

// instrumenter collects what changes in a file.
type instrumenter struct {
	pkg     *source
	file    *ast.File
	imports map[string]string // names by path
	first   int
	inSize  bool // within the capacity of a slice or a map
	points  []*point
	edits   []edit
}

// visit goes over a node; constant is for what has to stay a constant.
func (i *instrumenter) visit(node ast.Node, constant bool) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			if n.Tok == token.CONST && !constant {
				i.constants(n)
				return false
			}
		case *ast.ArrayType:
			if n.Len != nil && !constant {
				i.visit(n.Len, true)
				i.visit(n.Elt, false)
				return false
			}
		case *ast.CallExpr:
			if size := i.capacity(n); size != nil && !i.inSize {
				for _, arg := range n.Args[:len(n.Args)-1] {
					i.visit(arg, constant)
				}
				i.inSize = true
				i.visit(size, constant)
				i.inSize = false
				return false
			}
		case *ast.BinaryExpr:
			i.binary(n, constant)
		case *ast.UnaryExpr:
			if n.Op == token.SUB {
				i.minus(n, constant)
			}
		case *ast.IncDecStmt:
			i.step(n)
		}
		return true
	})
}

// constants makes variables of the constants that can be variables, so that a change of them need not be compiled.
func (i *instrumenter) constants(group *ast.GenDecl) {
	for _, spec := range group.Specs {
		c, ok := spec.(*ast.ValueSpec)
		if !ok || !i.pkg.variables || !i.canVary(group, c) {
			i.visit(spec, true)
			continue
		}
		if group.Lparen.IsValid() {
			i.insert(c.Pos(), "); var (")
			i.visit(c, false)
			i.closeWith(c.End(), "); const (")
		} else {
			i.replace(group.Pos(), len("const"), "var")
			i.visit(c, false)
		}
	}
}

// canVary reports whether a constant has a type and a calculated value, no constant depends on it, and it does not depend
// on its place in the group. Whether it is the length of an array shows when it is compiled.
func (i *instrumenter) canVary(group *ast.GenDecl, c *ast.ValueSpec) bool {
	for _, spec := range group.Specs {
		if other, ok := spec.(*ast.ValueSpec); !ok || len(other.Values) == 0 || mentions(other, "iota") {
			return false
		}
	}
	if len(c.Names) != 1 || is(i.pkg.types[c.Values[0]].Type, types.IsUntyped) {
		return false
	}
	for _, file := range i.pkg.files {
		used := false
		ast.Inspect(file, func(n ast.Node) bool {
			if g, ok := n.(*ast.GenDecl); ok && g.Tok == token.CONST {
				for _, spec := range g.Specs {
					used = used || spec != c && mentions(spec, c.Names[0].Name)
				}
			}
			return !used
		})
		if used {
			return false
		}
	}
	return true
}

func mentions(node ast.Node, name string) (found bool) {
	ast.Inspect(node, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && id.Name == name
		return !found
	})
	return found
}

// capacity returns the argument of make that only saves allocations.
func (i *instrumenter) capacity(n *ast.CallExpr) ast.Expr {
	if name, ok := n.Fun.(*ast.Ident); !ok || name.Name != "make" || len(n.Args) < 2 {
		return nil
	}
	if len(n.Args) == 3 {
		return n.Args[2]
	}
	if _, ok := i.pkg.types[n.Args[0]].Type.Underlying().(*types.Map); ok {
		return n.Args[1]
	}
	return nil
}

// binary puts a comparison or a calculation behind a condition.
func (i *instrumenter) binary(n *ast.BinaryExpr, constant bool) {
	operand := i.pkg.types[n.X]
	if operand.Value != nil {
		operand = i.pkg.types[n.Y]
	}
	switch n.Op {
	case token.EQL, token.NEQ:
		p, number := i.point(n.OpPos, n.Op)
		if p.Switched = !constant; p.Switched {
			i.insert(n.Pos(), "((")
			i.closeWith(n.End(), ") != mutationReaches("+number+"))")
		}
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		p, number := i.point(n.OpPos, n.Op)
		if p.Switched = !constant && is(operand.Type, types.IsOrdered); p.Switched {
			of, _ := i.typeArgument(operand.Type)
			i.call(n, "mutationCompare"+of, number)
		}
	case token.ADD, token.SUB, token.MUL, token.QUO, token.REM:
		p, number := i.point(n.OpPos, n.Op)
		result := i.pkg.types[n].Type
		of, named := i.typeArgument(result)
		p.Pointless = p.Pointless || is(result, types.IsString) // which can be added, and not subtracted
		p.Switched = !constant && named && is(result, types.IsInteger|types.IsFloat) && !is(result, types.IsUntyped)
		if !p.Switched {
			return
		}
		if n.Op == token.REM {
			i.call(n, "mutationRemainder"+of, number)
		} else {
			i.call(n, "mutationCalculate"+of, number)
		}
	}
}

// call makes an operator the call of a function.
func (i *instrumenter) call(n *ast.BinaryExpr, function, number string) {
	i.insert(n.Pos(), fmt.Sprintf("%s(%s, %q, ", function, number, n.Op))
	i.replace(n.OpPos, len(n.Op.String()), ",")
	i.closeWith(n.End(), ")")
}

func (i *instrumenter) minus(n *ast.UnaryExpr, constant bool) {
	p, number := i.point(n.OpPos, n.Op)
	result := i.pkg.types[n].Type
	of, named := i.typeArgument(result)
	p.Switched = !constant && named && is(result, types.IsInteger|types.IsFloat) && !is(result, types.IsUntyped)
	if p.Switched {
		i.replace(n.OpPos, 1, "mutationNegate"+of+"("+number+", ")
		i.closeWith(n.End(), ")")
	}
}

// step handles ++ and --.
func (i *instrumenter) step(n *ast.IncDecStmt) {
	p, number := i.point(n.TokPos, n.Tok)
	of, named := i.typeArgument(i.pkg.types[n.X].Type)
	if p.Switched = named; named {
		assign := map[token.Token]string{token.INC: " += ", token.DEC: " -= "}[n.Tok]
		i.replace(n.TokPos, 2, assign+"mutationStep"+of+"("+number+")")
	}
}

// point adds a point, and returns its number as well.
func (i *instrumenter) point(pos token.Pos, op token.Token) (*point, string) {
	at := i.pkg.set.Position(pos)
	p := &point{File: at.Filename, Offset: at.Offset, Line: at.Line, Column: at.Column, Op: op.String(), Pointless: i.inSize}
	number := strconv.Itoa(i.first + len(i.points))
	i.points = append(i.points, p)
	return p, number
}

// typeArgument is a type in brackets; it is "" and false where the file has no name for it.
func (i *instrumenter) typeArgument(t types.Type) (string, bool) {
	known := true
	name := types.TypeString(types.Default(t), func(p *types.Package) string {
		if p.Path() == i.pkg.ImportPath {
			return ""
		}
		name, found := i.imports[p.Path()]
		known = known && found
		return name
	})
	if !known {
		return "", false
	}
	return "[" + name + "]", true
}

func is(t types.Type, wanted types.BasicInfo) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&wanted != 0
}

// edit is a change of a file's text.
type edit struct {
	offset, removed int
	text            string
	closes          bool
}

func (i *instrumenter) insert(at token.Pos, text string) { i.replace(at, 0, text) }

func (i *instrumenter) replace(at token.Pos, length int, text string) {
	i.edits = append(i.edits, edit{offset: i.pkg.set.Position(at).Offset, removed: length, text: text})
}

func (i *instrumenter) closeWith(at token.Pos, text string) {
	i.edits = append(i.edits, edit{offset: i.pkg.set.Position(at).Offset, text: text, closes: true})
}

// apply makes the changes, which are in the order of the nodes, outer ones first. At one place, the inner node closes
// before the outer one, and all close before the next one opens.
func apply(text []byte, edits []edit) []byte {
	slices.Reverse(edits)
	opening := slices.DeleteFunc(slices.Clone(edits), func(e edit) bool { return e.closes })
	closing := slices.DeleteFunc(edits, func(e edit) bool { return !e.closes })
	slices.Reverse(opening)
	all := slices.Concat(closing, opening)
	slices.SortStableFunc(all, func(a, b edit) int { return a.offset - b.offset })
	var out []byte
	at := 0
	for _, e := range all {
		out = append(out, text[at:e.offset]...)
		out = append(out, e.text...)
		at = e.offset + e.removed
	}
	return append(out, text[at:]...)
}
