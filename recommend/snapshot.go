package recommend

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Snapshot is a model with what has to be known about it, to be stored and shared by
// processes.
type Snapshot struct {
	// Model is any Scorer of this package that does not learn on, or a [Counts].
	Model Scorer
	// Version of the model, chosen by whoever trains: larger is newer.
	Version uint64
	// Learner is what fitted it, for people.
	Learner string
	// Facts is how many facts it was fitted on, and Until the time of the newest: so
	// a reader knows how far behind it is.
	Facts int64
	Until time.Time
}

// Errors of reading a snapshot. Both match [flywheel.ErrInvalid].
var (
	// ErrTampered reports bytes that are not what was written: cut short, changed,
	// or sealed with another key.
	ErrTampered = fmt.Errorf("recommend: snapshot was cut short or changed: %w", flywheel.ErrInvalid)
	// ErrFormat reports a snapshot of another format, such as of a later release.
	ErrFormat = fmt.Errorf("recommend: snapshot of an unknown format: %w", flywheel.ErrInvalid)
)

const (
	snapshotMagic  = "flywheel/recommend"
	snapshotFormat = 1
)

// Marshal returns s as bytes, which end in a seal over all of them: an HMAC-SHA256
// under key, so that only those who know the key can make or change a snapshot; with
// an empty key a plain checksum against accidents. The same model gives the same
// bytes. A model of another package is an error matching [flywheel.ErrInvalid].
func (s Snapshot) Marshal(key []byte) ([]byte, error) {
	if s.Model == nil {
		return nil, fmt.Errorf("recommend: snapshot without a model: %w", flywheel.ErrInvalid)
	}
	w := &writer{}
	w.raw(snapshotMagic)
	w.uint(snapshotFormat)
	w.uint(s.Version)
	w.text(s.Learner)
	w.uint(uint64(s.Facts))
	until := int64(0)
	if !s.Until.IsZero() {
		until = s.Until.UnixMicro()
	}
	w.int(until)
	index := s.Model.Index()
	w.uint(uint64(len(index.names)))
	for _, name := range index.names {
		w.text(string(name))
	}
	if err := w.scorer(s.Model, index); err != nil {
		return nil, err
	}
	return append(w.b, seal(w.b, key)...), nil
}

func seal(b, key []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(b)
	return h.Sum(nil)
}

// UnmarshalSnapshot reads what Marshal wrote. Nothing is believed before the seal was
// found right; what follows is checked as well, so that no bytes make it panic.
func UnmarshalSnapshot(data, key []byte) (Snapshot, error) {
	if len(data) < sha256.Size+len(snapshotMagic) {
		return Snapshot{}, ErrTampered
	}
	body, mark := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
	if !hmac.Equal(mark, seal(body, key)) {
		return Snapshot{}, ErrTampered
	}
	r := &reader{b: body}
	if r.raw(len(snapshotMagic)) != snapshotMagic || r.uint() != snapshotFormat {
		return Snapshot{}, ErrFormat
	}
	s := Snapshot{Version: r.uint(), Learner: r.text(), Facts: int64(r.uint())}
	if until := r.int(); until != 0 {
		s.Until = time.UnixMicro(until).UTC()
	}
	n := r.length(1)
	index := &Index{names: make([]flywheel.SKU, n), numbers: make(map[flywheel.SKU]int32, n)}
	for i := range index.names {
		index.names[i] = flywheel.SKU(r.text())
		index.numbers[index.names[i]] = int32(i)
	}
	s.Model = r.scorer(index, 0)
	if r.bad || len(r.b) > 0 || len(index.numbers) != n || !slices.IsSortedFunc(index.names, compareSKU) {
		return Snapshot{}, errors.Join(ErrFormat)
	}
	return s, nil
}

// Kinds of models in a snapshot. They are written, so they never change.
const (
	kindConstant = iota + 1
	kindNeighbourhood
	kindDense
	kindFactors
	kindPairwise
	kindRecent
	kindBlend
	kindFilled
	kindSessions
	kindUsers
	kindCounts
	kindAgain
)

const maxNesting = 8

func (w *writer) scorer(s Scorer, index *Index) error {
	if !sameIndex(s.Index(), index) {
		return errOtherItems
	}
	switch s := s.(type) {
	case *constant:
		w.uint(kindConstant)
		w.floats(s.score)
	case *neighborhood:
		w.uint(kindNeighbourhood)
		for _, list := range s.nearest {
			w.uint(uint64(len(list)))
			for _, n := range list {
				w.uint(uint64(n.item))
				w.float(n.score)
			}
		}
	case *dense:
		w.uint(kindDense)
		w.floats(s.weight)
	case *factors:
		w.uint(kindFactors)
		p := s.params
		w.uint(uint64(p.Factors))
		w.floats([]float64{p.Alpha, p.Lambda, p.Power})
		w.uint(uint64(p.Epochs))
		w.uint(uint64(p.Steps))
		w.uint(p.Seed)
		w.uint(uint64(s.rows))
		w.floats(s.vector)
	case *pairwise:
		w.uint(kindPairwise)
		w.uint(uint64(s.factors))
		w.floats(s.in)
		w.floats(s.out)
		w.floats(s.bias)
	case *recent:
		w.uint(kindRecent)
		w.float(s.halfLife)
		return w.scorer(s.of, index)
	case *blend:
		w.uint(kindBlend)
		w.floats(s.weights)
		for _, of := range s.of {
			if err := w.scorer(of, index); err != nil {
				return err
			}
		}
	case *filled:
		w.uint(kindFilled)
		w.floats(s.share)
		return w.scorer(s.of, index)
	case *sessions:
		w.uint(kindSessions)
		w.sessions(s.live)
	case *userNeighbors:
		w.uint(kindUsers)
		w.users(s)
	case *Counts:
		w.uint(kindCounts)
		w.counts(s)
	case *again:
		w.uint(kindAgain)
	default:
		return fmt.Errorf("recommend: a %T cannot be stored: %w", s, flywheel.ErrInvalid)
	}
	return nil
}

func (r *reader) scorer(index *Index, depth int) Scorer {
	n := index.Len()
	kind := r.uint()
	if depth > maxNesting {
		r.bad = true
	}
	if r.bad {
		return nil
	}
	switch kind {
	case kindConstant:
		return &constant{index, r.floats(n)}
	case kindNeighbourhood:
		g := newNeighborhood(index)
		for i := range g.nearest {
			g.nearest[i] = make([]scored, r.length(9))
			for k := range g.nearest[i] {
				g.nearest[i][k] = scored{r.item(n), r.float()}
			}
		}
		if r.bad {
			return nil
		}
		g.turn()
		return g
	case kindDense:
		return &dense{index, r.floats(n * n)}
	case kindFactors:
		d := int(r.uint())
		p := r.floats(3)
		f := &factors{items: index}
		epochs, steps, seed, rows := int(r.uint()), int(r.uint()), r.uint(), int(r.uint())
		if r.bad || d < 1 || d > maxFactors {
			r.bad = true
			return nil
		}
		f.params = IALS{Factors: d, Alpha: p[0], Lambda: p[1], Power: p[2], Epochs: epochs, Steps: steps, Seed: seed}
		f.rows = rows
		if f.vector = r.floats(n * d); r.bad {
			return nil
		}
		f.gram = gramOf(f.vector, n, d)
		return f
	case kindPairwise:
		d := int(r.uint())
		if d < 1 || d > maxFactors {
			r.bad = true
			return nil
		}
		return &pairwise{index, d, r.floats(n * d), r.floats(n * d), r.floats(n)}
	case kindRecent:
		h := r.float()
		if !(h > 0) {
			r.bad = true
		}
		of := r.scorer(index, depth+1)
		if r.bad {
			return nil
		}
		return newRecent(of, h)
	case kindBlend:
		b := &blend{weights: r.floats(-1)}
		for range b.weights {
			b.of = append(b.of, r.scorer(index, depth+1))
		}
		if len(b.of) == 0 {
			r.bad = true
		}
		return b
	case kindFilled:
		f := &filled{share: r.floats(n)}
		f.of = r.scorer(index, depth+1)
		return f
	case kindSessions:
		return r.sessions(index)
	case kindUsers:
		return r.users(index)
	case kindCounts:
		return r.counts(index)
	case kindAgain:
		return &again{index}
	}
	r.bad = true
	return nil
}
