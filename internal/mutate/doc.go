// Command mutate changes one thing at a time in the code of a package, runs the
// package's tests on each change, and reports the changes that no test noticed.
//
//	go run ./internal/mutate -n 20 ./pricing ./inventory
//	go run ./internal/mutate -budget 90s -since HEAD~1
//	go run ./internal/mutate -at pricing/after.go:63 ./pricing
//
// A change is one of: a comparison moved or turned round, a sum turned into a
// difference, a condition negated, && for ||, a constant one higher, an error that is
// dropped, a statement left out. Which ones are tried is drawn from -seed. The sources
// are not touched: a change is an overlay of go test. A change that does not compile
// counts for nothing, one on which the tests run longer than -timeout is caught.
//
// A survivor is a hole in the tests, or a change that makes no difference. With -list
// each change is printed with what became of it. The program ends with status 1 where
// less than -least of the changes were caught.
package main
