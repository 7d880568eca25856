// Package community has the rules by which customers buy, play and speak together:
// group purchases, prices that friends cut, flash sales, shared links, surveys and
// leaderboards.
//
// # The problem
//
// Social selling is full of edges that cost money. Two friends take the last seat of
// a group at once; a payment arrives after the group has failed; the hundredth cut
// must reach the floor exactly, not nearly; the hold on the last unit of a flash
// sale ends while its payment is under way. Each of these has one right answer,
// which is a matter of rules and not of databases. This package is those rules:
// values in, values out, no clock, no I/O.
//
//	sale, err := community.NewFlashSale(community.SaleRules{Windows: windows, Stock: 100})
//	duplicate, err := sale.Order("anna", "o-1", 1, at) // held for five minutes
//	outcome, err := sale.Pay("o-1", at.Add(time.Minute))
//
// # Activities
//
// [GroupBuy] (pin tuan): whoever leads pays, and has until the deadline to fill the
// group; unpaid orders hold seats for a while; late payments are refunded or lead
// another group. [Bargain] (kan jia): friends cut a price at random, and so many
// cuts as the rules say reach the floor. [FlashSale] (miao sha): windows, allowances
// and holds, with available + held + sold = stock after every step. [Shares]: who is
// credited with an order along a chain of shared links.
//
// Each activity is a value in memory that is driven by steps in the order of time.
// Before a step, everything that time alone causes by then happens: holds that end
// at the instant of a deadline end before it, and a deadline comes before a payment
// of the same instant. A step that the rules do not allow is a [*RefusedError] with
// its reason, and changes nothing but what time did.
//
// Posts and their comments are moderated by package catalog/review/moderation.
//
// # Surveys
//
// [NetPromoter], [Satisfied] and [EffortScore] give the three usual scores with
// honest intervals, [CompareNPS] tests a difference. [Rake] and [PostStratify] weight
// a sample that is not like its population, and say what that costs in precision.
//
// # Sources
//
// Net promoter intervals: Rocks (2016). Score interval: Wilson (1927). Raking: Deming
// and Stephan (1940), On a least squares adjustment. Post-stratification: Holt and
// Smith (1979). Design effect: Kish (1965), Survey sampling.
//
// # Units, cost and concurrency
//
// Amounts are minor units, times instants, scores of [NPS] points from -100 to 100.
// Steps cost O(orders of the person or group); a GroupBuy keeps all its orders. The
// activities are not safe for concurrent use; the functions are.
package community
