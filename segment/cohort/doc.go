// Package cohort shows whether customers come back: retention by cohort, the
// lifecycle of the customer base, stickiness, and who is about to be lost.
//
// # The problem
//
// A growing number of buyers hides whether anybody returns. A cohort is everybody who
// began in one period; its row tells how many were active 1, 2, 3 … periods later, and
// what they spent.
//
//	table, err := cohort.New(activities, cohort.Month, time.UTC)
//	row := table.Rows[0]                       // the first month's customers
//	row.Active[3]                              // active three months later
//	row.Retention(3, cohort.Unbounded)         // or at any time from then on
//
// # Concepts
//
// A [Table] counts distinct customers per period of a calendar: days, weeks from
// Monday or months in a place. Retention is of three kinds: [Exact] in the k-th
// period, [Unbounded] in it or later, and [Table.Bracket] in a range of periods.
// [Table.Lifecycle] splits the customers of each period into new, returning (active in the
// period before too), resurrecting and dormant (active before, not now).
// [Stickiness] is on how many days of a period people are active. [StateOf] names
// the state of a customer by age and recency, from new to lost.
//
// # Units
//
// Values are in minor units of one currency. Weeks begin on Monday. A period that
// is not over is counted as far as it goes.
//
// # Cost
//
// O(n log n) for n activities. All is pure computation, and a Table is immutable.
package cohort
