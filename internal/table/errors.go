package table

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// CellError names the place in a table that cannot be read.
type CellError struct {
	File   string // as the program calls it
	Line   int    // from 1; 0 where the file as a whole is meant
	Column int    // from 1; 0 where the line as a whole is meant
	Header string // what the table calls the column
	// Field is what the column means to the program, "" for none.
	flywheel.FieldError
}

func (e *CellError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		b.WriteString(": line " + strconv.Itoa(e.Line))
	}
	if e.Column > 0 {
		b.WriteString(", column " + strconv.Itoa(e.Column))
	}
	switch {
	case e.Field != "" && e.Header != "" && e.Field != e.Header:
		fmt.Fprintf(&b, " (%s, headed %q)", e.Field, e.Header)
	case e.Field != "":
		fmt.Fprintf(&b, " (%s)", e.Field)
	case e.Header != "":
		fmt.Fprintf(&b, " (%s)", e.Header)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	return b.String()
}

// Unwrap returns the error about the field, which wraps the cause.
func (e *CellError) Unwrap() error { return &e.FieldError }
