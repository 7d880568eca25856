// Command forecast reads time series, forecasts them and writes the forecasts.
//
//	go run ./examples/forecast -in series.csv -h 18 -freq 12 > forecasts.csv
//
// Input is the long form that the field uses, a CSV with the columns unique_id,
// ds and y (others are ignored), one observation a row: ds is an integer or a
// date, y a number or empty where it is missing. Several files are separated by
// commas or given as arguments; gzip, delimiter and encoding are recognized, and
// other headers are named with -map y=units. Rows may come in any order.
// A time without a row is a missing observation, and missing observations are
// filled, saying so.
//
// With -with price,promotion these columns are regressors: the last rows of a
// series, without y, are the periods to come, whose regressors are known.
// -intervals takes the ranges from errors drawn again (bootstrap) or from how far
// the model was off in the past (conformal) instead of the model.
//
// Output, on stdout or in the file of -out, is a CSV of unique_id, ds, mean and
// for each level lo-80, hi-80 and so on; nothing else. Series come in the order
// in which they first appear. What there is to tell, such as warnings, the
// accuracy of -backtest K origins and the series that could not be forecast, is
// on stderr; with one of those the exit status is 1. Forecasts of a series that
// was never negative are not negative.
//
// -plot FILE writes a page with history, forecast and fan of the first 200
// series. Without input it forecasts a built-in series, the airline passengers
// of Box & Jenkins (1976).
package main
