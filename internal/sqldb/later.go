package sqldb

import (
	"cmp"
	"context"
	"slices"
)

// Later gathers what transactions are to write, and writes it in one call shortly
// before COMMIT: for facts that nothing of the transaction depends on. The zero
// value with a Write is ready to use; make one per table, as a package variable.
type Later[T any] struct {
	// Write writes what one transaction has gathered, in the order of Add. An
	// error ends the transaction, since what was written is not undone alone.
	Write func(ctx context.Context, tx *Tx, items []T) error
	// Limit is after how many items they are written at once, so that memory stays
	// bounded; at least 1.
	Limit int
}

// Pending returns what the transaction of ctx has gathered and not written yet.
// ok is false where nothing can wait: without a transaction, and in one that the
// caller will end, whose COMMIT is not seen here.
func (l *Later[T]) Pending(ctx context.Context, d *DB) (items []T, ok bool) {
	s := d.ambient(ctx)
	if s == nil || s.joined {
		return nil, false
	}
	if s.ended.Load() {
		return nil, true // for Add to say
	}
	if q := l.queue(s); q != nil {
		return q.items[q.done:len(q.items):len(q.items)], true
	}
	return nil, true
}

// Add gathers items in the transaction of ctx, for which Pending said ok.
func (l *Later[T]) Add(ctx context.Context, d *DB, items ...T) error {
	s := d.ambient(ctx)
	if err := (&Tx{db: d, state: s}).ready(ctx); err != nil {
		return err
	}
	q := l.queue(s)
	if q == nil {
		q = &queue[T]{later: l}
		s.queues = append(s.queues, q)
	}
	q.items = append(q.items, items...)
	if len(q.items)-q.done < l.Limit {
		return nil
	}
	return d.Flush(ctx)
}

func (l *Later[T]) queue(s *txState) *queue[T] {
	for _, q := range s.queues {
		if q, ok := q.(*queue[T]); ok && q.later == l {
			return q
		}
	}
	return nil
}

// Flush writes what the transaction of ctx has gathered. Whoever needs its answer,
// or reads what it writes, calls it before the end of the transaction, which does it
// anyway. An error is the end of the transaction.
func (d *DB) Flush(ctx context.Context) error {
	if s := d.ambient(ctx); s != nil {
		return s.flush(ctx, d)
	}
	return nil
}

func (s *txState) flush(ctx context.Context, d *DB) error {
	if !slices.ContainsFunc(s.queues, waiting.waits) {
		return nil
	}
	return s.direct(ctx, d, func(tx *Tx) error {
		for _, q := range s.queues {
			if err := q.write(ctx, tx); err != nil {
				s.failed = cmp.Or(s.failed, err)
				return err
			}
		}
		return nil
	})
}

// waiting is a queue of any type.
type waiting interface {
	waits() bool
	write(ctx context.Context, tx *Tx) error
	mark() mark
	reset(to mark)
}

// mark is how far a queue has come.
type mark struct{ added, written int }

// queue is what one transaction has gathered. Written items stay, as long as a
// rollback to a savepoint may undo their writing and not their adding.
type queue[T any] struct {
	later *Later[T]
	items []T
	done  int
}

func (q *queue[T]) waits() bool   { return q.done < len(q.items) }
func (q *queue[T]) mark() mark    { return mark{len(q.items), q.done} }
func (q *queue[T]) reset(to mark) { q.items, q.done = q.items[:to.added], to.written }

func (q *queue[T]) write(ctx context.Context, tx *Tx) error {
	if !q.waits() {
		return nil
	}
	items := q.items[q.done:]
	q.done = len(q.items)
	err := q.later.Write(ctx, tx, items)
	if tx.state.savepoints == 0 {
		q.items, q.done = nil, 0
	}
	return err
}

// marks returns where the queues stand, for a savepoint.
func (s *txState) marks() []mark {
	if len(s.queues) == 0 {
		return nil
	}
	marks := make([]mark, len(s.queues))
	for i, q := range s.queues {
		marks[i] = q.mark()
	}
	return marks
}

// resetQueues takes the queues back to where they stood.
func (s *txState) resetQueues(marks []mark) {
	for i, q := range s.queues {
		var to mark
		if i < len(marks) {
			to = marks[i]
		}
		q.reset(to)
	}
}
