package recommend

import (
	"encoding/binary"
	"math"
	"slices"
)

// writer appends values in the form of snapshots: whole numbers as varints, floats as
// eight bytes, lists after their length.
type writer struct{ b []byte }

func (w *writer) raw(s string)    { w.b = append(w.b, s...) }
func (w *writer) uint(v uint64)   { w.b = binary.AppendUvarint(w.b, v) }
func (w *writer) int(v int64)     { w.b = binary.AppendVarint(w.b, v) }
func (w *writer) float(v float64) { w.b = binary.LittleEndian.AppendUint64(w.b, math.Float64bits(v)) }

func (w *writer) text(s string) {
	w.uint(uint64(len(s)))
	w.raw(s)
}

func (w *writer) floats(v []float64) {
	w.uint(uint64(len(v)))
	w.b = slices.Grow(w.b, 8*len(v))
	for _, x := range v {
		w.float(x)
	}
}

func (w *writer) ints(v []int32) {
	w.uint(uint64(len(v)))
	for _, x := range v {
		w.int(int64(x))
	}
}

// reader reads what writer wrote. After the first thing that cannot be, bad is set and
// all that is read is zero.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) raw(n int) string {
	if r.bad || n > len(r.b) {
		r.bad = true
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if r.bad || n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if r.bad || n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) float() float64 {
	if r.bad || len(r.b) < 8 {
		r.bad = true
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(r.b))
	r.b = r.b[8:]
	if math.IsNaN(v) || math.IsInf(v, 0) {
		r.bad = true
	}
	return v
}

// length reads the length of a list whose members take at least size bytes each.
func (r *reader) length(size int) int {
	n := r.uint()
	if r.bad || n > uint64(len(r.b)/size) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *reader) text() string { return r.raw(r.length(1)) }

// floats reads a list of want floats, or of any number where want is negative.
func (r *reader) floats(want int) []float64 {
	n := r.length(8)
	if want >= 0 && n != want {
		r.bad = true
	}
	if r.bad {
		return nil
	}
	v := make([]float64, n)
	for i := range v {
		v[i] = r.float()
	}
	return v
}

func (r *reader) ints() []int32 {
	v := make([]int32, r.length(1))
	for i := range v {
		x := r.int()
		if x < math.MinInt32 || x > math.MaxInt32 {
			r.bad = true
		}
		v[i] = int32(x)
	}
	return v
}

// item reads the number of one of n items.
func (r *reader) item(n int) int32 {
	v := r.uint()
	if v >= uint64(n) {
		r.bad = true
		return 0
	}
	return int32(v)
}

// rows reads lists of items, one after the other.
func (r *reader) rows(items int) [][]int32 {
	out := make([][]int32, r.length(1))
	for i := range out {
		out[i] = r.ints()
		for _, item := range out[i] {
			if item < 0 || int(item) >= items {
				r.bad = true
			}
		}
	}
	return out
}

func (w *writer) sessions(s *LiveSessions) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p := s.params
	w.ints([]int32{int32(p.Last), int32(p.Sample), int32(p.Neighbors)})
	w.floats([]float64{p.Decay, p.Position, p.LengthPower})
	linear := uint64(0)
	if p.Linear {
		linear = 1
	}
	w.uint(linear)
	w.uint(uint64(len(s.factor)))
	for n := range s.factor {
		w.ints(s.flat[s.start[n]:s.start[n+1]])
	}
	w.int(s.newest)
}

func (r *reader) sessions(index *Index) Scorer {
	p, q, linear := r.ints(), r.floats(3), r.uint()
	rows := r.rows(index.Len())
	newest := r.int()
	if r.bad || len(p) != 3 {
		r.bad = true
		return nil
	}
	k := SessionKNN{Last: int(p[0]), Sample: int(p[1]), Neighbors: int(p[2]), Decay: q[0], Position: q[1], LengthPower: q[2], Linear: linear == 1}
	s, err := k.Live(&Matrix{items: index, start: []int{0}})
	if err != nil {
		r.bad = true
		return nil
	}
	for _, row := range rows {
		s.add(row, newest)
	}
	s.newest = newest
	return &sessions{s}
}

func (w *writer) users(u *userNeighbors) {
	p := u.params
	rarity := int32(0)
	if p.Rarity {
		rarity = 1
	}
	w.ints([]int32{int32(p.Neighbors), rarity})
	w.floats([]float64{p.Shrink, p.Power})
	w.uint(uint64(len(u.m.actors)))
	for row := range u.m.actors {
		w.ints(u.m.row(int32(row)))
	}
	weights := make([]float64, 0)
	for _, v := range u.m.weight {
		weights = append(weights, float64(v))
	}
	w.floats(weights)
}

func (r *reader) users(index *Index) Scorer {
	p, q := r.ints(), r.floats(2)
	rows := r.rows(index.Len())
	weights := r.floats(-1)
	if r.bad || len(p) != 2 {
		r.bad = true
		return nil
	}
	m := &Matrix{items: index, start: []int{0}, actors: make([]Actor, len(rows))} // who they are is not kept
	for _, row := range rows {
		m.item = append(m.item, row...)
		m.start = append(m.start, len(m.item))
	}
	if len(weights) > 0 && len(weights) != len(m.item) {
		r.bad = true
		return nil
	}
	for _, v := range weights {
		m.weight = append(m.weight, float32(v))
	}
	s, err := UserKNN{Neighbors: int(p[0]), Shrink: q[0], Power: q[1], Rarity: p[1] == 1}.Fit(m)
	if err != nil {
		r.bad = true
		return nil
	}
	return s
}

func (w *writer) counts(c *Counts) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	w.uint(uint64(c.similarity))
	w.float(c.shrink)
	w.uint(uint64(c.rows))
	w.ints(c.pop)
	for item, both := range c.both {
		others := make([]int32, 0, len(both)/2)
		for other := range both {
			if int(other) > item {
				others = append(others, other)
			}
		}
		slices.Sort(others)
		w.ints(others)
		for _, other := range others {
			w.uint(uint64(both[other]))
		}
	}
}

func (r *reader) counts(index *Index) Scorer {
	n := index.Len()
	c := &Counts{similarity: Similarity(r.uint()), shrink: r.float(), rows: int64(r.uint()), items: index, pop: r.ints(), both: make([]map[int32]int32, n)}
	if len(c.pop) != n || int(c.similarity) >= len(similarityNames) {
		r.bad = true
		return nil
	}
	for i := range c.both {
		c.both[i] = make(map[int32]int32)
	}
	for item := range int32(n) {
		for _, other := range r.ints() {
			v := r.uint()
			if other <= item || int(other) >= n || v == 0 || v > math.MaxInt32 {
				r.bad = true
				return nil
			}
			c.both[item][other], c.both[other][item] = int32(v), int32(v)
		}
	}
	return c
}
