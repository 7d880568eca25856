package loyalty

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
)

// edition is a recorded list of programs, compiled.
type edition struct {
	number   int64
	recorded time.Time
	programs []Program
	ledgers  []*Ledger
}

// compileList compiles a list of programs. Two of one From are refused.
func compileList(programs []Program) ([]*Ledger, error) {
	if len(programs) == 0 {
		return nil, &ProgramError{flywheel.FieldError{Field: "programs", Err: fmt.Errorf("missing: %w", flywheel.ErrInvalid)}}
	}
	ledgers := make([]*Ledger, len(programs))
	for i, p := range programs {
		for j, other := range programs[:i] {
			if p.From.Equal(other.From) {
				return nil, &ProgramError{flywheel.FieldError{
					Field: fmt.Sprintf("programs[%d].from", i),
					Err:   fmt.Errorf("%v is that of program %d: %w", p.From, j, flywheel.ErrInvalid),
				}}
			}
		}
		l, err := NewLedger(p)
		if err != nil {
			if e, ok := err.(*ProgramError); ok && len(programs) > 1 {
				e.Field = fmt.Sprintf("programs[%d].%s", i, e.Field)
			}
			return nil, err
		}
		ledgers[i] = l
	}
	return ledgers, nil
}

// calendar is the recorded lists in order. It is immutable.
type calendar []edition

// last returns the number of the newest list, zero without any.
func (c calendar) last() int64 {
	if len(c) == 0 {
		return 0
	}
	return c[len(c)-1].number
}

// at returns the program that something belongs to which took effect at one
// instant and was received at another: of the newest list recorded at or before
// its receipt, else of the first, the program with the newest From at or before
// its effect. There is none where all programs of that list begin later.
func (c calendar) at(effective, received time.Time) (list int64, program int, l *Ledger) {
	if len(c) == 0 {
		return 0, 0, nil
	}
	e := &c[0]
	for i := range c {
		if !c[i].recorded.After(received) {
			e = &c[i]
		}
	}
	best := -1
	for i, p := range e.programs {
		if !p.From.After(effective) && (best < 0 || p.From.After(e.programs[best].From)) {
			best = i
		}
	}
	if best < 0 {
		return 0, 0, nil
	}
	return e.number, best, e.ledgers[best]
}

// of returns the program that an order belongs to.
func (c calendar) of(o *Order) (*Ledger, error) {
	for i := range c {
		if c[i].number == o.List && o.Program < len(c[i].ledgers) {
			return c[i].ledgers[o.Program], nil
		}
	}
	return nil, fmt.Errorf("loyalty: program %d of list %d of order %q: %w", o.Program, o.List, o.Ref, flywheel.ErrNotFound)
}

// now returns the program of an instant by the newest list; where none has begun,
// the one that begins first. The calendar is not empty.
func (c calendar) now(at time.Time) *Ledger {
	e := &c[len(c)-1]
	if _, _, l := (calendar{*e}).at(at, at); l != nil {
		return l
	}
	first := 0
	for i, p := range e.programs {
		if p.From.Before(e.programs[first].From) {
			first = i
		}
	}
	return e.ledgers[first]
}

func compileEdition(p Programs) (edition, error) {
	ledgers, err := compileList(p.Programs)
	return edition{p.Number, p.Recorded, p.Programs, ledgers}, err
}
