// Command segment compares the analytics of segment with what people use from Python: pandas
// for RFM and cohorts of a million orders, scipy for the scores of a million customers and for
// the fits of BG/NBD and Pareto/NBD, scikit-learn's HistGradientBoosting for who buys or
// visits next. Both get the same data, on one thread, and must answer the same; it prints the
// processor time of each. It is a module of its own, as the other comparisons are.
//
//	go -C internal/compare/segment run .
//	go -C internal/compare/segment test .
//
// It needs the python3 of the system with pandas, scipy and scikit-learn, and the public data
// (see FLYWHEEL_DATA in CONTRIBUTING.md); without them it says so.
package main
