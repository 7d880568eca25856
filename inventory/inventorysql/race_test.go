//go:build race

package inventorysql_test

const raceDetector = true
