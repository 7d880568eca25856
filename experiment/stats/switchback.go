package stats

// Period is what happened in one region, or the whole market, in one period of a
// switchback experiment.
type Period struct {
	// Region is where; periods of different regions do not touch each other.
	Region string `json:"region"`
	// Block numbers the unit of randomisation in its region: periods that were
	// switched together.
	Block int `json:"block"`
	// Treated says whether the treatment was on.
	Treated bool `json:"treated"`
	// Units are the moments of the metric over the units of the period.
	Units Moments `json:"units"`
}

// Switchback reads an experiment that turns the treatment on and off for a whole
// market by blocks of time, because units of the same market affect each other.
// Blocks are its clusters. The zero value drops nothing and is two-sided at 5 %.
type Switchback struct {
	// Washout is how many periods after a switch are dropped, because what came
	// before still acts: choose it no shorter than the carry-over. Bojinov,
	// Simchi-Levi & Zhao (2023).
	Washout int
	// ClusterRandomized is how the blocks are compared.
	ClusterRandomized
}

// SwitchbackResult is a comparison by blocks of time.
type SwitchbackResult struct {
	ClusterResult
	// Blocks is how many blocks of either arm have a period left.
	ControlBlocks   int64 `json:"control_blocks"`
	TreatmentBlocks int64 `json:"treatment_blocks"`
	// Dropped is how many periods were in the washout.
	Dropped int `json:"dropped"`
}

// Test compares the periods with the treatment with those without. Periods are in
// the order of time within each region. The first periods of an experiment count
// as a switch. A block whose treatment changes inside is an [*InputError].
func (s Switchback) Test(periods ...Period) (SwitchbackResult, error) {
	if s.Washout < 0 {
		return SwitchbackResult{}, refuse("washout", float64(s.Washout), ErrNegative)
	}
	type state struct {
		block   int
		treated bool
		since   int // periods since the last switch
		units   Moments
	}
	regions := map[string]*state{}
	var order []*state
	var arms [2]Clusters
	var out SwitchbackResult
	finish := func(r *state) {
		arm := 0
		if r.treated {
			arm = 1
		}
		arms[arm].Add(r.units)
		r.units = Moments{}
	}
	for _, p := range periods {
		if p.Units.N < 0 || p.Units.N == 0 && p.Units != (Moments{}) {
			return SwitchbackResult{}, refuse("units of a period", float64(p.Units.N), ErrNegative)
		}
		r, seen := regions[p.Region]
		if !seen {
			r = &state{block: p.Block, treated: p.Treated}
			regions[p.Region] = r
			order = append(order, r)
		}
		switch {
		case p.Block == r.block && p.Treated != r.treated:
			return SwitchbackResult{}, refuse("treatment within block", float64(p.Block), ErrShape)
		case p.Block != r.block:
			finish(r)
			if p.Treated != r.treated {
				r.since = 0
			}
			r.block, r.treated = p.Block, p.Treated
		}
		if r.since < s.Washout {
			out.Dropped++
		} else {
			r.units.Merge(p.Units)
		}
		r.since++
	}
	for _, r := range order {
		finish(r)
	}
	result, err := s.ClusterRandomized.Test(arms[0], arms[1])
	if err != nil {
		return SwitchbackResult{}, err
	}
	out.ClusterResult = result
	out.ControlBlocks, out.TreatmentBlocks = arms[0].Totals.X.N, arms[1].Totals.X.N
	return out, nil
}
