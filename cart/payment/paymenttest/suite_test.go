package paymenttest

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) payment.NoticeStore { return payment.NewNoticeMemory(nil) }, Features{Transactions: true})
}

// faulty is a memory store with one method replaced.
type faulty struct {
	*payment.NoticeMemory
	claim   func(ctx context.Context, n payment.Notice, now, until time.Time) (bool, error)
	settle  func(ctx context.Context, id string, applied bool, at time.Time) error
	notices func(ctx context.Context, from time.Time) iter.Seq2[payment.Received, error]
	trim    func(ctx context.Context, before time.Time, limit int) (int, error)
}

func (f *faulty) Claim(ctx context.Context, n payment.Notice, now, until time.Time) (bool, error) {
	if f.claim != nil {
		return f.claim(ctx, n, now, until)
	}
	return f.NoticeMemory.Claim(ctx, n, now, until)
}

func (f *faulty) Settle(ctx context.Context, id string, applied bool, at time.Time) error {
	if f.settle != nil {
		return f.settle(ctx, id, applied, at)
	}
	return f.NoticeMemory.Settle(ctx, id, applied, at)
}

func (f *faulty) Notices(ctx context.Context, from time.Time) iter.Seq2[payment.Received, error] {
	if f.notices != nil {
		return f.notices(ctx, from)
	}
	return f.NoticeMemory.Notices(ctx, from)
}

func (f *faulty) Trim(ctx context.Context, before time.Time, limit int) (int, error) {
	if f.trim != nil {
		return f.trim(ctx, before, limit)
	}
	return f.NoticeMemory.Trim(ctx, before, limit)
}

// TestSuiteBites shows that each of these faults is caught, and by which case.
func TestSuiteBites(t *testing.T) {
	for _, c := range []struct {
		name, caughtBy string
		make           func(m *payment.NoticeMemory) *faulty
	}{
		{"a notice is claimed twice", "claim/once", func(m *payment.NoticeMemory) *faulty {
			return &faulty{claim: func(ctx context.Context, n payment.Notice, now, until time.Time) (bool, error) {
				claimed, err := m.Claim(ctx, n, now, until)
				return claimed || errors.Is(err, payment.ErrBusy), nil
			}}
		}},
		{"looks first and claims later", "claim/race", func(m *payment.NoticeMemory) *faulty {
			return &faulty{claim: func(ctx context.Context, n payment.Notice, now, until time.Time) (bool, error) {
				claimed, err := m.Claim(ctx, n, now, now)
				time.Sleep(time.Millisecond) // others look, too
				if claimed {
					_, err = m.Claim(ctx, n, now.Add(time.Second), until)
					return !errors.Is(err, context.Canceled), nil
				}
				return claimed, err
			}}
		}},
		{"a claim never ends", "claim/given-up", func(m *payment.NoticeMemory) *faulty {
			return &faulty{claim: func(ctx context.Context, n payment.Notice, now, until time.Time) (bool, error) {
				return m.Claim(ctx, n, now, until.AddDate(1, 0, 0))
			}}
		}},
		{"what failed counts as applied", "claim/given-up", func(m *payment.NoticeMemory) *faulty {
			return &faulty{settle: func(ctx context.Context, id string, _ bool, at time.Time) error { return m.Settle(ctx, id, true, at) }}
		}},
		{"ids are compared without case", "text/odd", func(m *payment.NoticeMemory) *faulty {
			return &faulty{claim: func(ctx context.Context, n payment.Notice, now, until time.Time) (bool, error) {
				n.ID = strings.ToLower(n.ID)
				return m.Claim(ctx, n, now, until)
			}}
		}},
		{"trims what is just now", "trim", func(m *payment.NoticeMemory) *faulty {
			return &faulty{trim: func(ctx context.Context, before time.Time, limit int) (int, error) {
				return m.Trim(ctx, before.Add(time.Microsecond), limit)
			}}
		}},
		{"lists from just after", "claim/once", func(m *payment.NoticeMemory) *faulty {
			return &faulty{notices: func(ctx context.Context, from time.Time) iter.Seq2[payment.Received, error] {
				return m.Notices(ctx, from.Add(time.Microsecond))
			}}
		}},
		{"the canceled context is not looked at", "context/canceled", func(m *payment.NoticeMemory) *faulty {
			return &faulty{settle: func(ctx context.Context, id string, applied bool, at time.Time) error {
				return m.Settle(context.WithoutCancel(ctx), id, applied, at)
			}}
		}},
		{"a claim does not join the transaction", "transaction/rollback", func(m *payment.NoticeMemory) *faulty {
			var claimed sync.Map
			return &faulty{claim: func(ctx context.Context, n payment.Notice, now, until time.Time) (bool, error) {
				if _, before := claimed.LoadOrStore(n.ID, true); before && n.ID == "n" {
					return false, payment.ErrBusy
				}
				return m.Claim(ctx, n, now, until)
			}}
		}},
	} {
		contract.Bites(t, c.name, c.caughtBy, func() payment.NoticeStore {
			m := payment.NewNoticeMemory(nil)
			f := c.make(m)
			f.NoticeMemory = m
			return f
		})
	}
	if broken := contract.Broken(t.Context(), func() payment.NoticeStore { return &faulty{NoticeMemory: payment.NewNoticeMemory(nil)} }); broken != nil {
		t.Errorf("a store without faults breaks %q", broken)
	}
}

func TestFailing(t *testing.T) {
	ctx := t.Context()
	fresh := func() payment.NoticeStore {
		s := payment.NewNoticeMemory(nil)
		_, first := s.Claim(ctx, notice("n"), noon, until)
		_, second := s.Claim(ctx, notice("open"), noon, until)
		if err := errors.Join(first, second, s.Settle(ctx, "n", true, noon)); err != nil {
			t.Fatal(err)
		}
		return s
	}
	suite.Fails(t, Failing, fresh, map[string]func(s payment.NoticeStore) error{
		"Claim":   func(s payment.NoticeStore) error { return suite.Err(s.Claim(ctx, notice("m"), noon, until)) },
		"Settle":  func(s payment.NoticeStore) error { return s.Settle(ctx, "open", true, noon) },
		"Notices": func(s payment.NoticeStore) error { return suite.Err(suite.Collect(s.Notices(ctx, noon))) },
		"Trim":    func(s payment.NoticeStore) error { return suite.Err(s.Trim(ctx, until, 9)) },
	}, func(s payment.NoticeStore) (any, error) {
		list, err := suite.Collect(s.Notices(ctx, time.Time{}))
		_, busy := s.Claim(ctx, notice("m"), noon, until)
		return []any{list, errors.Is(busy, payment.ErrBusy)}, err
	})
}
