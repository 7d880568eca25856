package rule

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// fits refuses an operand that the attribute's type can never meet.
func (b *builder) fits(at place, x any) {
	if !b.strict || x == nil {
		return
	}
	ok := true
	_, isText := x.(string)
	number, isNumber := x.(float64)
	switch at.typ {
	case String:
		ok = isText
	case Number:
		ok = isNumber
	case Int:
		ok = isNumber && number == math.Trunc(number)
	case Bool:
		_, ok = x.(bool)
	case Object:
		_, ok = x.(object)
	}
	if !ok {
		b.refuse(at.source, fmt.Errorf("%s for an attribute of type %v: %w", text(plain(x)), at.typ, ErrOperand))
	}
}

// scalar refuses an operator that compares numbers or texts on a list or an object,
// which it never meets.
func (b *builder) scalar(at place, operator string) {
	if b.strict && (at.typ == List || at.typ == Object) {
		b.refuse(at.source, fmt.Errorf("%s never meets an attribute of type %v: %w", operator, at.typ, ErrOperand))
	}
}

// mayBe reports whether an attribute of the type can have a kind; a missing one is
// null.
func (t Type) mayBe(k kind) bool {
	switch t {
	case String:
		return k == kindString || k == kindNull
	case Number, Int:
		return k == kindNumber || k == kindNull
	case Bool:
		return k == kindBool || k == kindNull
	case List:
		return k == kindList || k == kindNull
	case Object:
		return k == kindObject || k == kindNull
	}
	return true
}

// listed refuses a list operator on an attribute that is no list.
func (b *builder) listed(at place) {
	if b.strict && at.typ != Any && at.typ != List {
		b.refuse(at.source, fmt.Errorf("attribute of type %v is no list: %w", at.typ, ErrOperand))
	}
}

func (b *builder) limitList(at place, n int) {
	if b.strict && n > maxList {
		b.refuse(at.source, fmt.Errorf("%d values, at most %d: %w", n, maxList, flywheel.ErrLimit))
	}
}
