package payment_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestVerifier(t *testing.T) {
	now, body := time.Unix(1767225600, 0), []byte(`{"id":"evt_1"}`)
	v, err := payment.NewVerifier(5*time.Minute, "new", "old")
	require.NoError(t, err)
	header := func(secret string, at time.Time) string { return payment.Sign(secret, body, at) }
	good := header("new", now)
	_, signature, _ := strings.Cut(good, "v1=")
	stamp := "t=1767225600"
	for name, c := range map[string]struct {
		header string
		want   error
	}{
		"genuine":                     {good, nil},
		"the secret before":           {header("old", now), nil},
		"at the end of the tolerance": {header("new", now.Add(-5*time.Minute)), nil},
		"a clock that runs fast":      {header("new", now.Add(5*time.Minute)), nil},
		"two schemes":                 {stamp + ",v0=00,v1=" + signature, nil},
		"two signatures":              {stamp + ",v1=00,v1=" + signature, nil},
		"spaces":                      {stamp + ", v1=" + signature, nil},
		"too old":                     {header("new", now.Add(-5*time.Minute-time.Second)), payment.ErrOld},
		"in the future":               {header("new", now.Add(5*time.Minute+time.Second)), payment.ErrOld},
		"another secret":              {header("other", now), payment.ErrForged},
		"another secret, old":         {header("other", now.Add(-time.Hour)), payment.ErrForged},
		"another instant":             {"t=1767225601,v1=" + signature, payment.ErrForged},
		"the weak scheme alone":       {stamp + ",v0=" + signature, payment.ErrForged},
		"no instant":                  {"v1=" + signature, payment.ErrForged},
		"two instants":                {stamp + "," + stamp + ",v1=" + signature, payment.ErrForged},
		"no signature":                {stamp, payment.ErrForged},
		"not hexadecimal":             {stamp + ",v1=zz", payment.ErrForged},
		"half of it":                  {stamp + ",v1=" + signature[:32], payment.ErrForged},
		"empty":                       {"", payment.ErrForged},
		"no parts":                    {"hello", payment.ErrForged},
		"many signatures":             {stamp + strings.Repeat(",v1=00", 17) + ",v1=" + signature, payment.ErrForged},
		"very long":                   {stamp + ",v1=" + signature + strings.Repeat(",x=y", 2000), payment.ErrForged},
	} {
		err := v.Verify(c.header, body, now)
		if c.want == nil {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, c.want, name)
	}
	require.ErrorIs(t, v.Verify(good, append(body, ' '), now), payment.ErrForged, "the raw bytes count")
	require.ErrorIs(t, payment.ErrForged, flywheel.ErrUnauthenticated)
	require.ErrorIs(t, payment.ErrForged, flywheel.ErrForbidden)
	require.ErrorIs(t, payment.ErrOld, flywheel.ErrExpired)
	// A stamp that is signed but no number.
	odd := payment.Sign("new", body, now)
	require.ErrorIs(t, v.Verify(strings.Replace(odd, "t=", "t=x", 1), body, now), payment.ErrForged)
	for _, bad := range []func() error{
		func() error { _, err := payment.NewVerifier(0, "s"); return err },
		func() error { _, err := payment.NewVerifier(time.Minute); return err },
		func() error { _, err := payment.NewVerifier(time.Minute, "s", ""); return err },
	} {
		require.ErrorIs(t, bad(), flywheel.ErrInvalid)
	}
}

func TestParseNotice(t *testing.T) {
	n, err := payment.ParseNotice([]byte(`{"id":"evt_1","type":"payment.captured","order":"o1","amount":2599,"currency":"EUR"}`))
	require.NoError(t, err)
	require.Equal(t, payment.Notice{ID: "evt_1", Type: payment.NoticeCaptured, Order: "o1", Amount: eur(2599)}, n)
	n, err = payment.ParseNotice([]byte(`{"id":"evt_2","type":"payment.disputed","currency":"EUR"}`))
	require.NoError(t, err, "no amount is none")
	require.True(t, n.Amount.IsZero())
	for _, body := range []string{
		``, `[]`, `{}`, `{"id":"e"}`, `{"type":"x"}`, `{"id":"","type":"x"}`,
		`{"id":"e","type":"x","amount":1}`, `{"id":"e","type":"x","amount":-1,"currency":"EUR"}`, `{"id":"e","type":"x","amount":1.5,"currency":"EUR"}`,
		`{"id":"e","type":"x","currency":"€"}`, `{"id":"e","id":"f","type":"x"}`, `{"id":"e","ID":"f","type":"x"}`, `{"id":"e","type":"x","more":1}`,
		`{"id":"e","type":"x"} ` + "x", `{"id":"e\n","type":"x"}`, `{"id":"e","type":"x","order":"\u0000"}`, `{"id":"e","type":"x","amount":9223372036854775808,"currency":"EUR"}`,
	} {
		_, err := payment.ParseNotice([]byte(body))
		require.ErrorIs(t, err, flywheel.ErrInvalid, body)
	}
	_, err = payment.ParseNotice([]byte(`{"id":"` + strings.Repeat("x", 2<<20) + `"}`))
	require.ErrorIs(t, err, flywheel.ErrLimit)
}

func FuzzVerify(f *testing.F) {
	v, err := payment.NewVerifier(time.Minute, "s")
	require.NoError(f, err)
	now := time.Unix(1767225600, 0)
	f.Add(payment.Sign("s", []byte("x"), now), []byte("x"))
	f.Add("t=1,v1=00,,v1", []byte{})
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		if v.Verify(header, body, now) == nil && !strings.Contains(header, payment.Sign("s", body, now)[len("t=1767225600,v1="):]) {
			// only signatures of other seconds within the tolerance are as good
			for s := -60; s <= 60; s++ {
				if strings.Contains(strings.ToLower(header), payment.Sign("s", body, now.Add(time.Duration(s)*time.Second))[len("t=1767225600,v1="):]) {
					return
				}
			}
			t.Fatalf("%q is taken for %q", header, body)
		}
		_, _ = payment.ParseNotice(body)
	})
}

func moved(id string, kind payment.NoticeType, minor int64) payment.Notice {
	return payment.Notice{ID: id, Type: kind, Order: "o1", Subject: "s-" + id, Amount: eur(minor)}
}

func TestRecord(t *testing.T) {
	r := payment.NewRecord(eur(2599))
	require.ErrorIs(t, r.Paid(), flywheel.ErrConflict)
	apply := func(n payment.Notice, want bool) {
		t.Helper()
		changed, err := r.Apply(n)
		require.NoError(t, err)
		require.Equal(t, want, changed)
	}
	apply(moved("1", payment.NoticeRefunded, 500), true)
	apply(moved("2", payment.NoticeAuthorized, 2599), false)
	apply(moved("3", "moon.full", 1), false)
	apply(moved("4", payment.NoticeCaptured, 2000), true)
	require.ErrorIs(t, r.Paid(), flywheel.ErrConflict, "not all")
	wrong := moved("5", payment.NoticeCaptured, 599)
	wrong.Amount = money.New(599, money.USD)
	_, err := r.Apply(wrong)
	require.ErrorIs(t, err, flywheel.ErrConflict)
	apply(moved("6", payment.NoticeCaptured, 599), true)
	require.NoError(t, r.Paid())
	opened, won, lost := moved("7", payment.NoticeDisputeOpened, 100), moved("7", payment.NoticeDisputeWon, 100), moved("7", payment.NoticeDisputeLost, 100)
	apply(won, true)
	apply(opened, false) // late
	_, err = r.Apply(lost)
	require.ErrorIs(t, err, flywheel.ErrConflict)
	opened.Subject, opened.Reason, lost.Subject, lost.ID = "s-8", "fraud", "s-8", "8"
	apply(opened, true)
	apply(opened, false)
	apply(lost, true)
	require.Equal(t, payment.Dispute{ID: "s-8", Amount: eur(100), Reason: "fraud", Status: payment.DisputeLost}, r.Disputes["s-8"])
	require.Equal(t, [3]money.Amount{eur(2599), eur(500), eur(100)}, [3]money.Amount{r.Captured, r.Refunded, r.Lost})
	lost.Subject = ""
	_, err = r.Apply(lost)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	max := moved("9", payment.NoticeCaptured, 1<<62)
	apply(max, true)
	max.ID = "10"
	_, err = r.Apply(max)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

// Notices that come several times and in any order make the same record.
func TestAnyOrder(t *testing.T) {
	all := []payment.Notice{
		moved("1", payment.NoticeCaptured, 2000), moved("2", payment.NoticeCaptured, 599), moved("3", payment.NoticeRefunded, 500),
		moved("4", payment.NoticeDisputeOpened, 100), moved("4b", payment.NoticeDisputeLost, 100), moved("5", payment.NoticeAuthorized, 2599),
	}
	all[4].Subject = all[3].Subject
	rapid.Check(t, func(t *rapid.T) {
		inbox, err := payment.NewInbox(nil, nil)
		require.NoError(t, err)
		r := payment.NewRecord(eur(2599))
		deliveries := rapid.Permutation(append(append([]payment.Notice{}, all...), all...)).Draw(t, "deliveries")
		first := 0
		for _, n := range deliveries {
			applied, err := inbox.Once(context.Background(), n, func(context.Context) error {
				_, err := r.Apply(n)
				return err
			})
			require.NoError(t, err)
			if applied {
				first++
			}
		}
		require.Equal(t, len(all), first)
		require.Equal(t, [3]money.Amount{eur(2599), eur(500), eur(100)}, [3]money.Amount{r.Captured, r.Refunded, r.Lost})
		require.Equal(t, payment.DisputeLost, r.Disputes["s-4"].Status)
	})
}

func TestInbox(t *testing.T) {
	ctx, now := t.Context(), time.Unix(1767225600, 0)
	inbox, err := payment.NewInbox(nil, &payment.InboxOptions{Now: func() time.Time { return now }, Lease: time.Minute})
	require.NoError(t, err)
	n := moved("1", payment.NoticeCaptured, 1)
	calls := 0
	fails := errors.New("not now")
	first, err := inbox.Once(ctx, n, func(context.Context) error { calls++; return fails })
	require.ErrorIs(t, err, fails)
	require.True(t, first)
	require.Panics(t, func() { _, _ = inbox.Once(ctx, n, func(context.Context) error { panic("half-way") }) })
	_, err = inbox.Once(ctx, n, func(ctx context.Context) error {
		calls++
		_, err := inbox.Once(ctx, n, func(context.Context) error { calls = 100; return nil })
		require.ErrorIs(t, err, payment.ErrBusy)
		return nil
	})
	require.NoError(t, err)
	first, err = inbox.Once(ctx, n, func(context.Context) error { calls++; return nil })
	require.NoError(t, err)
	require.False(t, first)
	require.Equal(t, 2, calls)
	_, err = inbox.Once(ctx, payment.Notice{Type: "x"}, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	for r, err := range inbox.Notices(ctx, now) {
		require.NoError(t, err)
		require.Equal(t, payment.Received{Notice: n, Received: now.UTC()}, r)
	}
	forgotten, err := inbox.Trim(ctx, now.Add(time.Second), 10)
	require.NoError(t, err)
	require.Equal(t, 1, forgotten)
	_, err = payment.NewInbox(nil, &payment.InboxOptions{Lease: -1})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

// However many deliver one notice at once, it is applied once.
func TestInboxInParallel(t *testing.T) {
	inbox, err := payment.NewInbox(nil, nil)
	require.NoError(t, err)
	r := payment.NewRecord(eur(2599))
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			n := moved(fmt.Sprint(i%3), payment.NoticeCaptured, 100)
			_, err := inbox.Once(t.Context(), n, func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				_, err := r.Apply(n)
				return err
			})
			if err != nil && !errors.Is(err, payment.ErrBusy) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, eur(300), r.Captured)
}

// A gateway's webhook is verified, read, and applied once.
func ExampleInbox() {
	ctx := context.Background()
	now := time.Unix(1767225600, 0)
	body := []byte(`{"id":"evt_1","type":"payment.captured","order":"o1","amount":2599,"currency":"EUR"}`)
	signature := payment.Sign("whsec_1", body, now) // by the gateway

	var verifier *payment.Verifier
	verifier, err := payment.NewVerifier(5*time.Minute, "whsec_1")
	if err != nil {
		fmt.Println(err)
		return
	}
	var store payment.NoticeStore = payment.NewNoticeMemory(nil)
	var inbox *payment.Inbox
	inbox, err = payment.NewInbox(store, &payment.InboxOptions{Lease: time.Minute})
	if err != nil {
		fmt.Println(err)
		return
	}
	var record *payment.Record = payment.NewRecord(money.New(2599, money.EUR))
	for range 3 {
		if err := verifier.Verify(signature, body, now); err != nil {
			fmt.Println(err)
			return
		}
		var n payment.Notice
		n, err = payment.ParseNotice(body)
		if err != nil {
			fmt.Println(err)
			return
		}
		first, err := inbox.Once(ctx, n, func(context.Context) error {
			_, err := record.Apply(n)
			return err
		})
		fmt.Println(first, err, record.Captured, record.Paid())
	}
	for r, err := range inbox.Notices(ctx, time.Time{}) {
		var received payment.Received = r
		var kind payment.NoticeType = received.Type
		fmt.Println(kind, err)
	}
	// Output:
	// true <nil> 25.99 EUR <nil>
	// false <nil> 25.99 EUR <nil>
	// false <nil> 25.99 EUR <nil>
	// payment.captured <nil>
}

// A dispute that is lost counts once, whenever its notices come.
func ExampleDispute() {
	record := payment.NewRecord(money.New(2599, money.EUR))
	for _, kind := range []payment.NoticeType{payment.NoticeDisputeLost, payment.NoticeDisputeOpened} {
		changed, err := record.Apply(payment.Notice{ID: string(kind), Type: kind, Subject: "d-1", Amount: money.New(2599, money.EUR)})
		fmt.Println(changed, err)
	}
	var dispute payment.Dispute = record.Disputes["d-1"]
	var status payment.DisputeStatus = dispute.Status
	fmt.Println(status, record.Lost)
	// Output:
	// true <nil>
	// false <nil>
	// lost 25.99 EUR
}
