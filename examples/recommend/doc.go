// Command recommend learns from a table of who chose what and writes ranked lists.
//
// Run it without files to see a made-up corner shop:
//
//	go run ./examples/recommend
//
// With files, gzip or not, separated by tabs, commas or semicolons, with a header of
// user, item and perhaps timestamp:
//
//	go run ./examples/recommend -train train.tsv.gz -valid valid.tsv.gz -test test.tsv.gz -eval -out lists.csv
//
// The model is chosen by package recommend's Auto unless -model names one; what was
// tried goes to standard error. The validation part chooses, and is then learned from
// as well, unless -keep-valid says that it is not (and that its items stay
// candidates). Without -valid a tenth of the training part is held out while
// choosing. Lists have the columns user, rank, item and score, for the users of the
// test part, or else for all of the training part. -eval prints the metrics of the
// lists on the test part as JSON to standard output.
//
// With -sessions the tables have SessionId, ItemId and Time. Lists are for every
// prefix of every session of the test part but the whole one: the columns are
// session, position (the length of the prefix), rank, item and score. The current item
// is never recommended, earlier ones may be.
//
// -explain USER prints why the items of a user's list are there.
package main
