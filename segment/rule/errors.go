package rule

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// What a strict rule can be refused for, beside being no valid JSON
// ([flywheel.ErrInvalid]) and being too large or too deep ([flywheel.ErrLimit]).
var (
	// ErrOperator reports an operator that does not exist or that stands where
	// it has no meaning.
	ErrOperator = fmt.Errorf("rule: unknown operator: %w", flywheel.ErrInvalid)
	// ErrAttribute reports an attribute that the schema does not have.
	ErrAttribute = fmt.Errorf("rule: unknown attribute: %w", flywheel.ErrInvalid)
	// ErrOperand reports a wanted value that the operator or the attribute's
	// type can never meet, such as a text for a number.
	ErrOperand = fmt.Errorf("rule: wrong operand: %w", flywheel.ErrInvalid)
	// ErrPattern reports a regular expression that is malformed or uses what
	// the linear-time engine does not have.
	ErrPattern = fmt.Errorf("rule: malformed pattern: %w", flywheel.ErrInvalid)
	// ErrGroup reports a saved group that was not given to [Compile].
	ErrGroup = fmt.Errorf("rule: unknown group: %w", flywheel.ErrInvalid)
)

// Error reports where in its source a rule is wrong.
type Error struct {
	Path string // such as "$and[1].age.$gt", empty for the whole
	Err  error  // wraps one of the sentinels or kinds
}

func (e *Error) Error() string {
	if e.Path == "" {
		return e.Err.Error()
	}
	return e.Path + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
