package coupon_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/coupon/coupontest"
)

// areas answer the areas of abuse cases that are about codes.
var areas = map[string]func(t *testing.T, input json.RawMessage) object{
	"code_strength": codeStrength,
	"code_guess":    codeGuess,
	"text_identity": textIdentity,
}

type object = map[string]any

func TestReference(t *testing.T) {
	var cases []struct {
		ID, Area, Attack string
		Input, Expected  json.RawMessage
	}
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "security", "abuse.json"), &cases))
	ran := 0
	for _, c := range cases {
		run, mine := areas[c.Area]
		if !mine {
			continue
		}
		ran++
		t.Run(c.ID, func(t *testing.T) {
			got := run(t, c.Input)
			var expected object
			require.NoError(t, json.Unmarshal(c.Expected, &expected))
			allowed := []any{expected}
			if list, ok := expected["one_of"].([]any); ok {
				allowed = list
			}
			text, err := json.Marshal(got)
			require.NoError(t, err)
			var plain object
			require.NoError(t, json.Unmarshal(text, &plain))
			for _, want := range allowed {
				if holds(plain, want.(object)) {
					return
				}
			}
			t.Errorf("%s: got %s, want %s", c.Attack, text, c.Expected)
		})
	}
	require.NotZero(t, ran)
}

// holds reports whether every field of want holds.
func holds(got, want object) bool {
	for name, value := range want {
		if fmt.Sprint(got[name]) != fmt.Sprint(value) {
			return false
		}
	}
	return true
}

// answer tells an error by its kind.
func answer(err error) object {
	kinds := []struct {
		err  error
		name string
	}{
		{coupon.ErrTooManyFailures, "rate_limited"}, {flywheel.ErrInvalid, "invalid"}, {flywheel.ErrLimit, "limit"},
		{flywheel.ErrNotFound, "not_found"}, {flywheel.ErrConflict, "conflict"}, {flywheel.ErrOutOfRange, "out_of_range"},
	}
	if err == nil {
		return object{"result": "accepted"}
	}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return object{"result": "refused", "kind": k.name}
		}
	}
	return object{"result": err.Error()}
}

func read[T any](t *testing.T, input json.RawMessage) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal(input, &v))
	return v
}

func codeStrength(t *testing.T, input json.RawMessage) object {
	in := read[struct {
		Use          coupon.Use
		AlphabetSize int `json:"alphabet_size"`
		Length       int
	}](t, input)
	err := coupon.CheckStrength(in.Use, in.AlphabetSize, in.Length)
	got := answer(err)
	got["bits"] = coupon.Bits(in.AlphabetSize, in.Length)
	if weak, ok := errors.AsType[*coupon.StrengthError](err); ok {
		got["min_bits"] = weak.MinBits
	}
	return got
}

func textIdentity(t *testing.T, input json.RawMessage) object {
	in := read[struct {
		Stored, Typed string
		SKU           json.RawMessage
	}](t, input)
	if in.SKU != nil {
		var sku string
		if json.Unmarshal(in.SKU, &sku) != nil {
			long := read[struct {
				Repeat, Suffix string
				Times          int
			}](t, in.SKU)
			sku = strings.Repeat(long.Repeat, long.Times) + long.Suffix
		}
		return answer(flywheel.CheckID(sku))
	}
	got := answer(nil)
	got["match"] = coupon.Normalize(in.Stored) == coupon.Normalize(in.Typed)
	return got
}

func codeGuess(t *testing.T, input json.RawMessage) object {
	in := read[struct {
		Limit     json.RawMessage
		Wrong     int
		ThenRight int `json:"then_right"`
		Parallel  int
		Codes     map[string]string
	}](t, input)
	ctx := t.Context()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	opts := &coupon.Options{Now: func() time.Time { return now }}
	checked := 0
	store := coupontest.Failing(coupon.NewMemory(nil), func(call string, after bool) error {
		if call == "Code" && !after {
			checked++
		}
		return nil
	})
	setUp := func(c coupon.Campaign, codes ...coupon.Code) *coupon.Service {
		svc, err := coupon.New(store, opts)
		require.NoError(t, err)
		c.ID = "campaign"
		_, err = svc.SaveCampaign(ctx, c)
		require.NoError(t, err)
		for i := range codes {
			codes[i].Campaign = c.ID
		}
		require.NoError(t, svc.Add(ctx, codes...))
		return svc
	}
	switch {
	case in.Codes != nil:
		var texts []string
		var last object
		for why, code := range in.Codes {
			store = coupon.NewMemory(nil)
			var svc *coupon.Service
			switch why {
			case "never existed":
				svc = setUp(coupon.Campaign{})
			case "expired":
				svc = setUp(coupon.Campaign{Ends: now}, coupon.Code{Code: code})
			case "of another customer":
				svc = setUp(coupon.Campaign{}, coupon.Code{Code: code, Customer: "bob"})
			case "used up":
				svc = setUp(coupon.Campaign{PerCode: 1}, coupon.Code{Code: code})
				_, err := svc.Redeem(ctx, "bob", coupon.Request{Code: code, Customer: "bob"})
				require.NoError(t, err)
			default:
				t.Fatalf("unknown reason %q", why)
			}
			_, err := svc.Redeem(ctx, "ann", coupon.Request{Code: code, Customer: "ann"})
			last = answer(err)
			texts = append(texts, fmt.Sprint(err, last))
		}
		last["all_answers_equal"] = strings.Count(strings.Join(texts, "\n"), texts[0]) == len(texts)
		return last

	case in.Parallel > 0:
		limit := read[int64](t, in.Limit)
		store = coupon.NewMemory(nil)
		svc := setUp(coupon.Campaign{PerCode: limit}, coupon.Code{Code: "RIGHT"})
		redeemed := make([]bool, in.Parallel)
		var all sync.WaitGroup
		for i := range redeemed {
			all.Go(func() {
				_, err := svc.Redeem(ctx, fmt.Sprint("order ", i), coupon.Request{Code: "RIGHT", Customer: flywheel.CustomerID(fmt.Sprint(i))})
				redeemed[i] = err == nil
			})
		}
		all.Wait()
		got, n := answer(nil), 0
		for _, ok := range redeemed {
			if ok {
				n++
			}
		}
		got["redeemed"], got["refused"] = n, in.Parallel-n
		return got

	default:
		limit := read[struct {
			Failures int
			Seconds  int `json:"per_s"`
			Key      string
		}](t, in.Limit)
		l, err := coupon.NewLimiter(limit.Failures, time.Duration(limit.Seconds)*time.Second)
		require.NoError(t, err)
		request := func(int) coupon.Request { return coupon.Request{Customer: "ann"} }
		switch limit.Key {
		case "customer":
			opts.Customers = l
		case "campaign": // each try by someone else
			opts.Campaigns = l
			request = func(i int) coupon.Request {
				return coupon.Request{Campaign: "campaign", Customer: flywheel.CustomerID(fmt.Sprint(i))}
			}
		default:
			t.Fatalf("unknown key %q", limit.Key)
		}
		svc := setUp(coupon.Campaign{}, coupon.Code{Code: "RIGHT"})
		var last error
		for i := range in.Wrong + in.ThenRight {
			q := request(i)
			q.Code = "RIGHT"
			if i < in.Wrong {
				q.Code = fmt.Sprint("WRONG", i)
			}
			_, last = svc.Redeem(ctx, fmt.Sprint("order ", i), q)
		}
		got := answer(last)
		got["codes_checked"] = checked
		return got
	}
}
