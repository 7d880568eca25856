// Package caltime is arithmetic on the calendar of a place: "twelve months
// later, there" for expiry dates, rolling windows and the waits of journeys.
//
// [time.Time.AddDate] normalizes 31 January plus one month to 3 March, and
// [time.Date] does not say which of two instants it gives where the clocks
// change. Here the month end is clamped, a local time that does not exist moves
// forward by the length of the gap, and of one that exists twice the first is
// taken (RFC 5545, section 3.3.5, takes the same two decisions).
package caltime
