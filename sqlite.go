package flywheel

import "net/url"

// SQLiteDSN returns the connection string for a file of the driver
// modernc.org/sqlite ("sqlite"), as the stores want it: a write-ahead log,
// synchronous=FULL, so that what was committed survives a loss of power, a second
// of patience with other processes before a transaction looks at its context and
// tries again, transactions that take the write lock at once, 64 MiB of pages in
// memory and a checkpoint each 64 MiB of log.
func SQLiteDSN(file string) string {
	q := url.Values{}
	for _, pragma := range []string{
		"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(1000)", "foreign_keys(1)",
		"cache_size(-65536)", "wal_autocheckpoint(16384)",
	} {
		q.Add("_pragma", pragma)
	}
	q.Set("_txlock", "immediate")
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + q.Encode()
}
