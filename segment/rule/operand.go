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
