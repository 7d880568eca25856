// Package supplier keeps what a shop knows of those it buys from: what was ordered,
// what came, whether it was any good, what it really cost, and whom to order from
// next time.
//
// # The problem
//
// A delivery of a thousand lamps stands at the gate. How many are to be tested, and
// how many bad ones are too many? The invoice is for a thousand, twenty went back,
// and the price is not the agreed one. Supplier A has three orders, all on time;
// supplier B has three hundred, 97 % on time: who is better? This package answers
// with figures that can be checked, and keeps one object from the order to the
// score, so that they all come from the same documents:
//
//	plan, err := supplier.Scheme{AQL: 1.0}.Plan(1000, supplier.Normal) // 80 lamps, accept up to 2
//	order, moves, err := order.Apply(receipt)                          // to stock and quarantine
//	lines, err := order.Match(supplier.Tolerance{Price: 0.01})         // ordered, received, billed
//	card, err := supplier.Score(order.Scored(), supplier.ScoreRules{}) // on time, in full, ppm
//
// # Orders
//
// A [Supplier] has terms, an approval and items with prices and lead times;
// [Supplier.Draft] makes an [Order] of what plans want. An Order is a value that
// changes by [Document]s only: sending, confirmation, partial receipts, inspection
// out of quarantine, returns, invoices, cancellation. [Order.Apply] returns the next
// order and the [Movement]s of stock, is idempotent by the document's ID, and leaves
// everything as it was after an error. [Order.Incoming] has the rows that a delivery
// promise reads, [Order.Match] compares order, receipt and invoice, [Shipment.Landed]
// shares freight and adds duty at dated exchange rates, [Aging] finds old and dead
// stock by supplier.
//
// # From the plan to the score
//
// A [Service] keeps suppliers and orders in a [Store]: in memory, or in PostgreSQL or
// SQLite by package suppliersql. [Service.Plan] makes wants of a forecast, with the
// stock, what is on order, the packs and the lead times that receipts have shown;
// [Service.Draft] an order of them, promised by those lead times; [Service.Apply] takes
// documents. What is expected, with its range of days, and what came, to the shelf or to
// quarantine, is posted to inventory in the transaction of the order, so that a delivery
// promise and the next plan read it without any other step. [Service.Inspect] decides
// about a lot by its sampling plan and moves the switching rules on, [Service.Match]
// compares the invoice, [Service.Report] scores all suppliers.
//
// # Two processes, a restart, a bad event
//
// Processes that share a database share orders: a document is applied by its ID, once,
// whoever brings it. After a restart [Service.Resume] tells stock what a crash kept
// from it. A document that is refused changes neither order nor stock, and the next one
// is taken.
//
// # Acceptance sampling
//
// [Scheme] has the plans of ISO 2859-1, of one, two or seven stages, and [History]
// its switching rules. [FindPlan] and [FindVariablesPlan] make plans of two risk
// points. [SinglePlan], [MultiplePlan] and [VariablesPlan] tell what a plan does:
// the operating characteristic, the average sample number, what goes out (AOQ, AOQL)
// and how much is inspected (ATI).
//
// # Control charts and capability
//
// [XBarR], [XBarS], [Individuals], [PChart], [NPChart], [CChart], [UChart] and, for
// large samples, [LaneyP] and [LaneyU] compute limits from a history. [Monitor] with
// its run rules, [EWMA] and [CUSUM] watch a stream, some ten nanoseconds a point.
// [Process.Capability] has Cp, Cpk and Cpm with intervals.
//
// # Scores
//
// A [Scorecard] is defined in words: see its fields. A figure without data is nil, and
// counts as none in [Rate]: no data is never perfect. [Shrink] keeps three orders
// from beating three hundred, [EstimateLeadTime] does the same for lead times. [AHP]
// finds weights from judgments and says when they contradict each other;
// [TOPSIS] ranks and names the pairs whose order depends on a third supplier.
//
// # Units
//
// Quantities are whole units in orders and any unit in scores; fractions and rates
// are 0 to 1, an AQL is in percent as printed; days are calendar days in the location
// of the given times. Money is exact: amounts in minor units, unit prices with up to
// 18 decimals, sums of lines as decimals.
//
// # Bad input
//
// An [*InputError] names the place and what was found there, and matches one of the
// sentinels. Nothing panics, and no result is NaN or infinite.
//
// # Cost and concurrency
//
// Everything but [Service] is pure computation on values and safe for concurrent use;
// the streams ([Monitor], [EWMAStream], [CUSUMStream]) belong to one goroutine at a
// time. A document costs a handful of statements, whatever the number of orders;
// reports and lead times read the orders of their window. A plan
// from two risk points takes some 10 µs, one by variables with unknown sigma some 70, an
// operating characteristic a microsecond a point.
//
// # Sources
//
// ISO 2859-1:1989 and MIL-STD-105E (the same tables) for sampling schemes, ISO 3951
// for the k-method, Montgomery, Introduction to Statistical Quality Control (7th ed.,
// 2013), for charts, Saaty (1980) and Hwang and Yoon (1981) for weights and ranks;
// formulas name theirs.
package supplier
