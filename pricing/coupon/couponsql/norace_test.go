//go:build !race

package couponsql_test

const raceEnabled = false
