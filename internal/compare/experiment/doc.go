// Package experiment compares the assignment of package experiment/flag with
// other libraries in the same process. It is a module of its own, so that users
// of Flywheel do not inherit what it measures.
//
//	cd internal/compare/experiment && go test -bench . -cpu 1,2
package experiment
