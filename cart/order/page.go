package order

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// MaxPage is the largest number of orders on one page.
const MaxPage = 1000

// Page returns up to limit orders that match f, and the cursor of the page that
// follows; cursor is empty for the first page. Orders placed meanwhile neither
// repeat nor hide others.
func (s *Service) Page(ctx context.Context, f Filter, cursor string, limit int) (flywheel.Page[Order], error) {
	var page flywheel.Page[Order]
	if limit < 1 || limit > MaxPage {
		return page, fmt.Errorf("order: page of %d, from 1 to %d: %w", limit, MaxPage, flywheel.ErrLimit)
	}
	if cursor != "" {
		after, err := parseCursor(cursor)
		if err != nil {
			return page, err
		}
		f.After = after
	}
	f.Limit = limit + 1
	for o, err := range s.store.List(ctx, f) {
		if err != nil {
			return flywheel.Page[Order]{}, err
		}
		if len(page.Items) == limit {
			page.Next = page.Items[limit-1].Position().cursor()
			break
		}
		page.Items = append(page.Items, o)
	}
	return page, nil
}

func (p Position) cursor() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(p.PlacedAt.UnixMicro(), 10) + " " + string(p.ID)))
}

func parseCursor(s string) (Position, error) {
	fail := func() (Position, error) {
		return Position{}, fmt.Errorf("order: cursor %q: %w", s, flywheel.ErrInvalid)
	}
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return fail()
	}
	micros, id, found := strings.Cut(string(text), " ")
	if !found || flywheel.CheckID(id) != nil {
		return fail()
	}
	at, err := strconv.ParseInt(micros, 10, 64)
	if err != nil {
		return fail()
	}
	return Position{PlacedAt: time.UnixMicro(at).UTC(), ID: ID(id)}, nil
}
