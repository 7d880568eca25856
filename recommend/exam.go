package recommend

import (
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Exam asks a [Scorer] what actors chose next: full ranking, every item that was
// ever chosen in training against every other, never a sample of them. An Exam is
// immutable and safe for concurrent use.
type Exam struct {
	train *Matrix
	cases []examCase
	known []bool // by item: has a cell in training
	pop   []int32
	sets  int // distinct items of training
	again bool
}

type examCase struct {
	who  Actor
	row  int32 // of the history; -1 for an empty one
	held []int32
}

// unknownItem stands for a held item that training does not know: a certain miss.
const unknownItem = -1

// NewExam returns the questions whose histories are the rows of train and whose
// answers are held: one for each actor of held. Items of the history are not
// candidates; those that train does not know stay among the answers, as misses.
func NewExam(train *Matrix, held []Choice) (*Exam, error) {
	e := &Exam{train: train, known: make([]bool, train.items.Len()), pop: train.popularity()}
	for item, n := range e.pop {
		if n > 0 {
			e.known[item] = true
			e.sets++
		}
	}
	byActor := make(map[Actor]int)
	type pair struct {
		actor int
		item  flywheel.SKU
	}
	seen := make(map[pair]bool, len(held))
	for n := range held {
		who := held[n].Actor.normal()
		if who == (Actor{}) {
			return nil, &ChoiceError{Place: n, Field: "actor", Err: fmt.Errorf("missing: %w", flywheel.ErrInvalid)}
		}
		c, ok := byActor[who]
		if !ok {
			c = len(e.cases)
			byActor[who] = c
			row, ok := train.rows[who]
			if !ok {
				row = -1
			}
			e.cases = append(e.cases, examCase{who: who, row: row})
		}
		if p := (pair{c, held[n].Item}); seen[p] {
			continue
		} else {
			seen[p] = true
		}
		item, ok := train.items.Number(held[n].Item)
		if !ok {
			item = unknownItem
		}
		e.cases[c].held = append(e.cases[c].held, item)
	}
	return e, nil
}

// Repeats returns the same questions with the items of the history as candidates too,
// for shops in which customers buy the same again.
func (e *Exam) Repeats() *Exam {
	out := *e
	out.again = true
	return &out
}

// Cases returns the number of questions.
func (e *Exam) Cases() int { return len(e.cases) }

func (e *Exam) index() *Index { return e.train.items }

func (e *Exam) candidates() []bool { return e.known }

func (e *Exam) question(q int, h History) (history, skip History, held []int32) {
	h = h[:0]
	if row := e.cases[q].row; row >= 0 {
		h = e.train.history(row, h)
	}
	if e.again {
		return h, nil, e.cases[q].held
	}
	return h, h, e.cases[q].held
}

// Metrics are means over the questions of an [Exam]; gains are binary and
// logarithms those of base 2. With T the held items of a question and k the length
// of its list:
type Metrics struct {
	K     int `json:"k"`
	Cases int `json:"cases"`
	// NDCG is Σ over hits of 1/log(rank+1), relative to a list that begins with
	// min(k, |T|) hits (Järvelin and Kekäläinen 2002).
	NDCG float64 `json:"ndcg"`
	// NDCGFull is the same relative to |T| hits, also where the list is shorter:
	// for comparison with tables that were computed so.
	NDCGFull float64 `json:"ndcg_untruncated"`
	// Recall is hits / |T|, CappedRecall hits / min(k, |T|), Precision hits / k.
	Recall       float64 `json:"recall"`
	CappedRecall float64 `json:"recall_capped"`
	Precision    float64 `json:"precision"`
	// HitRate is the share of questions with a hit.
	HitRate float64 `json:"hit_rate"`
	// MRR is 1/rank of the first hit, 0 without one.
	MRR float64 `json:"mrr"`
	// Coverage is the share of the items of training that were recommended at all.
	Coverage float64 `json:"coverage"`
	// Novelty is the mean of −log(rows that hold the item / rows) over all
	// recommended places.
	Novelty float64 `json:"novelty"`
	// Gini is that of how often each item of training was recommended: 0 when all
	// were as often, near 1 when few get everything.
	Gini float64 `json:"gini"`
}

// Outcome is what [Exam.Run] found.
type Outcome struct {
	Metrics
	// NDCGs holds the NDCG of each question, in the order of the held choices: for
	// [PairedBootstrap].
	NDCGs []float64 `json:"-"`
	// Lists are the ranked lists, as item numbers, and Scores their scores.
	Lists  [][]int32   `json:"-"`
	Scores [][]float64 `json:"-"`
}

// Run asks s for k items for each question and measures the lists. Scores that are
// equal are ordered by item. A score that is not a number is an error matching
// [flywheel.ErrInvalid], and k below 1 one matching [flywheel.ErrOutOfRange].
func (e *Exam) Run(s Scorer, k int) (*Outcome, error) {
	if k < 1 {
		return nil, fmt.Errorf("recommend: k = %d: %w", k, flywheel.ErrOutOfRange)
	}
	if !sameIndex(s.Index(), e.train.items) {
		return nil, errOtherItems
	}
	lists, scores := make([][]int32, len(e.cases)), make([][]float64, len(e.cases))
	wrong := make([]bool, len(e.cases))
	parallel(len(e.cases), func() *ranker { return newRanker(e.train.items.Len()) }, func(n int, r *ranker) {
		history, skip, _ := e.question(n, r.history)
		s.Score(history, r.scores)
		r.history = skip
		lists[n], wrong[n] = r.rank(k, e.known)
		r.history = history
		for _, item := range lists[n] {
			scores[n] = append(scores[n], r.scores[item])
		}
	})
	if n := slices.Index(wrong, true); n >= 0 {
		return nil, fmt.Errorf("recommend: a score of question %d is not a number: %w", n, flywheel.ErrInvalid)
	}
	out := e.judge(lists, k)
	out.Scores = scores
	return out, nil
}

var errOtherItems = fmt.Errorf("recommend: the model was fitted on other items than the exam: %w", flywheel.ErrInvalid)

// sameIndex reports whether two models number the same items.
func sameIndex(a, b *Index) bool { return a == b || slices.Equal(a.names, b.names) }

// RunLists asks rank, such as a whole pipeline, for a list of at most k items for each
// question, best first. SKUs that training does not know are misses; one that comes
// twice counts once.
func (e *Exam) RunLists(k int, rank func(who Actor, h History) ([]flywheel.SKU, error)) (*Outcome, error) {
	if k < 1 {
		return nil, fmt.Errorf("recommend: k = %d: %w", k, flywheel.ErrOutOfRange)
	}
	lists := make([][]int32, len(e.cases))
	for n, c := range e.cases {
		h, _, _ := e.question(n, nil)
		skus, err := rank(c.who, h)
		if err != nil {
			return nil, err
		}
		for _, sku := range skus[:min(k, len(skus))] {
			item, ok := e.train.items.Number(sku)
			if ok && e.known[item] && !slices.Contains(lists[n], item) {
				lists[n] = append(lists[n], item)
			}
		}
	}
	return e.judge(lists, k), nil
}

// ranker is the scratch of ranking by full scores.
type ranker struct {
	history History
	scores  []float64
	skip    []bool
	top     top
}

func newRanker(items int) *ranker {
	return &ranker{scores: make([]float64, items), skip: make([]bool, items)}
}

// rank returns the k best items that are known and not in the history.
func (r *ranker) rank(k int, known []bool) (list []int32, wrong bool) {
	for _, p := range r.history {
		r.skip[p.Item] = true
	}
	r.top.n = k
	for item, score := range r.scores {
		if r.skip[item] || !known[item] {
			continue
		}
		if math.IsNaN(score) {
			wrong = true
			continue
		}
		if s := (scored{int32(item), score}); r.top.accepts(s) {
			r.top.push(s)
		}
	}
	for _, p := range r.history {
		r.skip[p.Item] = false
	}
	best := r.top.sorted()
	list = make([]int32, len(best))
	for i, s := range best {
		list[i] = s.item
	}
	return list, wrong
}

// judge measures lists, one for each question.
func (e *Exam) judge(lists [][]int32, k int) *Outcome {
	out := &Outcome{Metrics: Metrics{K: k, Cases: len(e.cases)}, NDCGs: make([]float64, len(e.cases)), Lists: lists}
	shown := make([]int64, e.train.items.Len())
	var slots int
	rows := float64(len(e.train.actors))
	for n, list := range lists {
		one := judgeList(list, e.cases[n].held, k)
		out.NDCGs[n] = one.NDCG
		out.add(&one)
		for _, item := range list {
			shown[item]++
			slots++
			out.Novelty -= math.Log2(float64(e.pop[item]) / rows)
		}
	}
	out.divide(float64(len(e.cases)))
	if slots > 0 {
		out.Novelty /= float64(slots)
	}
	counts := make([]int64, 0, e.sets)
	for item, n := range shown {
		if e.known[item] {
			counts = append(counts, n)
			if n > 0 {
				out.Coverage++
			}
		}
	}
	if e.sets > 0 {
		out.Coverage /= float64(e.sets)
	}
	out.Gini = gini(counts)
	return out
}

// judgeList measures one list.
func judgeList(list, held []int32, k int) (m Metrics) {
	var hits int
	var gain, ideal, full float64
	for rank, item := range list[:min(k, len(list))] {
		if !slices.Contains(held, item) {
			continue
		}
		hits++
		gain += 1 / math.Log2(float64(rank+2))
		if m.MRR == 0 {
			m.MRR = 1 / float64(rank+1)
		}
	}
	for rank := range held {
		if rank < k {
			ideal += 1 / math.Log2(float64(rank+2))
		}
		full += 1 / math.Log2(float64(rank+2))
	}
	m.NDCG, m.NDCGFull = gain/ideal, gain/full
	m.Recall = float64(hits) / float64(len(held))
	m.CappedRecall = float64(hits) / float64(min(k, len(held)))
	m.Precision = float64(hits) / float64(k)
	if hits > 0 {
		m.HitRate = 1
	}
	return m
}

func (m *Metrics) add(o *Metrics) {
	m.NDCG += o.NDCG
	m.NDCGFull += o.NDCGFull
	m.Recall += o.Recall
	m.CappedRecall += o.CappedRecall
	m.Precision += o.Precision
	m.HitRate += o.HitRate
	m.MRR += o.MRR
}

func (m *Metrics) divide(n float64) {
	if n == 0 {
		return
	}
	for _, v := range []*float64{&m.NDCG, &m.NDCGFull, &m.Recall, &m.CappedRecall, &m.Precision, &m.HitRate, &m.MRR} {
		*v /= n
	}
}

// gini returns the Gini coefficient of counts, which it sorts; 0 when all are 0.
func gini(counts []int64) float64 {
	slices.Sort(counts)
	var sum, weighted float64
	n := float64(len(counts))
	for i, c := range counts {
		sum += float64(c)
		weighted += (2*float64(i+1) - n - 1) * float64(c)
	}
	if sum == 0 {
		return 0
	}
	return weighted / (n * sum)
}
