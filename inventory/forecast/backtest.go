package forecast

// Backtest is how a model would have done in the past: it is fitted to a part of
// a series and judged on what came after, from several origins. See
// [CrossValidation].
type Backtest struct {
	Model   string   // as it was fitted from the last origin
	Origins []Origin // oldest first
	// Means over all origins. Those of RMSE are of its squares; MASE and RMSSE
	// are over the origins at which they exist.
	SMAPE, MAE, RMSE float64
	MASE, RMSSE      Measure
	// WAPE and Bias are over all forecasts from all origins, as in [Accuracy].
	WAPE, Bias Measure
	// CRPS is the mean continuous ranked probability score of all forecasts, in
	// units of the data: twice the mean [Pinball] loss of the quantiles at 0.025,
	// 0.075, …, 0.975 (Gneiting & Ranjan, 2011).
	CRPS float64
	// TrackingSignal is that of the errors one period ahead, at the last origin;
	// see the function of that name.
	TrackingSignal float64
	// Levels has one for each level asked for, in their order.
	Levels []LevelScore
	// Distances has the accuracy 1, 2, … periods ahead.
	Distances []Distance
}

// LevelScore reports how good the intervals of one level were, from all
// origins and at all distances.
type LevelScore struct {
	Level    float64
	Coverage float64 // share of actual values inside, to compare with Level
	Width    float64 // mean width, in units of the data
	Score    Measure // mean [IntervalScore]: smaller is better
}

// Distance is the accuracy at one distance, over all origins.
type Distance struct {
	ME, MAE, RMSE, SMAPE float64
	// MASE is over the origins whose history has changes.
	MASE Measure
	// Coverage and Width are those of the intervals, in the order of the levels.
	Coverage, Width []float64
}

// Origin is one point in the past from which was forecast.
type Origin struct {
	At       int // number of observations before it
	Accuracy Accuracy
	Forecast Forecast
}
