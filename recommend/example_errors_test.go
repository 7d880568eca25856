package recommend_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
)

func ExampleConfigError() {
	_, err := recommend.New(recommend.NewMemory(nil), &recommend.Options{Config: recommend.Config{Neighbors: -1}})
	if refused, ok := errors.AsType[*recommend.ConfigError](err); ok {
		fmt.Println(refused.Field, refused.Value, errors.Is(err, flywheel.ErrOutOfRange))
	}
	// Output: Neighbors -1 true
}

func ExampleInteractionError() {
	var d recommend.Dataset
	err := d.Add(recommend.Interaction{Kind: recommend.Purchase, At: time.Unix(0, 0), Items: []flywheel.SKU{"MUG", ""}})
	if refused, ok := errors.AsType[*recommend.InteractionError](err); ok {
		fmt.Println(refused.Field, errors.Is(err, flywheel.ErrInvalid), d.Len())
	}
	// Output: items[1] true 0
}
