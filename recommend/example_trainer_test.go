package recommend_test

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
)

// A nightly job trains a model, keeps it as a snapshot and puts it into the server;
// another process would load the same. Who is forgotten is in none of the next.
func ExampleTrainer() {
	ctx := context.Background()
	facts, err := recommend.New(nil, nil)
	if err != nil {
		panic(err)
	}
	if err := facts.Publish(ctx, week()...); err != nil {
		panic(err)
	}
	server := recommend.NewServer(nil, nil)
	trainer, err := recommend.NewTrainer(facts, recommend.NewMemorySnapshots(nil), server, &recommend.TrainerOptions{Learner: recommend.ItemKNN{}})
	if err != nil {
		panic(err)
	}
	night := monday.Add(24 * time.Hour)
	ask := func() {
		answer, err := server.Answer(recommend.Query{History: []flywheel.SKU{"BUTTER"}})
		fmt.Println(trainer.Version(), answer.Items[0].SKU, answer.Items[1].SKU, err)
	}
	fmt.Println(trainer.Train(ctx, night))
	ask()
	fmt.Println(facts.Forget(ctx, "fay"), trainer.Train(ctx, night))
	ask()
	fmt.Println(facts.Reset(ctx)) // and consume the log again
	// Output:
	// <nil>
	// 1 BREAD EGGS <nil>
	// <nil> <nil>
	// 2 BREAD EGGS <nil>
	// <nil>
}
