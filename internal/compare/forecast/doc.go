// Command forecast compares inventory/forecast with R's package forecast: both
// fit and forecast the same series of the M3 competition (and, for Croston's
// method, of car parts) on one thread, in turns, and it prints the processor
// time that each takes for a series. It makes sure that they do the same work,
// by comparing what they answer. It is a module of its own, as the other
// comparisons are.
//
//	go -C internal/compare/forecast run .
//	go -C internal/compare/forecast test .
//
// It needs Rscript with the package forecast, and the public data (see
// FLYWHEEL_DATA in CONTRIBUTING.md); without them it says so.
package main
