package stats

import (
	"fmt"
	"math"
)

// Segment is a part of the units, such as new customers, with its arms.
type Segment struct {
	Name      string `json:"name"`
	Control   Sample `json:"control"`
	Treatment Sample `json:"treatment"`
}

// Segments reads the effect by segment without being fooled by looking at many:
// intervals that hold for all segments together, adjusted p values, a test of
// whether the effect differs between segments at all, and estimates drawn in
// towards the common effect as far as chance explains their spread. The zero
// value is two-sided at 5 % with Holm's procedure.
type Segments struct {
	Alpha       float64 // over all segments together; 0 means 0.05
	Alternative Alternative
	// Procedure adjusts the p values.
	Procedure Procedure
	// Relative is the method for the relative intervals.
	Relative RelativeInterval
}

// SegmentEffect is the reading of one segment.
type SegmentEffect struct {
	Name string `json:"name"`
	// Result holds intervals at the level that all segments hold together
	// (Šidák, 1967), and Result.Alpha is that level's.
	Result
	AdjustedP float64 `json:"adjusted_p"`
	// Shrunk is the absolute effect drawn in towards the common one: the best
	// guess of what the segment will do. Efron & Morris (1975), with the variance
	// between segments of DerSimonian & Laird (1986).
	Shrunk float64 `json:"shrunk"`
}

// SegmentsResult is the reading of all segments, in the order given.
type SegmentsResult struct {
	Segments []SegmentEffect `json:"segments"`
	// Common is the absolute effect over all segments, weighted by precision.
	Common Effect `json:"common"`
	// Q is Cochran's (1954) statistic, with its p value: small where the effect
	// truly differs between segments. Without that, differences are noise.
	Q    float64 `json:"q"`
	DF   float64 `json:"df"`
	P    float64 `json:"p"`
	LogP float64 `json:"log_p"`
	// Between is the estimated variance of the effect between segments, 0 where
	// chance explains all of their spread.
	Between  float64   `json:"between"`
	Warnings []Warning `json:"warnings,omitempty"`
}

// Test reads the segments, which must not overlap. One that cannot be read (an
// empty arm, no variance) is an [*InputError] that names it; merge it with
// another.
func (s Segments) Test(segments ...Segment) (SegmentsResult, error) {
	alpha, err := alphaOr(s.Alpha, 0.05)
	if err != nil {
		return SegmentsResult{}, err
	}
	if len(segments) < 2 {
		return SegmentsResult{}, refuse("number of segments", float64(len(segments)), ErrShape)
	}
	each, err := Sidak.PerTest(alpha, len(segments))
	if err != nil {
		return SegmentsResult{}, err
	}
	var out SegmentsResult
	var p []float64
	var weights []float64
	var weight, weighted, spread float64
	for _, segment := range segments {
		r, err := Welch{Alpha: each, Alternative: s.Alternative, Relative: s.Relative}.Test(segment.Control, segment.Treatment)
		if err != nil {
			return SegmentsResult{}, fmt.Errorf("segment %q: %w", segment.Name, err)
		}
		out.Segments = append(out.Segments, SegmentEffect{Name: segment.Name, Result: r})
		p = append(p, r.Absolute.P)
		w := 1 / (r.Absolute.StandardError * r.Absolute.StandardError)
		if !finite(w) {
			return SegmentsResult{}, fmt.Errorf("segment %q: %w", segment.Name, refuse("standard error", r.Absolute.StandardError, ErrZeroVariance))
		}
		weights = append(weights, w)
		weight, weighted = weight+w, weighted+float64(w*r.Absolute.Estimate)
	}
	adjusted, err := s.Procedure.Adjust(p)
	if err != nil {
		return SegmentsResult{}, err
	}
	common := weighted / weight
	for i, e := range out.Segments {
		spread += weights[i] * (1 - weights[i]/weight)
		z := (e.Absolute.Estimate - common) / e.Absolute.StandardError
		out.Q += z * z
	}
	out.DF = float64(len(segments) - 1)
	if !finite(out.Q) || !(spread > 0) {
		return SegmentsResult{}, refuse("Q", out.Q, ErrBeyond)
	}
	out.P, out.LogP = ChiSquareTail(out.Q, out.DF)
	out.Between = max(0, (out.Q-out.DF)/spread)
	for i := range out.Segments {
		e := &out.Segments[i]
		e.AdjustedP = adjusted[i]
		own := e.Absolute.StandardError * e.Absolute.StandardError
		e.Shrunk = common + out.Between/(out.Between+own)*(e.Absolute.Estimate-common)
		if len(keep(e.Warnings, RelativeUndefined, UnboundedInterval)) > 0 && len(out.Warnings) == 0 {
			out.Warnings = append(out.Warnings, Warning{SmallSample, "some segments are small or constant; their own warnings say which"})
		}
	}
	infinite := math.Inf(1)
	out.Common = student(alpha, infinite, 0, s.Alternative, s.Relative).symmetric(common, 1/math.Sqrt(weight), 0, infinite)
	return out, nil
}
