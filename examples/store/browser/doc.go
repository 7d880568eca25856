// Package browser holds the tests of the store in a real browser, and those of the script of
// package collect. It is a module of its own, so
// that the library asks nobody for a browser: it builds the command, starts it as anybody would,
// and drives Debian's Chromium through its pages.
//
//	apt-get install chromium
//	go -C examples/store/browser test .
//	go -C examples/store/browser test . -run Screenshots -screenshots "$PWD/pictures"   # pictures to look at
//
// Each test has a store and a browser profile of its own. A page that writes an error to the
// console fails the test that was on it.
package browser
