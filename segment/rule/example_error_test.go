package rule_test

import (
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel/segment/rule"
)

func ExampleError() {
	_, err := rule.Compile([]byte(`{"$and": [{"age": {"$gte": 18}}, {"age": {"$above": 65}}]}`), nil)
	if wrong, ok := errors.AsType[*rule.Error](err); ok {
		fmt.Println(wrong.Path, errors.Is(err, rule.ErrOperator))
	}
	// Output: $and[1].age.$above true
}
