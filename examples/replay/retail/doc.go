// Package retail reads the Online Retail form: one shop's invoice lines over a
// year as CSV (Chen, Sain & Guo 2012, doi:10.1057/dbm.2012.17), with all that
// real books contain: cancellations, stock corrections, postage, fees, bad
// debt and typing errors.
//
// [Read] parses a file whole before anything happens with it. [Classify] says
// for each row what it is, [MatchReturns] which order a cancellation takes back
// and [Synthesize] makes up a year of the same form from a seed, so that a
// machine without the file has something to replay.
package retail
