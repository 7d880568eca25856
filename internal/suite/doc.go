// Package suite is the harness of the packages that test stores (carttest,
// inventorytest and so on), each of which exports the two functions that are made
// here: Run, the suite for whoever writes a store, and Failing, a store for crash
// tests.
//
//	type testCase = suite.Case[func(w *world) error]
//
//	var contract = suite.Suite[cart.Store, func(w *world) error]{
//		Cases: slices.Concat(saveCases, listCases, transactionCases),
//		Call: func(_ suite.T, check func(w *world) error, s cart.Store, tx flywheel.Transactor) error {
//			return check(&world{s, tx})
//		},
//	}
//
//	func Run(t *testing.T, fresh func(t *testing.T) cart.Store, f Features) {
//		contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
//	}
//
// A check has whatever form suits its package: it may return an error or report
// to the [T] that Call is given. The package's own tests show by [Suite.Bites]
// that a store with a fault is caught, and by which case, and by [Fails] that
// Failing does what it says.
//
// It links the standard library and the root package only, for the test binaries
// of users link it.
package suite
