package pricingsql

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/pricing"
)

// Promotions implements pricing.Store.
func (s *Store) Promotions(ctx context.Context) iter.Seq2[pricing.Promotion, error] {
	return each(ctx, s, promotionTable, s.promotion)
}

func (s *Store) promotion(ctx context.Context, id string) (p pricing.Promotion, there bool, err error) {
	var version int64
	var body []byte
	err = s.db.Read(ctx).QueryRowContext(ctx, `SELECT version, body FROM flywheel_pricing_promotions WHERE id = ?`, id).Scan(&version, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	if err == nil {
		err = json.Unmarshal(body, &p)
	}
	if err != nil {
		return p, false, fmt.Errorf("pricingsql: promotion %q: %w", id, err)
	}
	p.Version = version
	return p, true, nil
}

// SavePromotion implements pricing.Store.
func (s *Store) SavePromotion(ctx context.Context, p pricing.Promotion) (pricing.Promotion, error) {
	p = p.Stored()
	plain := p
	plain.Version = 0
	body, err := json.Marshal(plain)
	if err != nil {
		return pricing.Promotion{}, err
	}
	err = s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		return promotionTable.save(ctx, tx, p.ID, p.Version, string(body))
	})
	if err != nil {
		return pricing.Promotion{}, err
	}
	p.Version++
	return p, nil
}

// DeletePromotion implements pricing.Store.
func (s *Store) DeletePromotion(ctx context.Context, id string, version int64) error {
	return s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error { return promotionTable.remove(ctx, tx, id, version) })
}
