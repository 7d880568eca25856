package loyalty_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/loyalty"
)

// reviewed is an entry that tells of a review.
func reviewed(n int, member flywheel.CustomerID, product, kind string) flywheel.Entry {
	at := newYear.Add(time.Duration(n) * time.Hour)
	return flywheel.Entry{
		Position: flywheel.Position(n), Received: at, Effective: at, Person: flywheel.PersonOf(member, ""),
		Event: flywheel.Event{
			ID: fmt.Sprintf("review-%d", n), Name: "post_published", Time: at, Customer: member,
			Properties: map[string]any{"product": product, "kind": kind},
		},
	}
}

var reviewsEarn = loyalty.Act{Event: "post_published", Points: 20, Once: "product", Match: map[string]string{"kind": "review"}}

func ExampleAct() {
	points, err := loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{{Acts: []loyalty.Act{reviewsEarn}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	for i, product := range []string{"mug", "mug", "pot"} { // the mug twice
		if err := points.Consume(ctx, []flywheel.Entry{reviewed(i+1, "anna", product, "review")}); err != nil {
			fmt.Println(err)
			return
		}
	}
	b, err := points.BalanceAt(ctx, "anna", newYear.AddDate(0, 0, 1))
	fmt.Println(b.Available, err)
	// Output: 40 <nil>
}

func TestActs(t *testing.T) {
	var told []flywheel.Event
	sink := flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
		told = append(told, events...)
		return nil
	})
	later := loyalty.Program{From: newYear.AddDate(0, 0, 2), Acts: []loyalty.Act{{Event: "post_published", Points: 5, PendingFor: "P14D"}, {Event: "sign_up", Points: 1}}}
	points, err := loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{{Acts: []loyalty.Act{reviewsEarn}}, later}, Sink: sink, Now: func() time.Time { return newYear }})
	require.NoError(t, err)
	entries := []flywheel.Entry{
		reviewed(1, "anna", "mug", "review"), reviewed(2, "anna", "mug", "review"), reviewed(3, "anna", "pot", "question"),
		reviewed(4, "ben", "mug", "review"), reviewed(5, "anna", "", "review"), reviewed(6, "anna", "two\nlines", "review"),
		reviewed(7, "", "mug", "review"), reviewed(60, "anna", "mug", "review"),
	}
	require.NoError(t, points.Consume(t.Context(), entries))
	balance := func(member flywheel.CustomerID, day int) loyalty.Balance {
		b, err := points.BalanceAt(t.Context(), member, newYear.AddDate(0, 0, day))
		require.NoError(t, err)
		return b
	}
	require.EqualValues(t, 20, balance("anna", 3).Available, "once for a product, and no question")
	require.EqualValues(t, 5, balance("anna", 3).Pending, "by the program of its time")
	require.EqualValues(t, 25, balance("anna", 30).Available)
	require.EqualValues(t, 20, balance("ben", 3).Available)
	require.Len(t, told, 3)
	for i := range told {
		require.Equal(t, flywheel.EventPointsEarned, told[i].Name)
	}

	// What was told rebuilds the same points, with and without the acts.
	for _, with := range []bool{true, false} {
		again, err := loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{{Acts: []loyalty.Act{reviewsEarn}}, later}})
		require.NoError(t, err)
		log := []flywheel.Entry{}
		if with {
			log = append(log, entries...)
		}
		for i := range told {
			log = append(log, flywheel.Entry{Position: flywheel.Position(100 + i), Received: told[i].Time, Effective: told[i].Time, Person: flywheel.PersonOf(told[i].Customer, ""), Event: told[i]})
		}
		require.NoError(t, again.Consume(t.Context(), log))
		b, err := again.BalanceAt(t.Context(), "anna", newYear.AddDate(0, 0, 30))
		require.NoError(t, err)
		require.EqualValues(t, 25, b.Available)
	}
}

func TestActsRefused(t *testing.T) {
	for field, a := range map[string]loyalty.Act{
		"acts[0]: event":       {Points: 1},
		"acts[0]: points":      {Event: "x"},
		"acts[0]: pending_for": {Event: "x", Points: 1, PendingFor: "soon"},
	} {
		_, err := loyalty.NewLedger(loyalty.Program{Acts: []loyalty.Act{a}})
		var wrong *loyalty.ProgramError
		require.ErrorAs(t, err, &wrong)
		require.ErrorContains(t, err, field)
	}
	for _, name := range []string{flywheel.EventPurchase, flywheel.EventRefund, flywheel.EventPointsEarned} {
		_, err := loyalty.NewLedger(loyalty.Program{Acts: []loyalty.Act{{Event: name, Points: 1}}})
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
}
