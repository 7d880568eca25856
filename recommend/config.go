package recommend

import (
	"fmt"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Group says which items count as chosen together.
type Group uint8

const (
	// ByBasket takes the items of one purchase: what goes well together, to be
	// shown beside an item or in a cart.
	ByBasket Group = iota
	// ByActor takes all items that one actor showed any interest in: whoever
	// likes this also likes that, to be shown to a customer with a history.
	// Interactions of nobody in particular are left out.
	ByActor
)

// Weights tells how much one interaction of each kind counts in popularity and
// trends. Kinds that weigh nothing are ignored there and in groups by actor.
type Weights struct {
	View, AddToCart, Purchase float64
}

// DefaultWeights counts three carts or ten views like one purchase, about the
// rate at which they become one in web shops.
var DefaultWeights = Weights{View: 0.1, AddToCart: 0.3, Purchase: 1}

func (w Weights) of(k Kind) float64 {
	switch k {
	case View:
		return w.View
	case AddToCart:
		return w.AddToCart
	case Purchase:
		return w.Purchase
	}
	return 0
}

// Config says how [Train] builds a Model. Fields that are zero take the value
// that their comment gives.
type Config struct {
	Measure Measure // LogLikelihood
	Group   Group   // ByBasket
	// Neighbors is how many related items are kept for each item: 50.
	Neighbors int
	// MinSupport is in how many groups two items must meet to be related: 2.
	MinSupport int
	// MinScore is the least value of the Measure for two items to be related:
	// more than 0.
	MinScore float64
	// HalfLife is the age at which an interaction counts half in trends:
	// 14 days.
	HalfLife time.Duration
	// Weights of the kinds of interest: DefaultWeights.
	Weights Weights
	// Workers is how many goroutines count: GOMAXPROCS. The Model is the same
	// with any number.
	Workers int
}

func (c Config) withDefaults() Config {
	if c.Neighbors == 0 {
		c.Neighbors = 50
	}
	if c.MinSupport == 0 {
		c.MinSupport = 2
	}
	if c.HalfLife == 0 {
		c.HalfLife = 14 * 24 * time.Hour
	}
	if c.Weights == (Weights{}) {
		c.Weights = DefaultWeights
	}
	return c
}

// ConfigError names the field of a [Config] that is out of its range. It
// matches [flywheel.ErrOutOfRange].
type ConfigError struct {
	Field string
	Value any
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("recommend: config: %s = %v: %v", e.Field, e.Value, flywheel.ErrOutOfRange)
}

// Unwrap returns [flywheel.ErrOutOfRange].
func (e *ConfigError) Unwrap() error { return flywheel.ErrOutOfRange }

func (c Config) check() error {
	switch {
	case c.Measure > Lift:
		return &ConfigError{"Measure", c.Measure}
	case c.Group > ByActor:
		return &ConfigError{"Group", c.Group}
	case c.Neighbors < 0:
		return &ConfigError{"Neighbors", c.Neighbors}
	case c.MinSupport < 0:
		return &ConfigError{"MinSupport", c.MinSupport}
	case c.MinScore < 0 || math.IsNaN(c.MinScore):
		return &ConfigError{"MinScore", c.MinScore}
	case c.HalfLife < 0 || c.HalfLife > 0 && c.HalfLife < time.Microsecond:
		return &ConfigError{"HalfLife", c.HalfLife}
	case c.Workers < 0:
		return &ConfigError{"Workers", c.Workers}
	}
	for _, w := range []float64{c.Weights.View, c.Weights.AddToCart, c.Weights.Purchase} {
		if w < 0 || math.IsNaN(w) || math.IsInf(w, 0) {
			return &ConfigError{"Weights", c.Weights}
		}
	}
	return nil
}
