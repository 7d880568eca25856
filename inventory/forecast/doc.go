// Package forecast predicts demand: how much of an item will be sold in the
// next periods, and how far that may be off.
//
// # The problem
//
// A shop orders before its customers do. What it should order depends on the
// demand of the next weeks and on how uncertain that is, for thousands of
// items, again each week. Some sell every day, most sell now and then, and no
// one looks at each. This package has the methods that have proved themselves
// in forecasting competitions and in spare-part stocks, each of them exact
// against the reference implementation in R, and [Auto], which chooses:
//
//	series := forecast.Series{Values: []float64{12, 15, 9, 14, 11, 13, 16, 12}}
//	fit, err := forecast.Auto{}.Fit(series)
//	...
//	next, err := fit.Forecast(4, 0.8)   // four periods, with 80 % intervals
//	mean, sd, err := fit.Total(4)       // of the sum: what to have in stock
//
// # Concepts
//
// A [Series] is what was observed at equal distances, oldest first. A [Model]
// is a method with its settings; its zero value estimates everything, and
// fields that are set are taken as given. Fitting gives a [Fit]: parameters,
// fitted values, the deviation of the errors, warnings. A Fit gives any number
// of [Forecast] values.
//
//   - Benchmarks: [Naive], [SeasonalNaive], [Mean], [Drift], [MovingAverage].
//   - Exponential smoothing: [SES], [Holt], [HoltWinters], the family [ETS], which
//     chooses among its forms by an information criterion; [Theta],
//     [OptimizedTheta] and [CES].
//   - Box and Jenkins: [ARIMA] with seasons, its [Orders] given or chosen.
//   - Intermittent demand, with many zeros: [Croston], [SBA], [SBJ], [TSB],
//     [ADIDA], [IMAPA], and [Counts], a law of whole units with its quantiles.
//     [Classify] tells which demand is intermittent.
//   - New products: [Analogy], from the launches of similar ones.
//   - Several or long seasons: [Decomposed].
//   - The default: [Auto], a combination with calibrated intervals. [Select]
//     names a fast model instead, and [Pool] combines models of your choice.
//   - Known influences: [ARIMA], [Auto] and any model in a [Regression] use the
//     [Regressor] values of a series: prices, promotions, holidays. A [Calendar]
//     makes those of trading days, holidays and promotions, [Fourier] those of
//     long seasons, [LevelShift] and [Pulse] those of what happened once.
//   - How far it may be off: every Fit has intervals and [Fit.Quantiles] of its
//     model; [Bootstrap] and [Conformal] give any model intervals without a law of
//     errors. [Fit.Total] is for the periods that an order must last,
//     [Fit.Paths] draws possible futures.
//   - Going on: [Fit.Update] takes in what is sold without fitting again.
//   - Why: [Fit.Components] splits a forecast into level, trend, season and
//     influences.
//   - Many series: [Batch] forecasts them in parallel, [Fill] replaces what is
//     missing, [Cleaning] also what was not in stock and what is an outlier.
//   - Choosing: [CrossValidation] tells how models would have done, [ValueAdded]
//     what each step from the naive forecast to the [Override] of a planner gained.
//   - Looking closer: [STL] and [MSTL] split a series into trend and seasons,
//     [Autocorrelations], [Differences] and [SeasonalDifferences] describe it,
//     [Fit.Residuals] tell what a model missed, and [DieboldMariano] whether one
//     forecast is better than another.
//   - Accuracy: [Evaluate], [Pinball], [IntervalScore], [Coverage],
//     [NormalCRPS], [SampleCRPS], [OWA], [TrackingSignal].
//
// # Units
//
// Forecasts are in the unit of the observations per period; horizons and
// seasons count periods; levels of intervals are probabilities (0.95, not 95).
// A demand forecast can be below zero when a trend falls: see [Forecast.Clamp].
//
// # Bad input
//
// An empty series, NaN (see [Fill]), an infinity or a negative demand is a [*SeriesError]
// with the position; a parameter, horizon or level out of range is a
// [*SettingError]. A series that is short, constant, or without demand gets the
// forecast that makes sense, and a [Warning]. No result is NaN or infinite,
// except an AICc that does not exist.
//
// # Cost and concurrency
//
// Everything is pure computation: no clock, no I/O, no chance but by seed, the
// same bytes each time. Models are values, and a Fit that is made is only read,
// except by [Fit.Update], so that all may be shared among goroutines. To fit many
// series, give each
// goroutine a Fit and a Forecast of its own and use [Model.FitTo] and
// [Fit.ForecastTo], which then allocate nothing: some 3 µs for 50 observations
// with [SES] or [Theta], 1 µs with [SBA]; a choice among the ETS family takes
// 0.1 ms without season and 3 ms for twelve years of months, [Auto] 0.2 and 3.5. [ARIMA] is the
// exception: on the series of the M3 competition its search among orders takes
// 0.2 ms for years, 2 ms for quarters and 40 ms for months, and naming what it
// found allocates.
//
// A Fit that is kept, from [Model.Fit], holds 3 to 4 KB for three to twelve years
// of months with [Auto], 1 to 3 KB with other models. One that is used again and
// again with FitTo keeps the memory of its search too, 10 to 35 KB. A [Batch] has
// 64 of these for each worker, however many series pass through.
//
// # Sources
//
// Hyndman, Koehler, Ord & Snyder, Forecasting with Exponential Smoothing (2008);
// Hyndman & Athanasopoulos, Forecasting: Principles and Practice (3rd ed.,
// 2021); Boylan & Syntetos, Intermittent Demand Forecasting (2021). Formulas
// name theirs where they stand. Test figures are from R 4.2.2 with forecast
// 8.20 and tsintermittent 1.10.
package forecast
