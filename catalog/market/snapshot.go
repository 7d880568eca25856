package market

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/flywheel-go/flywheel/internal/strictjson"
)

// streamState is a [Stream] as a snapshot has it.
type streamState struct {
	Rule        Detector    `json:"rule"`
	First       time.Time   `json:"first"`
	Last        time.Time   `json:"last"`
	Step        int         `json:"step"`
	Seen        int         `json:"seen"`
	Warm        []warmState `json:"warm,omitempty"`
	Level       float64     `json:"level"`
	SD          float64     `json:"sd"`
	Season      []float64   `json:"season,omitempty"`
	LastPrice   float64     `json:"last_price"`
	Uplift      float64     `json:"uplift"`
	Uplifts     int         `json:"uplifts"`
	SincePromo  int         `json:"since_promotion"`
	Settling    int         `json:"settling"`
	SettleDir   float64     `json:"settle_direction"`
	SettleMoves []float64   `json:"settle_moves,omitempty"`
	Learning    int         `json:"learning"`
	Up          float64     `json:"up"`
	Down        float64     `json:"down"`
	UpAt        int         `json:"up_at"`
	DownAt      int         `json:"down_at"`
	UpTime      time.Time   `json:"up_time"`
	DownTime    time.Time   `json:"down_time"`
	Recent      []float64   `json:"recent,omitempty"`
	Open        *Incident   `json:"open,omitempty"`
	Quiet       int         `json:"quiet"`
	Relevels    int         `json:"relevels"`
	News        *newsState  `json:"news,omitempty"`
}

type warmState struct {
	Phase int     `json:"phase"`
	Move  float64 `json:"move"`
	Value float64 `json:"value"`
}

// newsState is a [novelty].
type newsState struct {
	Seen          int       `json:"seen"`
	Base          float64   `json:"base"`
	Before        float64   `json:"before"`
	Usual         []float64 `json:"usual"`
	Days          []int     `json:"days"`
	Values        pastState `json:"values"`
	Steps         pastState `json:"steps"`
	Means         pastState `json:"means"`
	Last          pastState `json:"last"`
	Distances     pastState `json:"distances"`
	LastDistances pastState `json:"last_distances"`
}

// pastState is a [past]. Values are eight bytes each, as there may be thousands.
type pastState struct {
	Values []byte  `json:"values"`
	At     int     `json:"at"`
	Sum    float64 `json:"sum"`
	Square float64 `json:"square"`
}

// Snapshot returns the stream as JSON, for [Detector.Resume]: a stream that goes on from
// it reads what follows as this one does, to the last bit. It is at most some kilobytes,
// and about 45 bytes for each point of Memory for an Unknown metric.
func (s *Stream) Snapshot() ([]byte, error) {
	state := streamState{
		Rule: s.rule, First: s.first, Last: s.last, Step: s.step, Seen: s.seen, Level: s.level, SD: s.sd, Season: s.season,
		LastPrice: s.lastPrice, Uplift: s.uplift, Uplifts: s.uplifts, SincePromo: s.sincePromo, Settling: s.settling, SettleDir: s.settleDir,
		SettleMoves: s.settleMoves, Learning: s.learning, Up: s.up, Down: s.down, UpAt: s.upAt, DownAt: s.downAt, UpTime: s.upTime,
		DownTime: s.downTime, Recent: s.recent, Open: s.open, Quiet: s.quiet, Relevels: s.relevels,
	}
	for _, w := range s.warm {
		state.Warm = append(state.Warm, warmState{w.phase, w.move, w.value})
	}
	if n := s.news; n != nil {
		state.News = &newsState{
			Seen: n.seen, Base: n.base, Before: n.before, Usual: n.usual[:], Days: n.days[:], Values: n.values.state(), Steps: n.steps.state(),
			Means: n.means.state(), Last: n.last.state(), Distances: n.distances.state(), LastDistances: n.lastDistances.state(),
		}
	}
	return json.Marshal(state)
}

func (p *past) state() pastState {
	s := pastState{Values: make([]byte, 0, 8*p.n), At: p.at, Sum: p.sum, Square: p.square}
	for _, v := range p.values[:p.n] {
		s.Values = binary.LittleEndian.AppendUint64(s.Values, math.Float64bits(v))
	}
	return s
}

// mostSnapshot bounds what [Detector.Resume] reads, in bytes.
const mostSnapshot = 1 << 30

// Resume returns a stream that goes on from a snapshot of one of the same detector. A
// snapshot of another detector, or one that no stream can have made, is an error.
func (d Detector) Resume(snapshot []byte) (*Stream, error) {
	s, err := d.Stream()
	if err != nil {
		return nil, err
	}
	var state streamState
	if err := strictjson.Decode(snapshot, &state, &strictjson.Limits{Bytes: mostSnapshot}); err != nil {
		return nil, fmt.Errorf("market: snapshot: %w", err)
	}
	if state.Rule != s.rule {
		return nil, refuse("detector of the snapshot", fmt.Sprintf("%+v", state.Rule), ErrInput)
	}
	if err := state.check(s); err != nil {
		return nil, err
	}
	s.first, s.last, s.step, s.seen = state.First, state.Last, state.Step, state.Seen
	for _, w := range state.Warm {
		s.warm = append(s.warm, warm{w.Phase, w.Move, w.Value})
	}
	s.level, s.sd = state.Level, state.SD
	copy(s.season, state.Season)
	s.lastPrice, s.uplift, s.uplifts, s.sincePromo = state.LastPrice, state.Uplift, state.Uplifts, state.SincePromo
	s.settling, s.settleDir, s.settleMoves, s.learning = state.Settling, state.SettleDir, state.SettleMoves, state.Learning
	s.up, s.down, s.upAt, s.downAt, s.upTime, s.downTime = state.Up, state.Down, state.UpAt, state.DownAt, state.UpTime, state.DownTime
	s.recent, s.open, s.quiet, s.relevels = state.Recent, state.Open, state.Quiet, state.Relevels
	if n := s.news; n != nil {
		return s, n.resume(state.News)
	}
	return s, nil
}

// check reports what of a state s, which has seen nothing, cannot go on from.
func (state *streamState) check(s *Stream) error {
	settle := settlePoints
	if s.news != nil {
		settle = s.rule.Warmup
	}
	bad := func(what string, value any) error { return refuse("snapshot: "+what, value, ErrRange) }
	switch {
	case state.Seen < 0 || state.Step < 0 || state.Uplifts < 0 || state.SincePromo < 0 || state.Quiet < 0 || state.Relevels < 0:
		return bad("counts", min(state.Seen, state.Step, state.Uplifts, state.SincePromo, state.Quiet, state.Relevels))
	case len(state.Season) != s.rule.Season:
		return bad("length of the season", len(state.Season))
	case !(state.SD >= 0):
		return bad("deviation", state.SD)
	case state.Settling < 0 || state.Settling > settle || len(state.SettleMoves) > settle:
		return bad("points that settle", state.Settling)
	case state.Learning < 0 || state.Learning > 10:
		return bad("points that learn", state.Learning)
	case state.Up < 0 || state.Down < 0 || state.UpAt < 0 || state.DownAt < 0 || state.UpAt > state.Seen || state.DownAt > state.Seen:
		return bad("sums", min(state.Up, state.Down))
	case len(state.Recent) > recentPoints:
		return bad("recent points", len(state.Recent))
	case len(state.Warm) > 0 && (state.SD > 0 || len(state.Warm) > state.Seen):
		return bad("points of the warm-up", len(state.Warm))
	case state.Open != nil && (state.Open.Shape > Drift || state.Open.Points < 0 || !state.Open.Closed.IsZero()):
		return bad("incident", state.Open.Shape)
	case (state.News == nil) != (s.news == nil):
		return bad("past of an unknown metric", state.News != nil)
	}
	for _, w := range state.Warm {
		if w.Phase < 0 || w.Phase >= s.rule.Season {
			return bad("phase", w.Phase)
		}
		if err := bounded(w.Move, w.Value); err != nil {
			return err
		}
	}
	for _, list := range [][]float64{state.Season, state.SettleMoves, state.Recent} {
		if err := bounded(list...); err != nil {
			return err
		}
	}
	return bounded(state.Level, state.SD, state.LastPrice, state.Uplift, state.SettleDir, state.Up, state.Down)
}

// bounded wants numbers that points within their range can have led to.
func bounded(values ...float64) error {
	for _, x := range values {
		if !(x >= -1e102 && x <= 1e102) {
			return refuse("snapshot: number", x, ErrRange)
		}
	}
	return nil
}

func (n *novelty) resume(state *newsState) error {
	if state.Seen < 0 || len(state.Usual) != halfHours || len(state.Days) != halfHours {
		return refuse("snapshot: past", state.Seen, ErrRange)
	}
	if err := bounded(append(state.Usual, state.Base, state.Before)...); err != nil {
		return err
	}
	n.seen, n.base, n.before = state.Seen, state.Base, state.Before
	copy(n.usual[:], state.Usual)
	for i, d := range state.Days {
		if d < 0 {
			return refuse("snapshot: days", d, ErrRange)
		}
		n.days[i] = d
	}
	for _, p := range []struct {
		past  *past
		state pastState
	}{
		{n.values, state.Values}, {n.steps, state.Steps}, {n.means, state.Means}, {n.last, state.Last},
		{n.distances, state.Distances}, {n.lastDistances, state.LastDistances},
	} {
		if err := p.past.resume(p.state); err != nil {
			return err
		}
	}
	if (n.seen > 0) != (n.values.n > 0) || n.seen > 0 && n.last.n == 0 {
		return refuse("snapshot: past", n.values.n, ErrRange)
	}
	return nil
}

func (p *past) resume(state pastState) error {
	p.n, p.at, p.sum, p.square = len(state.Values)/8, state.At, state.Sum, state.Square
	if len(state.Values)%8 != 0 || p.n > len(p.values) || p.at < 0 || p.at >= len(p.values) || p.n < len(p.values) && p.at != p.n {
		return refuse("snapshot: values of a past", len(state.Values), ErrRange)
	}
	if !(math.Abs(p.sum) <= 1e110 && p.square >= 0 && p.square <= 1e212) {
		return refuse("snapshot: sums of a past", p.square, ErrRange)
	}
	for i := range p.n {
		v := math.Float64frombits(binary.LittleEndian.Uint64(state.Values[8*i:]))
		if err := bounded(v); err != nil {
			return err
		}
		p.values[i] = v
	}
	return nil
}
