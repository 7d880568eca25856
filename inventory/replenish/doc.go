// Package replenish turns a demand forecast into orders: how much of an item to
// order now, and why.
//
// # The problem
//
// An order placed today arrives after a lead time, and until the one after it
// arrives the stock must last. Order too little and customers go without; order
// too much and money lies on the shelf. How much is right follows from the
// demand forecast and its uncertainty, the lead time and its uncertainty, and
// the service that the shop wants to give:
//
//	order, err := replenish.Plan(replenish.Item{
//		SKU: "mug", OnHand: 30, OnOrder: 20,
//		Demand:   replenish.Demand{Mean: 25, SD: 8},  // per week
//		LeadTime: replenish.LeadTime{Mean: 2, SD: 0.5}, // weeks
//		Lot:      replenish.Lot{Pack: 12},
//	}, replenish.Policy{Review: 1, Service: 0.95})
//	fmt.Println(order.Quantity, order.Explanation)
//
// # Concepts
//
// The position of an item is what is on hand and on order, less what customers
// wait for. It is the position, not the stock, that a plan compares with its
// level, so that nothing is ordered twice. A [Policy] either orders up to the
// level at each review, (R, S), or a fixed quantity when the position has
// fallen to it, (r, Q). The level covers the protection interval, lead time
// plus review, with a safety stock for a target:
//
//   - Service, the probability that a cycle passes without a stock-out: the
//     safety stock is z·√(P·σd² + d²·σL²) ([SafetyStock]);
//   - FillRate, the share of demand met from stock, which takes into account
//     how much a stock-out is short ([SafetyStockForFillRate] under continuous
//     review; between reviews the shortage counts from one arrival to the next).
//
// [Plan] decides one item and explains it, [PlanAll] many. [Newsvendor] chooses
// a level by costs, [Reorder] the point and quantity of an (r, Q) policy,
// [MinMaxCosts] and, in one formula, [MinMax] the two levels of an (s, S)
// policy, [EconomicOrder] and [Discounts] a quantity for a steady demand, also
// when deliveries fall short ([Yield]) or stop ([Disruption]), [Production] a batch,
// [JointOrder] the
// quantities of items that are ordered together,
// [WagnerWhitin] and [SilverMeal] quantities for a known demand that varies,
// and [Classify] groups items by value and regularity.
//
// [Project] plans an item at a place over the periods of its forecast: what to
// order when, why, and with which service, cost and risk. [Share] cuts orders
// to budgets and room that items share, [TopUp] fills containers. [Outdated]
// accounts for shelf life, [FindExcess] for stock that is too much or dead,
// [LastOrder] for the end of an item's life. [SerialBaseStock],
// [AssemblyBaseStock] and [DepotBaseStock] place stock along a supply line, in an
// assembly, and between a depot and its outlets. [CycleService] says what service a
// policy gives that is in use, under any [Law].
//
// A [Simulation] runs any [Rule] against paths of demand, drawn from a law
// ([Sample]) or from a history ([Bootstrap]), with lead times that vary, lost
// sales and shelf life, and finds the cheapest rule that meets a [Target]. For
// items that sell now and then, a [Learner] finds levels from the histories of
// many of them. In a rolling simulation of 9,046 spare parts (three sets, three
// critical ratios) they cost 1.5 to 9.6 % less than the best of eleven textbook
// policies, at a fill rate that is not lower.
// CONTRIBUTING.md has the figures and the command.
//
// A forecast of package inventory/forecast gives mean and deviation of the
// demand over the protection interval by its Fit.Total, where errors that
// persist make the deviation larger than √P times the one of a period; [Spread]
// makes a [Demand] of them.
//
// # Units
//
// Stock is in whole units of the SKU, demand in units per period, times in
// periods, whatever a period is: use the one of the forecast. Costs are in any
// one currency.
//
// Demand is taken as normal, which fits the sum over a lead time where more
// than some ten units sell; for slower items Policy.Counts takes it as negative
// binomial. [Poisson], [NegativeBinomial] and [NewCounts] make such a
// [Distribution] for a [Newsvendor], as are [Gamma], [Lognormal], [Exponential]
// and [Uniform].
//
// # Bad input
//
// A figure that is NaN, infinite, negative or beyond its range is a
// [*SettingError]; in a batch an [*ItemError] names the item, and the others
// are planned. No result is NaN or infinite.
//
// # Cost and concurrency
//
// Everything is pure computation on values: O(1) per item, some 0.1 µs for a
// service level, 5 µs for a fill rate and 20 µs with Policy.Counts, unless its
// comment says otherwise. A simulated period takes some 20 ns. All functions may
// be called from any number of goroutines.
//
// # Sources
//
// Silver, Pyke & Thomas, Inventory and Production Management in Supply Chains
// (4th ed., 2017); Snyder & Shen, Fundamentals of Supply Chain Theory (2nd ed.,
// 2019); Chopra & Meindl, Supply Chain Management. Test figures are from the
// open-source library stockpyl and from these books.
package replenish
