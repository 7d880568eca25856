package main

import (
	"context"
	"sync"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment"
)

// tail is the log's store with a memory of what was read since the last append:
// the learners follow the log side by side, and each batch is fetched and
// decoded once for all of them. It holds because this process is the only one
// that writes.
type tail struct {
	segment.LogStore
	mu      sync.Mutex
	batches map[batch][]segment.Entry
}

type batch struct {
	after segment.Position
	limit int
}

func newTail(store segment.LogStore) *tail {
	return &tail{LogStore: store, batches: map[batch][]segment.Entry{}}
}

// InTx keeps the store's transactions in reach of the log.
func (t *tail) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return t.LogStore.(flywheel.Transactor).InTx(ctx, fn)
}

// Handle names the store's database.
func (t *tail) Handle() flywheel.Transactor { return t.LogStore.(flywheel.Stored).Handle() }

func (t *tail) Read(ctx context.Context, after segment.Position, limit int) ([]segment.Entry, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if entries, ok := t.batches[batch{after, limit}]; ok {
		return entries, ctx.Err()
	}
	entries, err := t.LogStore.Read(ctx, after, limit)
	if err == nil {
		t.batches[batch{after, limit}] = entries
	}
	return entries, err
}

func (t *tail) Append(ctx context.Context, events ...flywheel.Event) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.batches)
	return t.LogStore.Append(ctx, events...)
}
