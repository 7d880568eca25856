package catalog

import "github.com/flywheel-go/flywheel/internal/table"

// GuardCell returns a text as it is written to a CSV file that people open: a
// spreadsheet would compute what begins with =, +, -, @, a tab, a carriage return or
// a full-width form of these, so such a text gets an apostrophe in front, and so
// does one that begins with apostrophes and one of them. [UnguardCell] is the
// inverse.
func GuardCell(text string) string { return table.Guard(text) }

// UnguardCell takes away the apostrophe of [GuardCell].
func UnguardCell(cell string) string { return table.Unguard(cell) }
