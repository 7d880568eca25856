// Package referral rewards customers who bring customers, and does not pay for those
// who bring themselves.
//
// # The problem
//
// A reward for a new customer is paid for the second mailbox of an old one, for a
// circle of three friends, for an order that is canceled next week. A commission
// over two levels is rounded twice, taken back in part, and has been withdrawn
// meanwhile. This package decides whom a referral counts for and what it earns:
// values in, values out, no clock, no I/O.
//
//	var network referral.Network
//	err := network.Refer("anna", "ben", people) // *RefusedError: self, same_person, cycle, …
//	program, err := referral.NewCommissions(referral.CommissionRules{RatesBP: []int64{1000, 500}})
//	err = program.Bind("ben", "anna", at)
//	earned, err := program.Paid("o-1", "ben", 19999, at) // {anna: 1999}
//
// # Referrals
//
// A [Network] is who brought whom, each person at most once and never in a circle. A
// referral is refused where both are one person by a [Person]'s signals: the mailbox
// ([Mailbox] ignores dots, tags and case where the provider does), a card, a device,
// an address. A signal that many share, such as a dormitory's address, is no sign of
// anything: see [Clusters]. A person who has ordered before is not new. A reward is
// earned by an order only when its hold is over and it was not canceled, see
// [Reward].
//
// # Commissions
//
// [Commissions] (fen xiao) binds customers to whoever brought them, for good or for
// so many days, the first or the last to bring them. Each paid order earns the
// people above its customer floor(base·rate/10000) per level, pending until so long
// after the goods were received. A refund computes it again on what is left; the
// difference is taken from what is pending or available, which may go below zero:
// the next earnings fill the hole first.
//
// # Two processes, a restart, a bad event
//
// [Rewards] are a consumer of the log without a database of their own: each process,
// also after a restart, reads the log from its beginning, and the key of a grant makes
// the reward be given once. An event that cannot be taken is parked by the runner.
// Networks and commissions are values; who keeps them decides who may change them.
//
// # Growth and fraud
//
// [Growth] says what a rate of invitations comes to. [Clusters] joins accounts by the
// signals that they share, and finds referrals within one cluster and in circles
// (Tarjan, 1972, Depth-first search and linear graph algorithms).
//
// # Units, cost and concurrency
//
// Amounts are minor units of one currency, rates hundredths of a percent. Referring
// and binding walk up one chain. A Network and Commissions are not safe for
// concurrent use; the functions are.
package referral
