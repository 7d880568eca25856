package search

import (
	"context"

	"github.com/flywheel-go/flywheel"
)

// Engine is a search that the shop may exchange: an [Index] in memory through
// [Local], or an adapter to a server such as OpenSearch or Meilisearch when the
// assortment outgrows one process. Implementations are safe for concurrent use and
// honor ctx.
//
// An adapter answers with the same [Result]: counts of products over variants, with
// the choices of disjunctive facets lifted. What its server cannot do it refuses
// with an error that matches flywheel.ErrInvalid, rather than answering something
// else. Package searchtest is the suite that an engine must pass, and says how a server
// is mapped.
type Engine interface {
	// Search answers a query.
	Search(ctx context.Context, q Query) (*Result, error)
	// Change puts and deletes documents, deletions first. It is all-or-nothing, or
	// may be repeated with the same arguments.
	Change(ctx context.Context, put []Document, remove []string) error
}

// Local is the engine of an index in memory.
type Local struct{ Index *Index }

// Search implements [Engine].
func (l Local) Search(ctx context.Context, q Query) (*Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return l.Index.Search(q)
}

// Change implements [Engine].
func (l Local) Change(ctx context.Context, put []Document, remove []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return l.Index.Change(put, remove)
}

// Source is where documents come from: the catalog, seen as what is searched.
type Source interface {
	// Documents returns the documents of products; ids that are not to be found in
	// searches (deleted, not live, not listed in the channel) are left out.
	Documents(ctx context.Context, ids []string) ([]Document, error)
}

// Follower keeps an engine up to date with the events of the catalog. It is a
// flywheel.Consumer: give it to the runner beside the log. What an event says is not
// applied; the product is read again from the source, so that repeated and late
// events do no harm.
type Follower struct {
	Engine Engine
	Source Source
	// Product returns the product that an entry changed; false for entries that
	// change none.
	Product func(flywheel.Entry) (id string, ok bool)
}

// Consume implements flywheel.Consumer.
func (f *Follower) Consume(ctx context.Context, entries []flywheel.Entry) error {
	var ids []string
	seen := map[string]bool{}
	for _, e := range entries {
		if id, ok := f.Product(e); ok && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	docs, err := f.Source.Documents(ctx, ids)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, d := range docs {
		there[d.ID] = true
	}
	var remove []string
	for _, id := range ids {
		if !there[id] {
			remove = append(remove, id)
		}
	}
	return f.Engine.Change(ctx, docs, remove)
}
